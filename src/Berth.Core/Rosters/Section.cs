using System.Globalization;

namespace Berth.Rosters;

/// <summary>One mapping of a roster while it is read: knows which keys may stand in it, and reports what does not
/// fit.</summary>
internal sealed class Section
{
    private readonly Dictionary<string, YamlEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<Problem> _problems;
    private readonly string _file;

    /// <param name="file">File for the problems.</param>
    /// <param name="name">What the section is called in a message, such as <c>host</c> or <c>user alice</c>.</param>
    /// <param name="node">Its value; null or an empty value is an empty section.</param>
    /// <param name="keys">The keys it may hold; null for names of a person's choice.</param>
    /// <param name="problems">Where problems go.</param>
    public Section(string file, string name, YamlNode? node, IReadOnlyList<RosterKey>? keys, List<Problem> problems)
    {
        (_file, _problems, Name, Node) = (file, problems, name, node);
        if (node is null or YamlText { IsNull: true })
            return;
        if (node is not YamlMap map)
        {
            Report(
                node,
                $"{name} must hold keys",
                keys is null ? "write NAME: {…}" : $"one of: {string.Join(", ", keys.Select(key => key.Name))}"
            );
            return;
        }
        foreach (var entry in map.Entries)
        {
            var key = entry.Key.Value;
            if (keys is not null && keys.All(known => known.Name != key))
                Report(
                    entry.Key,
                    $"{name} has no key {Names.Shown(key)}",
                    Suggest(key, keys.Select(known => known.Name))
                );
            else if (!_entries.TryAdd(key, entry))
                Report(
                    entry.Key,
                    $"{Names.Shown(key)} stands twice in {name} (first in line {_entries[key].Key.Line})",
                    "keep one"
                );
        }
    }

    public string Name { get; }

    public YamlNode? Node { get; }

    /// <summary>Keys and values in the order they were written.</summary>
    public IEnumerable<YamlEntry> Entries => _entries.Values.OrderBy(entry => (entry.Key.Line, entry.Key.Column));

    public bool Has(string key) => _entries.ContainsKey(key);

    public YamlNode? Value(string key) => _entries.GetValueOrDefault(key)?.Value;

    public void Report(YamlNode? place, string message, string hint) =>
        _problems.Add(new Problem(_file, place?.Line ?? 0, place?.Column ?? 0, message, hint));

    public void Report(string key, string message, string hint) => Report(Value(key) ?? Node, message, hint);

    public static string Suggest(string word, IEnumerable<string> candidates)
    {
        var all = candidates.ToList();
        return Nearest.To(word, all) is { } near ? $"did you mean '{near}'?"
            : all.Count > 0 ? $"known: {string.Join(", ", all)}"
            : "";
    }

    public string? Text(string key)
    {
        switch (Value(key))
        {
            case null or YamlText { IsNull: true }:
                return null;
            case YamlText text when text.Value.IndexOfAny(['\n', '\r', '\0']) < 0:
                return text.Value;
            case var other:
                Report(other, $"{Name}: {key} must be one line of text", "");
                return null;
        }
    }

    public string? Choice(string key, IReadOnlyList<string> choices)
    {
        if (Text(key) is not { } text)
            return null;
        if (choices.Contains(text, StringComparer.Ordinal))
            return text;
        Report(key, $"{Name}: {key} cannot be {Names.Shown(text)}", Suggest(text, choices));
        return null;
    }

    public bool Flag(string key)
    {
        if (Text(key) is not { } text)
            return false;
        if (text is "true" or "false")
            return text is "true";
        Report(
            key,
            $"{Name}: {key} is {Names.Shown(text)}",
            text.ToLowerInvariant() is "yes" or "on" or "true" ? "did you mean 'true'?" : "write true or false"
        );
        return false;
    }

    public int? Number(string key, int least, int most)
    {
        if (Text(key) is not { } text)
            return null;
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
            return number;
        Report(key, $"{Name}: {key} is {Names.Shown(text)}", $"write a whole number from {least} to {most}");
        return null;
    }

    public Size? Size(string key)
    {
        if (Text(key) is not { } text)
            return null;
        if (Rosters.Size.TryParse(text, out var size))
            return size;
        var hint = Rosters.Size.TryParse(text + "G", out _)
            ? $"did you mean '{text}G'?"
            : "write a size such as 512M, 16G or 25%";
        Report(key, $"{Name}: {key} is {Names.Shown(text)}, which is no size", hint);
        return null;
    }

    /// <summary>A list of words, or one text that is split at spaces (single and double quotes keep words together).</summary>
    public IReadOnlyList<string> Words(string key)
    {
        switch (Value(key))
        {
            case null or YamlText { IsNull: true }:
                return [];
            case YamlList list when list.Items.All(item => item is YamlText):
                return [.. list.Items.Cast<YamlText>().Select(item => item.Value)];
            case YamlText text when Split(text.Value) is { } words:
                return words;
            case var other:
                Report(
                    other,
                    $"{Name}: {key} must be a list of words",
                    "write [one, two], or one line with closed quotes"
                );
                return [];
        }
    }

    private static List<string>? Split(string line)
    {
        var (words, word, quote, started) = (new List<string>(), new System.Text.StringBuilder(), '\0', false);
        foreach (var c in line)
        {
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                (quote, started) = (c, true);
            }
            else if (c is ' ' or '\t')
            {
                if (started || word.Length > 0)
                    words.Add(word.ToString());
                word.Clear();
                started = false;
            }
            else
            {
                word.Append(c);
            }
        }
        if (started || word.Length > 0)
            words.Add(word.ToString());
        return quote == '\0' ? words : null;
    }
}
