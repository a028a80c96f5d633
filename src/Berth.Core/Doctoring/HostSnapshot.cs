namespace Berth.Doctoring;

/// <summary>What was read of a host: all that a rule may look at. A bundle is this value as JSON, so a rule cannot tell a
/// bundle from a host.</summary>
public sealed record HostSnapshot
{
    /// <summary>The format that this program writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Where it comes from, for snapshots that are kept with the tests; null for a host.</summary>
    public string? Origin { get; init; }

    /// <summary>Name of the distribution (<c>PRETTY_NAME</c> of os-release(5)).</summary>
    public string System { get; init; } = "";

    /// <summary>Release of the kernel (uname -r).</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Version of systemd; 0 where it does not run.</summary>
    public int Systemd { get; init; }

    /// <summary>Whether root was looking.</summary>
    public bool Root { get; init; }

    /// <summary>Null where it was not readable, as everything below that may be null.</summary>
    public MemorySeen? Memory { get; init; }

    /// <summary><c>v2</c>, <c>hybrid</c>, <c>v1</c> or <c>none</c>.</summary>
    public string? Hierarchy { get; init; }

    /// <summary>Controllers of the top of the cgroup v2 tree.</summary>
    public IReadOnlyList<string> Controllers { get; init; } = [];

    /// <summary>Whether the kernel measures pressure (<c>/proc/pressure/memory</c>).</summary>
    public bool? Pressure { get; init; }

    public IReadOnlyList<CgroupSeen> Cgroups { get; init; } = [];

    /// <summary>Services and slices that the system's manager has loaded, with their live properties.</summary>
    public IReadOnlyList<UnitSeen> Units { get; init; } = [];

    public IReadOnlyList<ProcessSeen> Processes { get; init; } = [];

    /// <summary>Accounts of people (uid 1000 and up) and their homes.</summary>
    public IReadOnlyList<AccountSeen> Accounts { get; init; } = [];

    /// <summary>Listening TCP sockets of people.</summary>
    public IReadOnlyList<ListenerSeen> Listeners { get; init; } = [];

    /// <summary>Ports for which a rule of nftables asks who is connecting; null where that is not known.</summary>
    public IReadOnlyList<PortSpan>? Fences { get; init; }

    /// <summary>earlyoom; null where it does not run.</summary>
    public EarlyoomSeen? Earlyoom { get; init; }

    /// <summary>Whether systemd-oomd runs.</summary>
    public bool Oomd { get; init; }

    /// <summary>Another program that kills when memory is short, such as nohang; null for none.</summary>
    public string? OtherKiller { get; init; }

    public SettingsSeen Settings { get; init; } = new();

    /// <summary>docker's <c>cgroup-parent</c>; null where it sets none.</summary>
    public string? DockerParent { get; init; }

    public IReadOnlyList<TmpfsSeen> Tmpfs { get; init; } = [];

    /// <summary>Files that the system's manager reads as root (<c>EnvironmentFile=</c>) and that somebody but root may
    /// exchange.</summary>
    public IReadOnlyList<EnvironmentFileSeen> EnvironmentFiles { get; init; } = [];

    /// <summary><c>OOMPolicy=</c> that scopes of people's service managers get by the files of the host.</summary>
    public string? ScopePolicy { get; init; }

    /// <summary>The roster; null where there is none.</summary>
    public RosterSeen? Roster { get; init; }

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<Unread> Unread { get; init; } = [];
}

/// <summary>A kind of thing that is read; rules say which they need.</summary>
public enum Aspect
{
    Memory,
    Cgroups,
    Units,
    Processes,
    Killers,
    Settings,
    Homes,
    Listeners,
    Sockets,
    Firewall,
    Mounts,
    EnvironmentFiles,
    Docker,
    Roster,
}

/// <summary>Something that was not read.</summary>
/// <param name="Aspect">What rules miss by it.</param>
/// <param name="What">The thing.</param>
/// <param name="Why">Why not.</param>
/// <param name="ForRoot">Whether root could.</param>
public sealed record Unread(Aspect Aspect, string What, string Why, bool ForRoot = false);
