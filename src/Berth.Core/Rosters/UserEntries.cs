namespace Berth.Rosters;

/// <summary>One user's keys with the file that each came from.</summary>
/// <param name="Name">Where the name stands first.</param>
/// <param name="File">The file of that place.</param>
/// <param name="Layers">Sections that set keys of this user: the main file's first.</param>
internal sealed record UserEntry(YamlText Name, string File, List<UserLayer> Layers)
{
    /// <summary>The section that sets a key: the last one, which is a drop-in's where there is one.</summary>
    public Section Keys(string key) => (Layers.FindLast(layer => layer.Keys.Has(key)) ?? Layers[0]).Keys;
}

/// <param name="IsMain">Of the main file, whose keys a drop-in may set anew.</param>
internal sealed record UserLayer(string File, Section Keys, bool IsMain);

/// <summary>Puts <c>users:</c> of the main file and of <c>users.d/*.yaml</c> together.</summary>
internal static class UserEntries
{
    private static readonly RosterKey[] s_users = [RosterKeys.Top.Single(key => key.Name is "users")];

    public static IReadOnlyList<UserEntry> Merge(
        RosterText main,
        YamlNode? users,
        IReadOnlyList<RosterText> dropIns,
        List<Problem> problems
    )
    {
        var entries = new Dictionary<string, UserEntry>(StringComparer.Ordinal);
        var order = new List<UserEntry>();
        Add(main.File, users, isMain: true, entries, order, problems);
        foreach (var dropIn in dropIns)
        {
            var tree = YamlTree.Read(dropIn, problems);
            var top = new Section(dropIn.File, "a file of users.d", tree, s_users, problems);
            Add(dropIn.File, top.Value("users"), isMain: false, entries, order, problems);
        }
        return order;
    }

    private static void Add(
        string file,
        YamlNode? node,
        bool isMain,
        Dictionary<string, UserEntry> entries,
        List<UserEntry> order,
        List<Problem> problems
    )
    {
        var section = new Section(file, "users", node, null, problems);
        foreach (var entry in section.Entries)
        {
            var name = entry.Key.Value;
            if (Names.WrongUser(name) is var (message, hint))
            {
                section.Report(entry.Key, message, hint);
                continue;
            }
            var keys = new Section(file, $"user {name}", entry.Value, RosterKeys.User, problems);
            if (!entries.TryGetValue(name, out var known))
            {
                entries[name] = known = new UserEntry(entry.Key, file, []);
                order.Add(known);
            }
            foreach (var layer in known.Layers.Where(layer => !layer.IsMain))
            {
                foreach (var twice in keys.Entries.Where(key => layer.Keys.Has(key.Key.Value)))
                    keys.Report(
                        twice.Key,
                        $"user {name}: {twice.Key.Value} is set in {layer.File} as well",
                        "keep one of the two files"
                    );
            }
            known.Layers.Add(new UserLayer(file, keys, isMain));
        }
    }
}
