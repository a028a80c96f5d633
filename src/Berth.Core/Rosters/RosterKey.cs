namespace Berth.Rosters;

/// <summary>What kind of value a key takes.</summary>
public enum ValueKind
{
    /// <summary>One line of text.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>An amount of memory, or a share of the RAM.</summary>
    Size,

    /// <summary>A range of TCP ports.</summary>
    Ports,

    /// <summary>A list of words, or one line that is split at spaces.</summary>
    Words,

    /// <summary>Names of a person's choice, each with a text.</summary>
    Variables,

    /// <summary>A mapping with keys of its own.</summary>
    Section,

    /// <summary>Names of a person's choice, each with a mapping of the same keys.</summary>
    Entries,
}

/// <summary>One key of the roster: the reader, the JSON schema and docs/roster.md are made from the same table.</summary>
/// <param name="Name">The key.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Default">The default, in words; empty for none.</param>
/// <param name="Example">A value as a person would write it.</param>
/// <param name="Description">What it means, with unit and range.</param>
public sealed record RosterKey(string Name, ValueKind Kind, string Default, string Example, string Description)
{
    /// <summary>The only values it takes; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The least and the most a number may be.</summary>
    public (int Least, int Most) Range { get; init; }

    /// <summary>The keys below a section, or below each entry.</summary>
    public IReadOnlyList<RosterKey> Keys { get; init; } = [];

    /// <summary>What the names of entries look like, as a regular expression.</summary>
    public string NamePattern { get; init; } = "";
}
