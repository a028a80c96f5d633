using System.Text;

namespace Berth.Rosters;

/// <summary>Writes <c>users.d/NAME.yaml</c>: a few keys of one user, set by a tool.</summary>
public static class UserDropIn
{
    /// <param name="name">A valid user name.</param>
    /// <param name="before">The file as it is; null when there is none.</param>
    /// <param name="keys">Keys to set; others of the file are kept, its comments too.</param>
    public static string With(string name, string? before, IReadOnlyList<(string Key, string Value)> keys)
    {
        if (before is null)
            before = $"# Written by 'berth users'. Keys here win over those of the roster itself.\nusers:\n  {name}:\n";
        var lines = before.TrimEnd('\n').Split('\n').ToList();
        foreach (var (key, value) in keys)
        {
            var line = $"    {key}: {Quoted(value)}";
            var at = lines.FindIndex(old => old.StartsWith($"    {key}:", StringComparison.Ordinal));
            if (at >= 0)
                lines[at] = line;
            else
                lines.Add(line);
        }
        if (keys.Count == 0 && lines[^1].EndsWith($"{name}:", StringComparison.Ordinal))
            lines[^1] += " {}";
        else if (lines.FindIndex(line => line == $"  {name}: {{}}") is var empty and >= 0 && keys.Count > 0)
            lines[empty] = $"  {name}:";
        return string.Join('\n', lines) + "\n";
    }

    private static string Quoted(string value)
    {
        if (
            value.Length > 0
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '%')
            && !char.IsAsciiDigit(value[0])
        )
            return value;
        if (value is "true" or "false" || Size.TryParse(value, out _))
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
