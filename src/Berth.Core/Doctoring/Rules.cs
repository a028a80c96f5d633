using static Berth.Doctoring.Severity;

namespace Berth.Doctoring;

/// <summary>Every rule of the doctor, in the order in which they are told.</summary>
public static class Rules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        // Now.
        new("STALL-NOW", Critical, "tasks stall at a memory limit and nothing is killed"),
        new("WOUNDED", Warning, "a process of a running server was killed for memory and nothing probes the server"),
        // Caps.
        new("BAND", Error, "a soft limit below the hard one, without swap: a runaway stalls instead of dying"),
        new("TREE-UNCAPPED", Error, "a person's agents run where no memory limit applies"),
        new("CAP-TOO-LOW-IN-TREE", Error, "the cap stands on user@.service only, and ssh sessions are beside it"),
        new("SUM-OVER-RAM", Warning, "the caps together exceed the memory there is"),
        new("NO-HEADROOM", Error, "a cap as large as the machine never binds"),
        new("SWAP-LEAK", Error, "a person's work may be swapped out"),
        new("PIDS", Warning, "nothing limits the number of tasks"),
        new("DELEGATION", Error, "the kernel offers no memory controller in cgroup v2"),
        new("DOCKER-PARENT", Error, "containers run outside of any cap"),
        new("TMPFS", Warning, "writable tmpfs may take more than the reserve"),
        // After a kill.
        new("OOMPOLICY-SERVICE", Error, "one killed child stops the whole server"),
        new("OOMPOLICY-SCOPE", Warning, "one killed child ends the whole pane or session"),
        new("OOMPOLICY-LIVE", Warning, "the running unit has another OOMPolicy than its files"),
        new("GROUP-SHARED", Error, "the kernel kills server and tools together"),
        new("GROUP-LEAF", Warning, "a conversation's cgroup survives in parts"),
        // Who dies.
        new("ADJ-SKEW", Warning, "oom_score_adj makes small processes die for a large one"),
        new("ADJ-NEGATIVE", Warning, "tools inherit a protection from being killed"),
        new("ADJ-ORDER", Warning, "the server dies before its tools"),
        new("RESCUE", Warning, "the way in is not protected"),
        // Backstops.
        new("OOMD-RELIED-ON", Warning, "systemd-oomd is the only guard of uncapped work"),
        new("OOMD-BLAST", Error, "systemd-oomd kills a whole tree of agents at once"),
        new("TWO-KILLERS", Warning, "systemd-oomd and earlyoom both kill"),
        new("BACKSTOP-MISSING", Warning, "nothing acts when the whole box runs out of memory"),
        new("EARLYOOM-SWAP", Warning, "earlyoom waits until swap is full"),
        new("EARLYOOM-OLD", Info, "earlyoom cannot choose the largest process"),
        new("EARLYOOM-COMM", Error, "earlyoom's preferences kill agents, or match nothing"),
        new("EARLYOOM-ARGV", Warning, "earlyoom runs with other arguments than its file says"),
        new("FILE-THRASH", Info, "without swap, programs are read from disk again and again before anything is killed"),
        // The kernel's settings.
        new("PSI-OFF", Warning, "the kernel does not measure memory pressure"),
        new("SYSCTL-PANIC", Error, "the kernel panics when memory runs out"),
        new("SYSCTL-ALLOCATING", Warning, "the kernel kills whoever asks next, not the largest"),
        new("JOURNAL-VOLATILE", Warning, "the log of a crash is gone after the reboot"),
        // Whose is what.
        new("ENV-FILE-OWNER", Critical, "the service manager reads a file as root where a person may replace it"),
        new("HOME-OPEN", Warning, "others may read a person's home or state"),
        new("PORT-OPEN", Error, "others can connect to a person's agent server"),
        new("PRIVATE-TMP", Warning, "people's servers share /tmp"),
    ];

    /// <summary>The rule of a code.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static Rule Of(string code) =>
        All.FirstOrDefault(rule => string.Equals(rule.Code, code, StringComparison.Ordinal))
        ?? throw new KeyNotFoundException($"no rule {code}");
}
