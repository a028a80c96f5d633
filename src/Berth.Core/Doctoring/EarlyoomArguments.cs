using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>Reads earlyoom's command line (earlyoom(1)), and the file that Debian's unit takes it from.</summary>
public static class EarlyoomArguments
{
    /// <summary>Where Debian keeps them.</summary>
    public const string DefaultsFile = "/etc/default/earlyoom";

    private const string Variable = "EARLYOOM_ARGS";
    private const int UsualSwap = 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    /// <param name="words">The running process's, its program first.</param>
    /// <param name="canSort">Whether the installed program knows <c>--sort-by-rss</c>.</param>
    /// <param name="configured">What its unit and file give; null where that is not known.</param>
    public static EarlyoomSeen Read(IReadOnlyList<string> words, bool? canSort, IReadOnlyList<string>? configured)
    {
        var seen = new EarlyoomSeen(UsualSwap, false, canSort, null, null, null);
        for (var at = 1; at < words.Count; at++)
        {
            var (option, value) = Split(words[at]);
            string Value() => value ?? (at + 1 < words.Count ? words[++at] : "");
            seen = option switch
            {
                "-s" => seen with { SwapPercent = Percent(Value()) },
                // So many KiB: what share that is does not matter to the rule, as it is not all.
                "-S" => seen with { SwapPercent = Value() is var kib && kib.StartsWith('0') ? 0 : UsualSwap },
                "--sort-by-rss" => seen with { Sorts = true },
                "--prefer" => seen with { Prefer = Value() },
                "--avoid" => seen with { Avoid = Value() },
                _ => seen,
            };
        }
        return configured is null
            ? seen
            : seen with
            {
                AsConfigured = string.Join(' ', words.Skip(1)) == string.Join(' ', configured.Skip(1)),
            };
    }

    /// <summary>The command of the unit with its variable filled in, as the file's writer meant it.</summary>
    /// <param name="command">Words of <c>ExecStart=</c>.</param>
    /// <param name="defaults">Text of <see cref="DefaultsFile"/>; null where there is none.</param>
    /// <returns>Null where it cannot be told.</returns>
    public static IReadOnlyList<string>? Configured(IReadOnlyList<string> command, string? defaults)
    {
        if (command.Count == 0)
            return null;
        var words = new List<string>();
        foreach (var word in command)
        {
            if (word is not ("$" + Variable) and not ("${" + Variable + "}"))
                words.Add(word);
            else if (Value(defaults ?? "") is { } value && WordSplitter.Split(value) is { } filled)
                words.AddRange(filled);
            else
                return null;
        }
        return words;
    }

    /// <summary>Whether a pattern of its matches a process's name; false for one that is no pattern.</summary>
    public static bool Matches(string? pattern, string comm)
    {
        if (pattern is null)
            return false;
        try
        {
            return Regex.IsMatch(comm, pattern, RegexOptions.CultureInvariant, s_patience);
        }
        catch (Exception wrong) when (wrong is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static (string Option, string? Value) Split(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=') is var sign and > 0
            ? (word[..sign], word[(sign + 1)..])
        : word is ['-', 's' or 'S', _, ..] ? (word[..2], word[2..])
        : (word, null);

    private static int Percent(string value)
    {
        var digits = value.Split(',')[0];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
            ? Math.Clamp(percent, 0, 100)
            : UsualSwap;
    }

    /// <summary>The value of the last line that sets the variable; in double quotes a backslash guards a quote alone.</summary>
    /// <returns>Null for one that goes on in the next line.</returns>
    private static string? Value(string text)
    {
        string? value = "";
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.Trim();
            if (!trimmed.StartsWith(Variable + "=", StringComparison.Ordinal))
                continue;
            var given = trimmed[(Variable.Length + 1)..];
            value =
                given is ['"', .. var inner, '"'] ? Unescaped(inner)
                : given is ['\'', .. var plain, '\''] ? plain.ToString()
                : given is ['"' or '\'', ..] or [.., '\\'] ? null
                : given.ToString();
        }
        return value;
    }

    private static string Unescaped(ReadOnlySpan<char> text)
    {
        var plain = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\' or '$' or '`')
                at++;
            plain.Append(text[at]);
        }
        return plain.ToString();
    }
}
