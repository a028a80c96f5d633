using System.Text.RegularExpressions;

namespace Berth.Doctoring;

/// <summary>Takes out of a snapshot what tells who its people are: names of accounts and of the host, homes and what is
/// below them, patterns, and the names of programs that are not everybody's. Findings stay the same but for the names.</summary>
public sealed class Anonymous
{
    /// <summary>Programs that every host has, or that a rule goes by.</summary>
    private static readonly HashSet<string> s_known = new(
        [
            "systemd",
            "(sd-pam)",
            "sd-pam",
            "init",
            "sshd",
            "sshd-session",
            "bash",
            "sh",
            "dash",
            "zsh",
            "fish",
            "tmux",
            "screen",
            "node",
            "bun",
            "deno",
            "python3",
            "python",
            "claude",
            "codex",
            "opencode",
            "t3",
            "code-server",
            "cloudcli",
            "berth",
            "earlyoom",
            "systemd-oomd",
            "nohang",
            "systemd-journald",
            "systemd-journal",
            "systemd-logind",
            "systemd-udevd",
            "systemd-networkd",
            "systemd-network",
            "systemd-resolved",
            "systemd-resolve",
            "systemd-timesyncd",
            "systemd-timesyn",
            "dbus-daemon",
            "dbus-broker",
            "dbus-broker-launch",
            "agetty",
            "cron",
            "crond",
            "dockerd",
            "containerd",
            "containerd-shim-runc-v2",
            "podman",
            "rg",
            "ugrep",
            "bfs",
            "git",
            "npm",
            "cargo",
            "rustc",
            "make",
        ],
        StringComparer.Ordinal
    );

    private readonly List<(Regex Name, string Alias)> _names = [];
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _programs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _homes = new(StringComparer.Ordinal);

    private Anonymous(HostSnapshot snapshot, string host)
    {
        foreach (var account in snapshot.Accounts)
        {
            Alias(account.Name);
            _homes[account.Home] = $"/home/{_aliases[account.Name]}";
        }
        foreach (var name in snapshot.Roster?.People ?? [])
            Alias(name);
        // People whom only a directory service knows: their unit is named after them.
        foreach (var unit in snapshot.Units.Where(unit => unit.User.Length > 0))
        {
            // A number is no name: user@1000.service.
            if (
                !unit.User.All(char.IsAsciiDigit)
                && unit.Name.EndsWith($"@{unit.User}.service", StringComparison.Ordinal)
            )
                Alias(unit.User);
        }
        if (host.Length > 0 && _aliases.TryAdd(host, "host"))
            Note(host, "host");
    }

    /// <param name="snapshot">A host's.</param>
    /// <param name="host">The name of the host.</param>
    public static HostSnapshot Of(HostSnapshot snapshot, string host) => new Anonymous(snapshot, host).Apply(snapshot);

    private HostSnapshot Apply(HostSnapshot snapshot) =>
        snapshot with
        {
            Cgroups = [.. snapshot.Cgroups.Select(cgroup => cgroup with { Path = Clean(cgroup.Path) })],
            Units =
            [
                .. snapshot.Units.Select(unit =>
                    unit with
                    {
                        Name = Clean(unit.Name),
                        User = unit.User.All(char.IsAsciiDigit)
                            ? unit.User
                            : _aliases.GetValueOrDefault(unit.User, "service-account"),
                        Cgroup = Clean(unit.Cgroup),
                    }
                ),
            ],
            Processes =
            [
                .. snapshot.Processes.Select(process =>
                    process with
                    {
                        Name = Program(process.Name),
                        Cgroup = Clean(process.Cgroup),
                    }
                ),
            ],
            Accounts =
            [
                .. snapshot.Accounts.Select(account =>
                    account with
                    {
                        Name = _aliases[account.Name],
                        Home = _homes[account.Home],
                    }
                ),
            ],
            Earlyoom = snapshot.Earlyoom is not { } earlyoom
                ? null
                : earlyoom with
                {
                    Prefer = Hidden(earlyoom.Prefer),
                    Avoid = Hidden(earlyoom.Avoid),
                },
            DockerParent = snapshot.DockerParent is null ? null : Clean(snapshot.DockerParent),
            Tmpfs = [.. snapshot.Tmpfs.Select(tmpfs => tmpfs with { Path = Path(tmpfs.Path) })],
            EnvironmentFiles =
            [
                .. snapshot.EnvironmentFiles.Select(file =>
                    file with
                    {
                        Unit = Clean(file.Unit),
                        Path = Path(file.Path),
                        At = Path(file.At),
                    }
                ),
            ],
            Roster = snapshot.Roster is not { } roster
                ? null
                : roster with
                {
                    People = [.. roster.People.Select(Clean)],
                    Watched = [.. roster.Watched.Select(Clean)],
                    Servers = [.. roster.Servers.Select(Clean)],
                },
            Unread =
            [
                .. snapshot.Unread.Select(unread =>
                    unread with
                    {
                        What = Path(unread.What),
                        // What was wrong with a roster or a command may quote it.
                        Why = unread.Aspect is Aspect.Roster or Aspect.Units ? "could not be read" : Path(unread.Why),
                    }
                ),
            ],
        };

    private void Alias(string name)
    {
        var alias = $"user{_aliases.Count + 1}";
        if (_aliases.TryAdd(name, alias))
            Note(name, alias);
    }

    private void Note(string name, string alias)
    {
        // As systemd writes it in the name of a unit (systemd-escape(1)).
        foreach (
            var form in new[] { name, name.Replace("-", "\\x2d", StringComparison.Ordinal) }.Distinct(
                StringComparer.Ordinal
            )
        )
            _names.Add(
                (
                    new Regex(
                        $"(?<![A-Za-z0-9_]){Regex.Escape(form)}(?![A-Za-z0-9_])",
                        RegexOptions.CultureInvariant,
                        TimeSpan.FromSeconds(1)
                    ),
                    alias
                )
            );
        _names.Sort((one, other) => other.Name.ToString().Length.CompareTo(one.Name.ToString().Length));
    }

    private string Clean(string text)
    {
        foreach (var (name, alias) in _names)
            text = name.Replace(text, alias);
        return text;
    }

    /// <summary>Of a path in a home only the home is left.</summary>
    private string Path(string path)
    {
        foreach (var (home, alias) in _homes)
        {
            if (path == home)
                return alias;
            if (path.StartsWith(home + "/", StringComparison.Ordinal))
                return $"{alias}/…";
        }
        return Clean(path);
    }

    private string Program(string name)
    {
        if (s_known.Contains(name))
            return name;
        if (_programs.TryGetValue(name, out var alias))
            return alias;
        return _programs[name] = $"program{_programs.Count + 1}";
    }

    private static string? Hidden(string? pattern) => pattern is null ? null : $"({pattern.Length} characters)";
}
