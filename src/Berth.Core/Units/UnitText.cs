using System.Text;

namespace Berth.Units;

/// <summary>Writes the text of a unit file or drop-in: sections of <c>Key=value</c> lines, quoted as
/// systemd.syntax(7) and systemd.service(5) ask.</summary>
public sealed class UnitText
{
    /// <summary>First line of every file Berth writes, so that a person who opens one knows whose it is.</summary>
    public const string Header =
        "# Written by berth from the roster. A change made here shows up as drift in 'berth plan'.\n";

    private readonly StringBuilder _text = new(Header);

    public UnitText Section(string name)
    {
        _text.Append(_text.Length > Header.Length ? "\n[" : "[").Append(name).Append("]\n");
        return this;
    }

    /// <summary>Adds a directive. The value is used as it stands: specifiers such as %i keep their meaning.</summary>
    public UnitText Set(string key, string value)
    {
        _text.Append(key).Append('=').Append(value).Append('\n');
        return this;
    }

    public UnitText Set(string key, long value) => Set(key, value.ToString());

    /// <summary>Adds a directive only where it applies to this host.</summary>
    public UnitText SetIf(bool applies, string key, string value) => applies ? Set(key, value) : this;

    /// <summary>Adds <c>Environment=</c> for one variable; the value is data, nothing in it is expanded.</summary>
    public UnitText Environment(string name, string value) => Set("Environment", Quote($"{name}={Specifiers(value)}"));

    /// <summary>The same for a value that may not be there.</summary>
    public UnitText EnvironmentIf(string name, string? value) => value is null ? this : Environment(name, value);

    public override string ToString() => _text.ToString();

    /// <summary>One word of a command line as <c>ExecStart=</c> reads it: specifiers and variables doubled, quoted
    /// where it needs to be.</summary>
    public static string Word(string literal) =>
        Quote(Specifiers(literal).Replace("$", "$$", StringComparison.Ordinal));

    /// <summary>Doubles every percent sign: the value is data and holds no specifier.</summary>
    public static string Specifiers(string value) => value.Replace("%", "%%", StringComparison.Ordinal);

    /// <summary>Puts a word in double quotes where it holds anything but plain characters.</summary>
    public static string Quote(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:=,+@%${}[]*~".Contains(c)))
            return word;
        var quoted = new StringBuilder("\"");
        foreach (var c in word)
            quoted.Append(c is '"' or '\\' ? $"\\{c}" : c.ToString());
        return quoted.Append('"').ToString();
    }
}
