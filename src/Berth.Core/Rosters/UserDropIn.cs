using System.Text;

namespace Berth.Rosters;

/// <summary>The text of <c>users.d/NAME.yaml</c>: a few keys of one user, set by <c>berth users</c>, one key a line.</summary>
public static class UserDropIn
{
    private const string Header =
        "# Written by 'berth users'; edit it as you like. Keys here win over those of the roster itself.";

    /// <summary>Sets keys; others of the file are kept, comments too.</summary>
    /// <param name="name">A valid user name.</param>
    /// <param name="before">The file as it is; null when there is none.</param>
    /// <returns>The new text; null when the file has another shape than this class writes, and a person must edit
    /// it.</returns>
    public static string? With(string name, string? before, IReadOnlyList<(string Key, string Value)> keys)
    {
        if (Lines(name, before ?? $"{Header}\nusers:\n  {name}:\n") is not { } lines)
            return null;
        foreach (var (key, value) in keys)
        {
            var line = $"    {key}: {Written(value)}";
            var at = lines.FindIndex(old => IsKey(old, key));
            if (at >= 0)
                lines[at] = line;
            else
                lines.Add(line);
        }
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Takes keys out, so that the roster's own values hold again.</summary>
    /// <returns>The new text, empty when no key is left; null as with <see cref="With"/>.</returns>
    public static string? Without(string name, string before, IReadOnlyList<string> keys)
    {
        if (Lines(name, before) is not { } lines)
            return null;
        lines.RemoveAll(line => keys.Any(key => IsKey(line, key)));
        return lines.Any(line => line.StartsWith("    ", StringComparison.Ordinal) && !IsComment(line))
            ? string.Join('\n', lines) + "\n"
            : "";
    }

    /// <summary>The lines, when they are comments, <c>users:</c>, the name and plain keys of one line each.</summary>
    private static List<string>? Lines(string name, string text)
    {
        var lines = text.TrimEnd().Split('\n').Select(line => line.TrimEnd()).ToList();
        var rest = lines.Where(line => line.Length > 0 && !IsComment(line)).ToList();
        var ours =
            rest is ["users:", var person, .. var keys]
            && person == $"  {name}:"
            && keys.TrueForAll(key =>
                key.Length > 4 && key.StartsWith("    ", StringComparison.Ordinal) && key[4] != ' '
            );
        return ours ? lines : null;
    }

    private static bool IsComment(string line) => line.TrimStart().StartsWith('#');

    private static bool IsKey(string line, string key) => line.StartsWith($"    {key}:", StringComparison.Ordinal);

    /// <summary>Plain where YAML reads the same text back, in double quotes everywhere else.</summary>
    private static string Written(string value)
    {
        if (value is "true" or "false" || Size.TryParse(value, out _))
            return value;
        if (
            value.Length > 0
            && char.IsAsciiLetter(value[0])
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@' or '+')
            && value.ToLowerInvariant() is not ("null" or "yes" or "no" or "on" or "off" or "true" or "false")
        )
            return value;
        if (value.Length > 0 && value.All(char.IsAsciiDigit))
            return value;
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
            quoted.Append(
                c is '"' or '\\' ? $"\\{c}"
                : char.IsControl(c) ? $"\\u{(int)c:x4}"
                : c.ToString()
            );
        return quoted.Append('"').ToString();
    }
}
