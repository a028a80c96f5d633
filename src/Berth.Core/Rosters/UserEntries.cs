namespace Berth.Rosters;

/// <summary>One user's keys with the file that each came from.</summary>
/// <param name="Name">Where the name stands first.</param>
/// <param name="Layers">Sections that set keys of this user: the main file's first.</param>
internal sealed record UserEntry(YamlText Name, List<UserLayer> Layers)
{
    /// <summary>The section that sets a key: the last one, which is a drop-in's where there is one.</summary>
    public Section Keys(string key) => (Layers.FindLast(layer => layer.Keys.Has(key)) ?? Layers[0]).Keys;

    /// <summary>Where a key's value stands, for a message; the name when the key is nowhere.</summary>
    public string Place(string key)
    {
        var keys = Keys(key);
        var node = keys.Value(key) ?? Name;
        return $"{keys.File}:{node.Line}:{node.Column}";
    }
}

/// <param name="IsMain">Of the main file, whose keys a drop-in may set anew.</param>
internal sealed record UserLayer(Section Keys, bool IsMain);

/// <summary>Puts <c>users:</c> of the main file and of <c>users.d/*.yaml</c> together, in the order they were
/// written.</summary>
internal sealed class UserEntries(List<Problem> problems)
{
    private readonly Dictionary<string, UserEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<UserEntry> _order = [];

    public void Add(Section users, bool isMain)
    {
        foreach (var entry in users.Entries)
        {
            var name = entry.Key.Value;
            if (Names.WrongUser(name) is var (message, hint))
            {
                users.Report(entry.Key, message, hint);
                continue;
            }
            var keys = new Section(users.File, $"user {name}", entry.Value, RosterKeys.User, problems);
            if (!_entries.TryGetValue(name, out var known))
            {
                _entries[name] = known = new UserEntry(entry.Key, []);
                _order.Add(known);
            }
            foreach (var layer in known.Layers.Where(layer => !layer.IsMain))
                SetTwice(keys, layer.Keys, name);
            known.Layers.Add(new UserLayer(keys, isMain));
        }
    }

    /// <summary>All users. One who stands in drop-ins alone must be added there on purpose, with a login: else taking
    /// a person out of the roster would leave them in it because they had once been parked.</summary>
    public IReadOnlyList<UserEntry> Complete()
    {
        foreach (var entry in _order)
        {
            if (entry.Layers.Any(layer => layer.IsMain || layer.Keys.Has("login")))
                continue;
            entry
                .Layers[0]
                .Keys.Report(
                    entry.Name,
                    $"user {entry.Name.Value} is not in the roster, and this file gives no login that would add one",
                    "remove this file, or add 'login:'"
                );
        }
        return _order;
    }

    private static void SetTwice(Section keys, Section earlier, string name)
    {
        foreach (var entry in keys.Entries)
        {
            var key = entry.Key.Value;
            if (earlier.Value(key) is { } first)
                keys.Report(
                    entry.Key,
                    $"user {name}: {key} is set in {earlier.File}:{first.Line}:{first.Column} as well",
                    "keep one of the two"
                );
        }
    }
}
