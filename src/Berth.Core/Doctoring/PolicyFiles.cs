namespace Berth.Doctoring;

/// <summary>Finds a directive in the texts of unit files, in the order in which they are read: the last one counts, and an
/// empty one takes it back.</summary>
public static class PolicyFiles
{
    /// <returns>Null where no text says anything.</returns>
    public static string? Last(IEnumerable<string> texts, string directive)
    {
        string? found = null;
        foreach (var text in texts)
        {
            foreach (var line in text.AsSpan().EnumerateLines())
            {
                var sign = line.IndexOf('=');
                if (sign > 0 && line[..sign].Trim().SequenceEqual(directive))
                    found = line[(sign + 1)..].Trim() is { Length: > 0 } value ? value.ToString() : null;
            }
        }
        return found;
    }
}
