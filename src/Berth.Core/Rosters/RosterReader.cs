namespace Berth.Rosters;

/// <summary>Text → Roster, or every problem of the text.</summary>
public static class RosterReader
{
    private static readonly RosterKey[] s_dropInKeys = [.. RosterKeys.Top.Where(key => key.Name is "users")];

    /// <param name="main">The roster.</param>
    /// <param name="dropIns">Files of <c>users.d/</c> beside it, in the order of their names. An entry adds a user, or
    /// sets single keys of a user of the main file.</param>
    /// <returns>The roster, or every problem: the main file's first, each file's in the order of its lines.</returns>
    public static RosterReading Read(RosterText main, IReadOnlyList<RosterText> dropIns)
    {
        var problems = new List<Problem>();
        var tree = YamlTree.Read(main, problems);
        if (tree is null && problems.Count == 0)
            problems.Add(new Problem(main.File, 1, 1, "the roster is empty", "'berth init' writes one to start from"));
        var unreadable = problems.Count > 0;
        var drops = dropIns.Select(text => (text.File, Tree: YamlTree.Read(text, problems))).ToList();
        // What follows a syntax error was not seen: telling of missing servers and users as well would mislead.
        var roster = unreadable ? null : Roster(main.File, tree, drops, problems);
        return problems.Count > 0
            ? new RosterReading(null, Ordered(problems, [main.File, .. dropIns.Select(text => text.File)]))
            : new RosterReading(roster, []);
    }

    private static Roster Roster(
        string file,
        YamlNode? tree,
        List<(string File, YamlNode? Tree)> dropIns,
        List<Problem> problems
    )
    {
        var top = new Section(file, "the roster", tree, RosterKeys.Top, problems);
        Section Part(string key, IReadOnlyList<RosterKey>? keys) => new(file, key, top.Value(key), keys, problems);

        var host = Part("host", RosterKeys.Host);
        var settings = new HostSettings(
            host.Size("reserve"),
            host.Flag("overcommit") ?? false,
            host.Cap("containers"),
            host.Flag("backstop") ?? true
        );
        var gateway = top.Has("gateway") ? GatewayReader.Read(Part("gateway", RosterKeys.Gateway), problems) : null;
        var store = top.Has("store") ? StoreReader.Read(Part("store", RosterKeys.Store)) : null;
        var watchdog = Part("watchdog", SignalKeys.Watchdog);
        var servers = ServerReader.Read(Part("servers", null), problems);
        var defaults = DefaultValues.Read(Part("defaults", RosterKeys.Defaults), servers);
        var entries = new UserEntries(problems);
        entries.Add(Part("users", null), isMain: true);
        foreach (var (dropIn, dropInTree) in dropIns)
        {
            var users = new Section(dropIn, "a file of users.d", dropInTree, s_dropInKeys, problems).Value("users");
            entries.Add(new Section(dropIn, "users", users, null, problems), isMain: false);
        }
        var people = new UserReader(defaults, servers, gateway).Read(entries.Complete());
        return new Roster(settings, gateway, store, servers.Settings, defaults.Settings, people)
        {
            Hooks = HookReader.Read(Part("hooks", null), problems),
            Watchdog = new WatchdogSettings(watchdog.Number("restarts") ?? 3, watchdog.Number("minutes") ?? 10),
        };
    }

    private static List<Problem> Ordered(List<Problem> problems, List<string> files) =>
        [
            .. problems
                .OrderBy(problem => files.IndexOf(problem.File))
                .ThenBy(problem => problem.Line)
                .ThenBy(problem => problem.Column)
                .Distinct(),
        ];
}
