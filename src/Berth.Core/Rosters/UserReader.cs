using System.Text;

namespace Berth.Rosters;

/// <summary>Reads the users and what must hold among them.</summary>
internal static class UserReader
{
    public static IReadOnlyList<User> Read(
        IReadOnlyList<UserEntry> entries,
        DefaultSettings defaults,
        IReadOnlyDictionary<string, ServerSettings> servers,
        List<Problem> problems
    )
    {
        var users = new List<User>();
        var (logins, ports, uids) = (new Taken("login"), new Taken("port"), new Taken("uid"));
        foreach (var entry in entries)
        {
            var user = One(entry, defaults, servers);
            logins.Claim(entry, "login", user.Login.Normalize(NormalizationForm.FormKC).ToLowerInvariant(), user.Login);
            if (user.Port is { } port)
                ports.Claim(entry, "port", port.ToString(), port.ToString());
            if (user.Uid is { } uid)
                uids.Claim(entry, "uid", uid.ToString(), uid.ToString());
            users.Add(user);
        }
        return users;
    }

    private static User One(
        UserEntry entry,
        DefaultSettings defaults,
        IReadOnlyDictionary<string, ServerSettings> servers
    )
    {
        var name = entry.Name.Value;
        var login = entry.Keys("login").Text("login") ?? name;
        if (login.Trim() != login || login.Length is 0 or > 320 || login.Any(char.IsControl))
            entry
                .Keys("login")
                .Report(
                    "login",
                    $"user {name}: login is {Names.Shown(login)}",
                    "write it as the identity provider sends it, without spaces around it"
                );
        var server = Server(entry, name, defaults, servers);
        var ownMemory = entry.Keys("memory").Size("memory");
        var memory = ownMemory ?? defaults.Memory;
        var session = entry.Keys("session-memory").Size("session-memory") ?? defaults.SessionMemory;
        var pane = entry.Keys("pane-memory").Size("pane-memory") ?? Smaller(defaults.PaneMemory, session);
        if (Comparable(pane, session) && Larger(pane, session))
            entry
                .Keys("pane-memory")
                .Report(
                    "pane-memory",
                    $"user {name}: pane-memory {pane} is more than session-memory {session}",
                    "a pane cannot have more than all sessions together"
                );
        var port = entry.Keys("port").Number("port", 1024, 65535);
        if (
            port is { } fixedPort
            && servers.Values.FirstOrDefault(other => other.Name != server && other.Ports.Contains(fixedPort))
                is { } owner
        )
            entry
                .Keys("port")
                .Report(
                    "port",
                    $"user {name}: port {fixedPort} is in the range of {owner.Name} ({owner.Ports})",
                    "choose one outside of it"
                );
        return new User(
            name,
            login,
            server,
            memory,
            session,
            pane,
            entry.Keys("admin").Flag("admin"),
            entry.Keys("parked").Flag("parked"),
            entry.Keys("removed").Flag("removed"),
            Groups(entry, name),
            port,
            entry.Keys("uid").Number("uid", 1000, 59999)
        );
    }

    private static string? Server(
        UserEntry entry,
        string name,
        DefaultSettings defaults,
        IReadOnlyDictionary<string, ServerSettings> servers
    )
    {
        var keys = entry.Keys("server");
        switch (keys.Text("server"))
        {
            case "none":
                return null;
            case { } server when servers.ContainsKey(server):
                return server;
            case { } unknown:
                keys.Report(
                    "server",
                    $"user {name}: there is no server {Names.Shown(unknown)}",
                    servers.Count > 0 ? Section.Suggest(unknown, servers.Keys) : "declare it below 'servers:'"
                );
                return null;
            default:
                return defaults.Server;
        }
    }

    private static IReadOnlyList<string> Groups(UserEntry entry, string name)
    {
        var keys = entry.Keys("groups");
        var groups = keys.Words("groups");
        foreach (var group in groups.Where(group => !Names.IsGroup(group)))
            keys.Report(
                "groups",
                $"user {name}: {Names.Shown(group)} cannot name a group",
                "use lower-case letters, digits, _ and -"
            );
        if (groups.Contains("root", StringComparer.Ordinal))
            keys.Report("groups", $"user {name}: group root gives away the box", "take it out");
        return groups;
    }

    private static bool Comparable(Size a, Size b) => (a.Percent > 0) == (b.Percent > 0);

    private static bool Larger(Size a, Size b) => a.Percent > b.Percent || a.Bytes > b.Bytes;

    /// <summary>A default pane cap never exceeds the person's own session cap.</summary>
    private static Size Smaller(Size pane, Size session) =>
        Comparable(pane, session) && Larger(pane, session) ? session : pane;

    /// <summary>What only one user may have.</summary>
    private sealed class Taken(string what)
    {
        private readonly Dictionary<string, UserEntry> _owners = new(StringComparer.Ordinal);

        public void Claim(UserEntry entry, string key, string value, string shown)
        {
            if (_owners.TryAdd(value, entry))
                return;
            var owner = _owners[value];
            var keys = entry.Keys(key);
            var place = keys.Value(key) ?? entry.Name;
            keys.Report(
                place,
                $"user {entry.Name.Value}: {what} {Names.Shown(shown)} is {owner.Name.Value}'s as well ({owner.File}:{owner.Name.Line})",
                $"give each user a {what} of their own"
            );
        }
    }
}
