using static Berth.Doctoring.Severity;

namespace Berth.Doctoring;

/// <summary>Every rule of the doctor, in the order in which they are told.</summary>
public static class Rules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        // Now.
        new(
            "STALL-NOW",
            Critical,
            "tasks stall at a memory limit and nothing is killed",
            Wounds.StallsNow,
            Aspect.Cgroups
        ),
        new(
            "WOUNDED",
            Warning,
            "a process of a running server was killed for memory and nothing probes the server",
            Wounds.Wounded,
            Aspect.Cgroups,
            Aspect.Units
        )
        {
            ByApply = true,
        },
        // Caps.
        new(
            "BAND",
            Error,
            "a soft limit below the hard one, without swap: a runaway stalls instead of dying",
            Band.Find,
            Aspect.Cgroups,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new(
            "TREE-UNCAPPED",
            Error,
            "a person's agents run where no memory limit applies",
            UncappedTrees.Uncapped,
            Aspect.Cgroups,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new(
            "CAP-TOO-LOW-IN-TREE",
            Error,
            "the cap stands on user@.service only, and ssh sessions are beside it",
            UncappedTrees.TooLow,
            Aspect.Cgroups,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new(
            "SUM-OVER-RAM",
            Warning,
            "the caps together exceed the memory there is",
            CapSum.OverRam,
            Aspect.Cgroups,
            Aspect.Memory
        ),
        new(
            "NO-HEADROOM",
            Error,
            "a cap as large as the machine never binds",
            CapSum.NoHeadroom,
            Aspect.Cgroups,
            Aspect.Memory
        )
        {
            ByApply = true,
        },
        new("SWAP-LEAK", Error, "a person's work may be swapped out", Swapping.Leak, Aspect.Cgroups, Aspect.Memory)
        {
            ByApply = true,
        },
        new("PIDS", Warning, "nothing limits the number of tasks", Limits.Pids, Aspect.Cgroups, Aspect.Processes)
        {
            ByApply = true,
        },
        new(
            "DELEGATION",
            Error,
            "the kernel offers no memory controller in cgroup v2",
            Limits.Delegation,
            Aspect.Cgroups
        ),
        new("DOCKER-PARENT", Error, "containers run outside of any cap", Limits.Docker, Aspect.Cgroups, Aspect.Docker)
        {
            ByApply = true,
        },
        new("TMPFS", Warning, "writable tmpfs may take more than the reserve", Limits.Tmpfs, Aspect.Mounts)
        {
            ByApply = true,
        },
        // After a kill.
        new("OOMPOLICY-SERVICE", Error, "one killed child stops the whole server", OomPolicies.Services, Aspect.Units)
        {
            ByApply = true,
        },
        new(
            "OOMPOLICY-SCOPE",
            Warning,
            "one killed child ends the whole pane or session",
            OomPolicies.Scopes,
            Aspect.Units
        )
        {
            ByApply = true,
        },
        new(
            "OOMPOLICY-LIVE",
            Warning,
            "the running unit has another OOMPolicy than its files",
            OomPolicies.Live,
            Aspect.Units
        )
        {
            ByApply = true,
        },
        new(
            "GROUP-SHARED",
            Error,
            "the kernel kills server and tools together",
            OomGroups.Shared,
            Aspect.Cgroups,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new(
            "GROUP-LEAF",
            Warning,
            "a conversation's cgroup survives in parts",
            OomGroups.Leaf,
            Aspect.Cgroups,
            Aspect.Processes
        ),
        // Who dies.
        new(
            "ADJ-SKEW",
            Warning,
            "oom_score_adj makes small processes die for a large one",
            AdjSkew.Find,
            Aspect.Processes
        ),
        new(
            "ADJ-NEGATIVE",
            Warning,
            "tools inherit a protection from being killed",
            Protection.Negative,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new("ADJ-ORDER", Warning, "the server dies before its tools", Protection.Order, Aspect.Processes),
        new("RESCUE", Warning, "the way in is not protected", Protection.Rescue, Aspect.Processes),
        // Backstops.
        new(
            "OOMD-RELIED-ON",
            Warning,
            "systemd-oomd is the only guard of uncapped work",
            Backstops.ReliedOn,
            Aspect.Killers
        )
        {
            ByApply = true,
        },
        new(
            "OOMD-BLAST",
            Error,
            "systemd-oomd kills a whole tree of agents at once",
            Backstops.Blast,
            Aspect.Killers,
            Aspect.Units
        ),
        new(
            "TWO-KILLERS",
            Warning,
            "systemd-oomd and earlyoom both kill",
            Backstops.TwoKillers,
            Aspect.Killers,
            Aspect.Units
        ),
        new(
            "BACKSTOP-MISSING",
            Warning,
            "nothing acts when the whole box runs out of memory",
            Backstops.Missing,
            Aspect.Killers
        )
        {
            ByApply = true,
        },
        new("EARLYOOM-SWAP", Warning, "earlyoom waits until swap is full", EarlyoomRules.Swap, Aspect.Killers)
        {
            ByApply = true,
        },
        new("EARLYOOM-OLD", Info, "earlyoom cannot choose the largest process", EarlyoomRules.Old, Aspect.Killers),
        new(
            "EARLYOOM-COMM",
            Error,
            "earlyoom's preferences kill agents, or match nothing",
            EarlyoomRules.Comm,
            Aspect.Killers,
            Aspect.Processes
        )
        {
            ByApply = true,
        },
        new(
            "EARLYOOM-ARGV",
            Warning,
            "earlyoom runs with other arguments than its file says",
            EarlyoomRules.Argv,
            Aspect.Killers,
            Aspect.Units
        )
        {
            ByApply = true,
        },
        new(
            "FILE-THRASH",
            Info,
            "without swap, programs are read from disk again and again before anything is killed",
            Swapping.Files,
            Aspect.Settings,
            Aspect.Memory
        )
        {
            ByApply = true,
        },
        // The kernel's settings.
        new(
            "PSI-OFF",
            Warning,
            "the kernel does not measure memory pressure",
            KernelSettings.Pressure,
            Aspect.Settings
        ),
        new("SYSCTL-PANIC", Error, "the kernel panics when memory runs out", KernelSettings.Panic, Aspect.Settings),
        new(
            "SYSCTL-ALLOCATING",
            Warning,
            "the kernel kills whoever asks next, not the largest",
            KernelSettings.Allocating,
            Aspect.Settings
        ),
        new(
            "JOURNAL-VOLATILE",
            Warning,
            "the log of a crash is gone after the reboot",
            KernelSettings.Journal,
            Aspect.Settings
        ),
        // Whose is what.
        new(
            "ENV-FILE-OWNER",
            Critical,
            "the service manager reads a file as root where a person may replace it",
            Ownership.EnvironmentFiles,
            Aspect.EnvironmentFiles
        ),
        new("HOME-OPEN", Warning, "others may read a person's home or state", Ownership.Homes, Aspect.Homes),
        new(
            "PORT-OPEN",
            Error,
            "others can connect to a person's agent server",
            OpenPorts.Find,
            Aspect.Listeners,
            Aspect.Sockets,
            Aspect.Firewall
        )
        {
            ByApply = true,
        },
        new("PRIVATE-TMP", Warning, "people's servers share /tmp", Ownership.SharedTmp, Aspect.Units)
        {
            ByApply = true,
        },
    ];

    /// <summary>The rule of a code.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static Rule Of(string code) =>
        All.FirstOrDefault(rule => string.Equals(rule.Code, code, StringComparison.Ordinal))
        ?? throw new KeyNotFoundException($"no rule {code}");

    /// <summary>What all rules find, the worst first, each rule's in its own order.</summary>
    public static IReadOnlyList<Finding> Find(HostSnapshot snapshot) => Find(new Landscape(snapshot));

    /// <summary>The same of a snapshot that is looked over already.</summary>
    public static IReadOnlyList<Finding> Find(Landscape host) =>
        [.. All.SelectMany(rule => rule.Find(host)).OrderByDescending(finding => finding.Severity)];

    /// <summary>Rules that lack something which only root may read.</summary>
    public static IReadOnlyList<Rule> MoreForRoot(HostSnapshot snapshot)
    {
        var missing = snapshot.Unread.Where(unread => unread.ForRoot).Select(unread => unread.Aspect).ToHashSet();
        return [.. All.Where(rule => rule.Needs.Any(missing.Contains))];
    }
}
