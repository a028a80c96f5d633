using System.Text;

namespace Berth.Rosters;

/// <summary>The tables of docs/roster.md, made from <see cref="RosterKeys"/>.</summary>
public static class RosterReference
{
    /// <summary>One Markdown table for each section: every key with what it takes, its default and an example.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var section in RosterKeys.Top)
            Add(text, section, section.Kind is ValueKind.Entries ? $"{section.Name}: NAME:" : $"{section.Name}:");
        return text.ToString();
    }

    private static void Add(StringBuilder text, RosterKey section, string path)
    {
        text.Append($"### `{path}`\n\n{section.Description}\n\n");
        text.Append("| key | takes | default | example |\n|---|---|---|---|\n");
        foreach (var key in section.Keys)
            text.Append(
                $"| **`{key.Name}`** | {Takes(key)}. {key.Description} | {Cell(key.Default)} | `{key.Name}: {key.Example}` |\n"
            );
        text.Append('\n');
        foreach (var inner in section.Keys.Where(key => key.Kind is ValueKind.Section))
            Add(text, inner, $"{path} {inner.Name}:");
    }

    private static string Takes(RosterKey key) =>
        key switch
        {
            { Choices.Count: > 0 } => "One of " + string.Join(", ", key.Choices.Select(choice => $"`{choice}`")),
            { Kind: ValueKind.Flag } => "`true` or `false`",
            { Kind: ValueKind.Number } => $"A whole number, {key.Range.Least} to {key.Range.Most}",
            { Kind: ValueKind.Size } => "A size",
            { Kind: ValueKind.Ports } => "A port range",
            { Kind: ValueKind.Words } => "A list of words",
            { Kind: ValueKind.Variables } => "Names with values",
            { Kind: ValueKind.Section } => "A section",
            _ => "Text",
        };

    private static string Cell(string text) => text.Length > 0 ? text : "–";
}
