using System.Globalization;

namespace Berth.Rosters;

/// <summary>One mapping of a roster while it is read: knows which keys may stand in it, and reports what does not
/// fit.</summary>
internal sealed class Section
{
    private readonly Dictionary<string, YamlEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<YamlEntry> _order = [];
    private readonly IReadOnlyList<RosterKey>? _keys;
    private readonly List<Problem> _problems;

    /// <summary>Keys that a misspelt one probably meant: they are not missing as well.</summary>
    private readonly HashSet<string> _meant = new(StringComparer.Ordinal);

    /// <param name="file">File for the problems.</param>
    /// <param name="name">What the section is called in a message, such as <c>host</c> or <c>user alice</c>.</param>
    /// <param name="node">Its value; null or an empty value is an empty section.</param>
    /// <param name="keys">The keys it may hold; null for names of a person's choice.</param>
    /// <param name="problems">Where problems go.</param>
    public Section(string file, string name, YamlNode? node, IReadOnlyList<RosterKey>? keys, List<Problem> problems)
    {
        (File, _problems, _keys, Name, Node) = (file, problems, keys, name, node);
        if (node is null or YamlText { IsNull: true })
            return;
        if (node is not YamlMap map)
        {
            Malformed = true;
            Report(
                node,
                $"{name} must hold {(keys is null ? "names" : "keys")}, and holds {Held(node)}",
                keys is null
                    ? "write NAME: {KEY: VALUE}"
                    : $"known keys: {string.Join(", ", keys.Select(key => key.Name))}"
            );
            return;
        }
        foreach (var entry in map.Entries)
        {
            var key = entry.Key.Value;
            if (keys is not null && keys.All(known => known.Name != key))
                Report(entry.Key, $"{name} has no key {Names.Shown(key)}", UnknownKey(entry, keys));
            else if (_entries.TryAdd(key, entry))
                _order.Add(entry);
            else
                Report(
                    entry.Key,
                    $"{Names.Shown(key)} stands twice in {name} (first in line {_entries[key].Key.Line})",
                    "keep one"
                );
        }
    }

    public string Name { get; }

    public string File { get; }

    public YamlNode? Node { get; }

    /// <summary>Something else stands where the keys should, and was reported.</summary>
    public bool Malformed { get; }

    /// <summary>Keys and values in the order they were written.</summary>
    public IReadOnlyList<YamlEntry> Entries => _order;

    public bool Has(string key) => Value(key) is not null;

    /// <summary>Whether a required key is to be reported: it is not there, and nothing misspelt stands in for it.</summary>
    public bool Lacks(string key) => !Malformed && !Has(key) && !_meant.Contains(key);

    /// <summary>A key's value; null when the key is not there or stands without a value, which is the same.</summary>
    public YamlNode? Value(string key) =>
        _entries.GetValueOrDefault(key)?.Value is { } value and not YamlText { IsNull: true } ? value : null;

    public void Report(YamlNode? place, string message, string hint) =>
        _problems.Add(new Problem(File, place?.Line ?? 0, place?.Column ?? 0, message, hint));

    /// <summary>Reports at a key's value, or at the section when the key is not there.</summary>
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
            case null:
                return null;
            case YamlText text when text.Value.Length > 0 && !text.Value.Any(char.IsControl):
                return text.Value;
            case YamlText text:
                Report(text, $"{Name}: {key} is {Names.Shown(text.Value)}", "write one line of text");
                return null;
            case var other:
                Report(other, $"{Name}: {key} must be one text, and holds {Held(other)}", Example(key));
                return null;
        }
    }

    /// <summary>One of the values that the key takes.</summary>
    public string? Choice(string key)
    {
        if (Text(key) is not { } text)
            return null;
        var choices = Key(key).Choices;
        if (choices.Contains(text, StringComparer.Ordinal))
            return text;
        Report(key, $"{Name}: {key} cannot be {Names.Shown(text)}", Suggest(text, choices));
        return null;
    }

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text)
            return null;
        if (text is "true" or "false")
            return text is "true";
        var meant = text.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" or "y" or "1" => "did you mean 'true'?",
            "false" or "no" or "off" or "n" or "0" => "did you mean 'false'?",
            _ => "write true or false",
        };
        Report(key, $"{Name}: {key} is {Names.Shown(text)}", meant);
        return null;
    }

    /// <summary>A whole number within the key's range.</summary>
    public int? Number(string key)
    {
        if (Text(key) is not { } text)
            return null;
        var (least, most) = Key(key).Range;
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
        Report(key, $"{Name}: {key} is {Names.Shown(text)}, which is no size", Rosters.Size.Meant(text));
        return null;
    }

    /// <summary>A size that a cgroup can live with.</summary>
    public Size? Cap(string key)
    {
        if (Size(key) is not { } cap)
            return null;
        if (cap.Percent > 0 || cap.Bytes >= Rosters.Size.LeastCap)
            return cap;
        Report(
            key,
            $"{Name}: {key} {cap} is too little to start anything",
            $"give at least {Rosters.Size.Show(Rosters.Size.LeastCap)}"
        );
        return null;
    }

    /// <summary>A list of words, or one text that is split at spaces (quotes keep words together).</summary>
    /// <returns>Null when the key is not there, and when it was reported.</returns>
    public IReadOnlyList<string>? Words(string key)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case YamlList list when list.Items.All(item => item is YamlText):
                return [.. list.Items.Cast<YamlText>().Select(item => item.Value)];
            case YamlList list:
                var wrong = list.Items.First(item => item is not YamlText);
                var braced = wrong is YamlMap { Entries: [{ Key.Value: var inner, Value: YamlText { IsNull: true } }] }
                    ? $"quote it: \"{{{Names.Escaped(inner)}}}\""
                    : Example(key);
                Report(wrong, $"{Name}: {key} must be a list of words, and this one is {Held(wrong)}", braced);
                return null;
            case YamlText text when WordSplitter.Split(text.Value) is { } words:
                return words;
            case YamlText text:
                Report(text, $"{Name}: {key} has a quote that is not closed", Example(key));
                return null;
            case var other:
                Report(other, $"{Name}: {key} must be a list of words, and holds {Held(other)}", Example(key));
                return null;
        }
    }

    /// <summary>What a value is, for a message.</summary>
    public static string Held(YamlNode? node) =>
        node switch
        {
            YamlMap => "a mapping (KEY: VALUE)",
            YamlList => "a list",
            YamlText { Value.Length: > 0 } text => $"the text {Names.Shown(text.Value)}",
            _ => "nothing",
        };

    private RosterKey Key(string key) => _keys!.First(known => known.Name == key);

    private string Example(string key) =>
        _keys?.FirstOrDefault(known => known.Name == key) is { } known ? $"for example {key}: {known.Example}" : "";

    private string UnknownKey(YamlEntry entry, IReadOnlyList<RosterKey> keys)
    {
        var key = entry.Key.Value;
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        if (entry.Value is YamlText { IsNull: true } && colon > 0 && keys.Any(known => known.Name == key[..colon]))
        {
            _meant.Add(key[..colon]);
            return $"write a space after '{key[..colon]}:'";
        }
        if (key is "<<")
            return "merge keys are not supported; use 'defaults:' instead";
        if (Nearest.To(key, keys.Select(known => known.Name)) is { } near)
        {
            _meant.Add(near);
            return $"did you mean '{near}'?";
        }
        if (keys is [{ Name: "users" }])
            return "only 'users:' may stand here";
        return RosterKeys.HomeOf(key) is { } home
            ? $"'{key}' belongs to {home}"
            : $"known: {string.Join(", ", keys.Select(known => known.Name))}";
    }
}
