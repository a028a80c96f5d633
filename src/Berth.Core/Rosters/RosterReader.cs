namespace Berth.Rosters;

/// <summary>Text → Roster, or every problem of the text.</summary>
public static class RosterReader
{
    private static readonly Size s_quarter = new(0, 25);

    /// <param name="main">The roster.</param>
    /// <param name="dropIns">Files of <c>users.d/</c> beside it, in the order of their names. An entry adds a user, or
    /// sets single keys of a user of the main file.</param>
    public static RosterReading Read(RosterText main, IReadOnlyList<RosterText> dropIns)
    {
        var problems = new List<Problem>();
        var tree = YamlTree.Read(main, problems);
        if (tree is null && problems.Count == 0)
            problems.Add(new Problem(main.File, 1, 1, "the roster is empty", "'berth init' writes one to start from"));
        var top = new Section(main.File, "the roster", tree, RosterKeys.Top, problems);
        Section Part(string key, IReadOnlyList<RosterKey>? keys) => new(main.File, key, top.Value(key), keys, problems);

        var host = Part("host", RosterKeys.Host);
        var settings = new HostSettings(
            host.Size("reserve"),
            host.Flag("overcommit"),
            host.Size("containers"),
            !host.Has("backstop") || host.Flag("backstop")
        );
        var gateway = top.Has("gateway") ? EdgeReader.Gateway(main.File, top.Value("gateway"), problems) : null;
        var store = top.Has("store") ? EdgeReader.Store(main.File, top.Value("store"), problems) : null;
        var servers = ServerReader.Read(main.File, Part("servers", null), problems);
        var defaults = Defaults(Part("defaults", RosterKeys.Defaults), servers);
        var merged = UserEntries.Merge(main, top.Value("users"), dropIns, problems);
        var users = UserReader.Read(merged, defaults, servers, problems);
        // A problem of the syntax hides what follows it: telling of missing keys as well would mislead.
        var ordered = problems
            .OrderBy(problem => problem.File, StringComparer.Ordinal)
            .ThenBy(problem => problem.Line)
            .ThenBy(problem => problem.Column)
            .ToList();
        return ordered.Count > 0
            ? new RosterReading(null, ordered)
            : new RosterReading(new Roster(settings, gateway, store, servers, defaults, users), []);
    }

    private static DefaultSettings Defaults(Section section, IReadOnlyDictionary<string, ServerSettings> servers)
    {
        var server = section.Text("server");
        if (server is not null && server is not "none" && !servers.ContainsKey(server))
        {
            section.Report(
                "server",
                $"defaults: there is no server {Names.Shown(server)}",
                servers.Count > 0 ? Section.Suggest(server, servers.Keys) : "declare it below 'servers:'"
            );
            server = null;
        }
        else if (server is null && servers.Count == 1)
        {
            server = servers.Keys.First();
        }
        var memory = section.Size("memory") ?? s_quarter;
        var session = section.Size("session-memory") ?? memory;
        var pane = section.Size("pane-memory") ?? session;
        return new DefaultSettings(server is "none" ? null : server, memory, session, pane);
    }
}
