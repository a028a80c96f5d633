namespace Berth.Rosters;

/// <summary>Reads the users and what must hold among them.</summary>
internal sealed class UserReader(DefaultValues defaults, ServerReading servers, GatewaySettings? gateway)
{
    /// <summary>Longest mail address (RFC 3696, erratum 1690).</summary>
    private const int LongestLogin = 320;

    private readonly Taken _logins = new("login");
    private readonly Taken _ports = new("port");
    private readonly Taken _uids = new("uid");

    public IReadOnlyList<User> Read(IReadOnlyList<UserEntry> entries)
    {
        var users = entries.Select(One).ToList();
        Unserved(entries);
        return users;
    }

    private User One(UserEntry entry)
    {
        var name = entry.Name.Value;
        var login = Login(entry, name);
        foreach (var form in LoginForms(login))
            _logins.Claim(entry, form, login);
        var server = entry.Layers.Any(layer => layer.Keys.Has("server"))
            ? servers.Named(entry.Keys("server"), $"user {name}")
            : defaults.Settings.Server;
        var memory = entry.Keys("memory").Cap("memory") ?? defaults.Settings.Memory;
        var session = entry.Keys("session-memory").Cap("session-memory") ?? defaults.Session ?? memory;
        var pane = Pane(entry, name, session);
        var port = Port(entry, name, server);
        var uid = entry.Keys("uid").Number("uid");
        if (uid is not null)
            _uids.Claim(entry, $"{uid}", $"{uid}");
        return new User(
            name,
            login,
            server,
            memory,
            session,
            pane,
            entry.Keys("admin").Flag("admin") ?? false,
            entry.Keys("parked").Flag("parked") ?? false,
            entry.Keys("removed").Flag("removed") ?? false,
            Groups(entry, name),
            port,
            uid
        )
        {
            TokenFile = TokenFilePath.Read(entry.Keys("token-file")) ?? defaults.Settings.TokenFile,
            KillsLeaf = entry.Keys("on-stall").Choice("on-stall") is { } choice
                ? choice is "kill-leaf"
                : defaults.Settings.KillsLeaf,
            Watched = entry.Keys("watchdog").Flag("watchdog") ?? defaults.Settings.Watched,
        };
    }

    private static string Login(UserEntry entry, string name)
    {
        var keys = entry.Keys("login");
        var login = keys.Text("login") ?? name;
        if (login.Trim() != login)
            keys.Report("login", $"user {name}: login {Names.Shown(login)} has spaces around it", "take them out");
        else if (login.Length > LongestLogin)
            keys.Report("login", $"user {name}: login has {login.Length} characters", $"at most {LongestLogin}");
        else if (Names.Escaped(login) != login)
            keys.Report(
                "login",
                $"user {name}: login {Names.Shown(login)} holds an invisible character",
                "take it out"
            );
        return login;
    }

    /// <summary>What the gateway may find a person by. "Without case" is upper or lower case, which differ for some
    /// letters: nobody's login may be another's in either. With a domain, alice@DOMAIN is alice.</summary>
    private string[] LoginForms(string login)
    {
        var at = login.IndexOf('@', StringComparison.Ordinal);
        var local =
            at > 0
            && gateway?.Identity.Domain is { } domain
            && login.AsSpan(at + 1).Equals(domain, StringComparison.OrdinalIgnoreCase)
                ? login[..at]
                : login;
        return [$"l{local.ToLowerInvariant()}", $"u{local.ToUpperInvariant()}"];
    }

    private Size Pane(UserEntry entry, string name, Size session)
    {
        var keys = entry.Keys("pane-memory");
        if (keys.Cap("pane-memory") is not { } pane)
            // A default never exceeds the person's own session cap.
            return defaults.Pane is { } common && !common.Exceeds(session) ? common : session;
        if (pane.Exceeds(session))
            keys.Report(
                "pane-memory",
                $"user {name}: pane-memory {pane} is more than their session-memory {session}",
                "a pane cannot have more than all sessions together"
            );
        return pane;
    }

    private int? Port(UserEntry entry, string name, string? server)
    {
        var keys = entry.Keys("port");
        if (keys.Number("port") is not { } port)
            return null;
        _ports.Claim(entry, $"{port}", $"{port}");
        foreach (
            var other in servers.Settings.Values.Where(other => other.Name != server && other.Ports.Contains(port))
        )
            keys.Report(
                "port",
                $"user {name}: port {port} is in the range of server {other.Name} ({other.Ports})",
                "choose one outside of it"
            );
        if (gateway is not null && Addresses.EndPoint(gateway.Listen) is { } listen && listen.Port == port)
            keys.Report("port", $"user {name}: port {port} is the gateway's", "choose another");
        return port;
    }

    private static List<string> Groups(UserEntry entry, string name)
    {
        var keys = entry.Keys("groups");
        var groups = (keys.Words("groups") ?? []).Distinct(StringComparer.Ordinal).ToList();
        foreach (var group in groups)
        {
            if (!Names.IsGroup(group))
                keys.Report(
                    "groups",
                    $"user {name}: {Names.Shown(group)} cannot name a group",
                    "use lower-case letters, digits, _ and -"
                );
            else if (group is "root")
                keys.Report("groups", $"user {name}: group root would give away the system's files", "take it out");
        }
        return groups;
    }

    /// <summary>With several servers and no default, silence would leave people without a server. Told once.</summary>
    private void Unserved(IReadOnlyList<UserEntry> entries)
    {
        if (defaults.NamesServer)
            return;
        var without = entries.Where(entry => !entry.Layers.Any(layer => layer.Keys.Has("server"))).ToList();
        if (without.Count == 0)
            return;
        var names = string.Join(", ", without.Take(5).Select(entry => entry.Name.Value));
        var who =
            without.Count == 1 ? $"user {names} names"
            : without.Count <= 5 ? $"users {names} name"
            : $"users {names} and {without.Count - 5} more name";
        without[0]
            .Layers[0]
            .Keys.Report(
                without[0].Name,
                $"{who} no server, and there are several ({string.Join(", ", servers.Declared)})",
                "add 'server:' to 'defaults:' or to each of them (none for no server)"
            );
    }

    /// <summary>What only one user may have.</summary>
    private sealed class Taken(string key)
    {
        private readonly Dictionary<string, UserEntry> _owners = new(StringComparer.Ordinal);

        public void Claim(UserEntry entry, string value, string shown)
        {
            if (_owners.TryAdd(value, entry))
                return;
            var owner = _owners[value];
            var keys = entry.Keys(key);
            keys.Report(
                keys.Value(key) ?? entry.Name,
                $"user {entry.Name.Value}: {key} {Names.Shown(shown)} is {owner.Name.Value}'s as well ({owner.Place(key)})",
                $"give each user a {key} of their own"
            );
        }
    }
}
