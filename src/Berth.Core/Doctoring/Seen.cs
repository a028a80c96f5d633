namespace Berth.Doctoring;

/// <summary>Memory of the host, in bytes.</summary>
/// <param name="Total">MemTotal.</param>
/// <param name="Available">MemAvailable.</param>
/// <param name="Swap">SwapTotal; 0 for none.</param>
/// <param name="SwapUsed">Swap in use.</param>
/// <param name="CompressedSwap">All of the swap is compressed memory (zram).</param>
public sealed record MemorySeen(long Total, long Available, long Swap, long SwapUsed, bool CompressedSwap);

/// <summary>One cgroup, as the kernel has it. Limits are in bytes, <c>long.MaxValue</c> for none; null where the controller
/// is not there.</summary>
/// <param name="Path">Below the cgroup tree, without a slash at either end.</param>
public sealed record CgroupSeen(string Path)
{
    public long? High { get; init; }
    public long? Max { get; init; }
    public long? SwapMax { get; init; }
    public long? PidsMax { get; init; }
    public long Current { get; init; }

    /// <summary><c>memory.oom.group</c>: the kernel kills all of it or one process.</summary>
    public bool Group { get; init; }

    /// <summary>Share of the last 10 s in which no task went on, in hundredths of a percent.</summary>
    public int Full10 { get; init; }

    /// <summary>Counters of <c>memory.events</c> since the cgroup was made.</summary>
    public long HighEvents { get; init; }
    public long MaxEvents { get; init; }
    public long Kills { get; init; }

    /// <summary>The same, two and a half seconds later; null where nothing seemed to stall.</summary>
    public EventsSeen? Later { get; init; }
}

public sealed record EventsSeen(long HighEvents, long MaxEvents, long Kills);

/// <summary>One unit of the system's manager, by its live properties (systemctl show).</summary>
/// <param name="Name">Its name.</param>
public sealed record UnitSeen(string Name)
{
    public bool Active { get; init; }

    /// <summary><c>User=</c>; empty for root.</summary>
    public string User { get; init; } = "";

    /// <summary>Below the cgroup tree, without a slash at either end; empty when it has none.</summary>
    public string Cgroup { get; init; } = "";
    public int MainPid { get; init; }

    /// <summary>Kind of agent server that its command starts; null for none that is known.</summary>
    public string? Server { get; init; }

    public string OomPolicy { get; init; } = "";

    /// <summary><c>OOMPolicy=</c> by the unit's files as they are now; null where they say nothing or were not read.</summary>
    public string? FilePolicy { get; init; }
    public bool PrivateTmp { get; init; }

    /// <summary>It is expected to give signs of life (<c>WatchdogSec=</c>).</summary>
    public bool Watchdog { get; init; }

    /// <summary>systemd-oomd may kill below it.</summary>
    public bool OomdKills { get; init; }
}

/// <summary>One process.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Parent">Its parent's.</param>
/// <param name="Uid">Whose it is.</param>
/// <param name="Name">What a person would call it: its program without folder and arguments.</param>
/// <param name="Cgroup">Below the cgroup tree, without a slash at either end.</param>
/// <param name="Rss">Resident memory in bytes.</param>
/// <param name="Adj"><c>oom_score_adj</c>, -1000 to 1000.</param>
public sealed record ProcessSeen(int Pid, int Parent, int Uid, string Name, string Cgroup, long Rss, int Adj)
{
    /// <summary>A coding agent, such as <c>claude</c>; null for none.</summary>
    public string? Agent { get; init; }

    /// <summary>An agent server, such as <c>t3</c>; null for none.</summary>
    public string? Server { get; init; }

    /// <summary>Whether it is an agent or an agent server.</summary>
    public bool IsAgentOrServer() => (Agent ?? Server) is not null;

    /// <summary>earlyoom's <c>--prefer</c> matches its name.</summary>
    public bool Preferred { get; init; }

    /// <summary>earlyoom's <c>--avoid</c> matches its name.</summary>
    public bool Avoided { get; init; }
}

/// <summary>An account of a person.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Home">Its home.</param>
/// <param name="Mode">Permission bits of the home; null where it is not there, or no folder.</param>
/// <param name="Owner">Who owns the home.</param>
/// <param name="OpenState">Folders of agents' state in it that others may read, if they may enter the home.</param>
public sealed record AccountSeen(
    string Name,
    int Uid,
    string Home,
    int? Mode,
    int Owner,
    IReadOnlyList<string> OpenState
);

/// <summary>Where a listener can be reached.</summary>
public enum Reach
{
    /// <summary>By processes of this host.</summary>
    Loopback,

    /// <summary>At every address, or one that others can reach.</summary>
    Outside,
}

/// <summary>A listening TCP socket.</summary>
/// <param name="Reach">Who can reach it.</param>
/// <param name="Port">Its port.</param>
/// <param name="Uid">Whose it is.</param>
/// <param name="Pid">A process that holds it; 0 where that is not known.</param>
public sealed record ListenerSeen(Reach Reach, int Port, int Uid, int Pid);

/// <summary>Ports from the first to the last.</summary>
public sealed record PortSpan(int First, int Last);

/// <summary>The running earlyoom, by its own arguments.</summary>
/// <param name="SwapPercent">It acts when free swap is below this share too (<c>-s</c>); 100 leaves swap out of account.</param>
/// <param name="Sorts">It goes by resident memory (<c>--sort-by-rss</c>).</param>
/// <param name="CanSort">The installed one knows how to; null where that is not known.</param>
/// <param name="Prefer">Its <c>--prefer</c> pattern; null for none.</param>
/// <param name="Avoid">Its <c>--avoid</c> pattern; null for none.</param>
/// <param name="AsConfigured">Its arguments are those of its unit and file; null where that is not known.</param>
public sealed record EarlyoomSeen(
    int SwapPercent,
    bool Sorts,
    bool? CanSort,
    string? Prefer,
    string? Avoid,
    bool? AsConfigured
);

/// <summary>The kernel's and the journal's settings; null where one was not readable.</summary>
public sealed record SettingsSeen
{
    /// <summary><c>vm.panic_on_oom</c>.</summary>
    public int? PanicOnOom { get; init; }

    /// <summary><c>vm.oom_kill_allocating_task</c>.</summary>
    public int? KillAllocating { get; init; }

    /// <summary><c>/sys/kernel/mm/lru_gen/min_ttl_ms</c>, in milliseconds; null also on kernels without it.</summary>
    public int? KeepMilliseconds { get; init; }

    /// <summary>The journal is kept in memory only.</summary>
    public bool? VolatileJournal { get; init; }
}

/// <summary>A tmpfs that people may write to.</summary>
/// <param name="Path">Where it is mounted.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record TmpfsSeen(string Path, long Size);

/// <summary>A file that is read as root, on whose way somebody else has a say.</summary>
/// <param name="Unit">Which unit names it.</param>
/// <param name="Path">The file.</param>
/// <param name="At">The first thing on the way that is not root's alone.</param>
/// <param name="Owner">Who owns that.</param>
/// <param name="Kind">What it is: <c>folder</c>, <c>file</c>, <c>link</c> or <c>other</c>.</param>
/// <param name="Writable">Whether others than its owner may write to it.</param>
public sealed record EnvironmentFileSeen(string Unit, string Path, string At, int Owner, string Kind, bool Writable);

/// <summary>What the roster says, as far as rules need it.</summary>
/// <param name="Reserve">Memory kept for the system, in bytes.</param>
/// <param name="Overcommit">Caps may add up to more than there is.</param>
/// <param name="People">Accounts of the roster that are not removed.</param>
/// <param name="Watched">Those whose server the watchdog probes.</param>
/// <param name="Servers">Units of their servers.</param>
/// <param name="Gateway">Port that the gateway listens on; 0 for none.</param>
public sealed record RosterSeen(
    long Reserve,
    bool Overcommit,
    IReadOnlyList<string> People,
    IReadOnlyList<string> Watched,
    IReadOnlyList<string> Servers,
    int Gateway = 0
);
