using Berth.Containment;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Units;

/// <summary>Renders the systemd units of the per-user servers. Every directive of the seed's
/// <c>t3-serve@.service</c> is here or has a stronger replacement; docs/units.md holds the list, a test compares.</summary>
public static class ServerUnits
{
    public const string SystemFolder = "/etc/systemd/system";

    /// <summary>File name shared by all of Berth's drop-ins; later names (60-…) win over it.</summary>
    public const string DropIn = "50-berth.conf";

    /// <summary>All servers live below one slice of their own, beside system.slice: what agents do with the CPU then
    /// competes with sshd and the gateway as one, not as many.</summary>
    public const string Slice = "berth-servers.slice";

    /// <summary>Where that slice is in the cgroup tree.</summary>
    public const string SliceFolder = "berth.slice/berth-servers.slice";

    /// <summary>Unit names of a server start with this.</summary>
    public static string TemplateStem(string server) => $"{server}-serve";

    /// <summary>What every server's unit has in its name.</summary>
    public const string InstanceMark = "-serve@";

    public static string TemplateName(string server) => $"{server}-serve@.service";

    public static string UnitName(string server, string user) => $"{server}-serve@{user}.service";

    /// <summary>The user in a unit's name.</summary>
    /// <param name="unit">As <see cref="UnitName"/> makes it.</param>
    public static string UserOf(string unit) =>
        unit[(unit.IndexOf('@', StringComparison.Ordinal) + 1)..^".service".Length];

    public static string TemplatePath(string server) => $"{SystemFolder}/{TemplateName(server)}";

    public static string DropInPath(string server, string user) =>
        $"{SystemFolder}/{UnitName(server, user)}.d/{DropIn}";

    /// <summary>The link that starts the server at boot, as <c>systemctl enable</c> would make it.</summary>
    public static string WantsPath(string server, string user) =>
        $"{SystemFolder}/multi-user.target.wants/{UnitName(server, user)}";

    /// <summary>Root-owned, in a root-owned folder: the service manager reads it as root (facts: credentials).</summary>
    public static string EnvironmentPath(string server, string user) => $"/etc/{server}-serve/{user}.env";

    /// <summary>Values Berth generated once, such as a server's own password; readable by root alone.</summary>
    public static string SecretPath(string server, string user) => $"/etc/{server}-serve/{user}.secret.env";

    /// <summary>The template unit that all users of one server share.</summary>
    /// <param name="server">The server as the roster declares it.</param>
    /// <param name="defaultCap"><c>MemoryMax=</c> in bytes, for an instance that has no drop-in.</param>
    /// <param name="systemd">The host's systemd version; directives it does not know are left out.</param>
    /// <param name="tokens">Whether people's tokens are delivered to it.</param>
    /// <param name="assigned">Everybody's ports, as <see cref="Berth.Gateway.AssignedPorts"/> writes them: a server may
    /// listen on none of them but its own.</param>
    public static string Template(
        ServerSettings server,
        long defaultCap,
        int systemd,
        bool tokens = false,
        IReadOnlyList<string>? assigned = null
    )
    {
        var preset = Presets.For(server);
        var unit = new UnitText()
            .Section("Unit")
            .Set("Description", preset.Description.Replace("{user}", "%i", StringComparison.Ordinal))
            .SetIf(preset.Documentation.Length > 0, "Documentation", preset.Documentation)
            .Set("After", "network.target")
            .Set("Wants", Containment.Preload.Service)
            .Set("After", Containment.Preload.Service)
            // Nobody reaches a server that has just started before its fence stands.
            .Set("Wants", FirewallUnit.Service)
            .Set("After", FirewallUnit.Service)
            .SetIf(tokens, "Wants", CredentialUnits.Sync)
            .SetIf(tokens, "After", CredentialUnits.Sync)
            .Section("Service")
            .Set("Type", "simple")
            .Set("User", "%i")
            .Set("Group", "%i")
            .Set("Slice", Slice);
        foreach (var (name, value) in Constant(preset))
            unit.Environment(name, value);
        unit.Set("EnvironmentFile", EnvironmentPath(server.Name, "%i"))
            .SetIf(preset.Secrets.Count > 0, "EnvironmentFile", SecretPath(server.Name, "%i"))
            .SetIf(tokens, "EnvironmentFile", CredentialUnits.EnvironmentFile)
            // The account's home, looked up by systemd: not assumed to be below /home.
            .Set("WorkingDirectory", "~")
            .Set("ExecStart", string.Join(' ', preset.Command.Select(word => Expand(word, server, preset))))
            .Set("Restart", "on-failure")
            // Being stopped is no end of that kind: systemd does not restart what it was told to stop.
            .SetIf(preset.ZeroIsFailure, "RestartForceExitStatus", "0")
            .Set("RestartSec", 5)
            // A T3 in the middle of a turn takes 7 s to end; a fork storm never ends of itself, and whoever restarts its
            // server would wait for systemd's 90 s.
            .Set("TimeoutStopSec", 30)
            // A soft band below the cap is a livelock zone, swap makes a runaway everybody's problem, and the death
            // of one child is no reason to stop its server (facts: containment).
            .Set("MemoryHigh", "infinity")
            .Set("MemoryMax", Size.Directive(defaultCap))
            .Set("MemorySwapMax", 0)
            .Set("OOMPolicy", "continue")
            .Set("TasksMax", server.Tasks)
            .Set("CPUWeight", 100)
            .Set("IOWeight", 100)
            // The server may make one cgroup per conversation in its own subtree, without root.
            .Set("Delegate", "memory pids cpu")
            .SetIf(systemd >= 254, "DelegateSubgroup", "server")
            .Set("PrivateTmp", "yes")
            // T3 Code passes a bearer to its agents in argv: nobody's server sees another person's processes.
            .Set("ProtectProc", "invisible")
            .Set("UMask", "0077")
            .Deny(assigned ?? [], systemd)
            .Section("Install")
            .Set("WantedBy", "multi-user.target");
        return unit.ToString();
    }

    /// <summary>What is one user's own: cap, PATH below their home, group where it is not called like the user.</summary>
    /// <param name="server">The server as the roster declares it.</param>
    /// <param name="user">The user.</param>
    /// <param name="account">Home and primary group, from the host or as useradd is about to make them.</param>
    /// <param name="port">The user's sticky port.</param>
    /// <param name="cap"><c>MemoryMax=</c> in bytes.</param>
    /// <param name="systemd">The host's systemd version.</param>
    public static string InstanceDropIn(
        ServerSettings server,
        User user,
        Account account,
        int port,
        long cap,
        int systemd = 0
    )
    {
        var preset = Presets.For(server);
        var unit = new UnitText()
            .Section("Service")
            .Set("MemoryMax", Size.Directive(cap))
            .SetIf(account.PrimaryGroup != user.Name, "Group", account.PrimaryGroup)
            .SetIf(systemd >= SessionUnits.BindRules, "SocketBindAllow", $"tcp:{port}")
            .Environment("HOME", account.Home)
            .Environment("PATH", $"/usr/local/bin:/usr/bin:/bin:{account.Home}/.local/bin");
        foreach (var (name, value) in preset.Environment)
        {
            if (IsPersonal(value))
                unit.Environment(name, Placeholders.Fill(value, user.Name, account.Home, server.Host, port));
        }
        return unit.ToString();
    }

    /// <summary>The environment file with the port.</summary>
    public static string EnvironmentFile(ServerSettings server, int port) =>
        $"{UnitText.Header}{Presets.For(server).PortVariable}={port}\n";

    /// <summary>Everything that needs a restart to take effect on a running server, as one comparable text. Caps and
    /// weights are not in it: systemd applies those to the running unit.</summary>
    public static string LaunchText(ServerSettings server, User user, Account account, int port)
    {
        var preset = Presets.For(server);
        var words = preset
            .Command.Concat(
                preset
                    .Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair => $"{pair.Key}={pair.Value}")
            )
            .Select(word => Placeholders.Fill(word, user.Name, account.Home, server.Host, port));
        return $"{account.PrimaryGroup}\n{preset.PortVariable}={port}\n{string.Join('\n', words)}";
    }

    private static IEnumerable<KeyValuePair<string, string>> Constant(Preset preset) =>
        preset.Environment.Where(pair => !IsPersonal(pair.Value));

    private static bool IsPersonal(string value) =>
        value.Contains("{home}", StringComparison.Ordinal)
        || value.Contains("{port}", StringComparison.Ordinal)
        || value.Contains("{user}", StringComparison.Ordinal);

    private static string Expand(string word, ServerSettings server, Preset preset) =>
        UnitText
            .Word(word)
            .Replace("{host}:", Placeholders.Authority(server.Host) + ":", StringComparison.Ordinal)
            .Replace("{host}", server.Host, StringComparison.Ordinal)
            .Replace("{port}", $"${{{preset.PortVariable}}}", StringComparison.Ordinal)
            .Replace("{home}", "${HOME}", StringComparison.Ordinal)
            .Replace("{user}", "%i", StringComparison.Ordinal);
}
