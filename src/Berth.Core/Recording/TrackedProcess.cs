namespace Berth.Recording;

/// <summary>One process, known by its pid and its birth: never by its name. What it is told apart by stays true after it
/// has died, because the kernel's word of its death comes later.</summary>
public sealed class TrackedProcess
{
    /// <summary>An agent that starts an agent that starts an agent …: so many are remembered.</summary>
    private const int DeepestAgent = 8;

    public required int Pid { get; init; }

    /// <summary>Who forked it; stays when that one ends and the process is handed to another parent.</summary>
    public required int Parent { get; init; }

    /// <summary>When it was born, in milliseconds on the recorder's clock.</summary>
    public required long Born { get; init; }

    public required Surface Surface { get; set; }

    /// <summary>Its cgroup below the cgroup tree.</summary>
    public required string Cgroup { get; set; }

    /// <summary>Real user; -1 until it was read.</summary>
    public int Uid { get; set; } = -1;

    /// <summary>Start in clock ticks since boot; 0 until it was read.</summary>
    public long Start { get; set; }

    public ProgramFacts Program { get; set; } = ProgramFacts.Unread;

    /// <summary>It has run nothing of its own yet: what it runs is what its parent ran.</summary>
    public bool Inherits { get; set; }

    /// <summary>It, or who forked it, took a title and was gone before that could be read.</summary>
    public bool TitleMissed { get; set; }

    /// <summary>What its parent ran when it forked this one.</summary>
    public ProgramFacts ParentProgram { get; init; } = ProgramFacts.Unread;

    /// <summary>The nearest agent above it, at its birth; itself is never meant.</summary>
    public TrackedProcess? Agent { get; private init; }

    /// <summary>How many agents are above it.</summary>
    private int Depth { get; init; }

    /// <summary>Started by the service manager.</summary>
    public bool Top { get; init; }

    public SizeHistory Sizes { get; } = new();

    public long CpuTicks { get; set; }

    public int Threads { get; set; }

    /// <summary>When it ended; null while it lives.</summary>
    public long? Died { get; set; }

    /// <summary>The signal that ended it; 0 when it ended by itself, <see cref="ProcessTable.Unheard"/> where nobody heard.</summary>
    public int Signal { get; set; }

    /// <summary>Its death has been explained.</summary>
    public bool Explained { get; set; }

    /// <summary>What it runs is what an earlier run knew, and has to be read again.</summary>
    public bool Stale { get; set; }

    /// <summary>Which sample saw it last.</summary>
    public int Seen { get; set; }

    /// <summary>What the ring wrote of it last.</summary>
    public ref RingMark Ring => ref _ring;

    private RingMark _ring;

    public bool IsAgent => Program.Agent is not AgentKind.None;

    /// <summary>A process that this one has forked, which runs the same until it runs something else.</summary>
    public TrackedProcess Fork(int pid, long at) =>
        new()
        {
            Pid = pid,
            Parent = Pid,
            Born = at,
            Surface = Surface,
            Cgroup = Cgroup,
            Uid = Uid,
            // A fork of an agent is that agent's child, not an agent, until it runs one.
            Program = IsAgent ? Program with { Agent = AgentKind.None } : Program,
            Inherits = true,
            TitleMissed = TitleMissed,
            ParentProgram = Known,
            Agent = Nearest(out var depth),
            Depth = depth,
        };

    /// <summary>What it runs, or what the nearest one above it runs of which that is known.</summary>
    private ProgramFacts Known => ReferenceEquals(Program, ProgramFacts.Unread) ? ParentProgram : Program;

    /// <summary>A process whose birth was not seen, but whose parent is known.</summary>
    public TrackedProcess Found(int pid, long born, Surface surface, string cgroup) =>
        new()
        {
            Pid = pid,
            Parent = Pid,
            Born = born,
            Surface = surface,
            Cgroup = cgroup,
            ParentProgram = Known,
            Agent = Nearest(out var depth),
            Depth = depth,
        };

    private TrackedProcess? Nearest(out int depth)
    {
        depth = IsAgent ? Depth + 1 : Depth;
        if (!IsAgent)
            return Agent;
        return depth <= DeepestAgent ? this : Agent;
    }
}
