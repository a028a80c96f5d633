namespace Berth.Incidents;

public enum IncidentKind
{
    /// <summary>The kernel killed a process for want of memory.</summary>
    OomKill,

    /// <summary>A surface is at its cap, nothing is killed, and nothing in it gets on: a livelock.</summary>
    Stall,

    /// <summary>A server is there and does not serve.</summary>
    Wedge,

    /// <summary>A server was started again.</summary>
    Restart,

    /// <summary>A server ends again and again.</summary>
    CrashLoop,

    /// <summary>Restarting was given up: a person is needed.</summary>
    Exhausted,

    /// <summary>An agent has lost its login.</summary>
    Logout,

    /// <summary>Something happened to a token.</summary>
    Token,

    /// <summary>A server's pairing is not what Berth knows.</summary>
    PairingDrift,

    Update,

    /// <summary>A surface is near its cap and stays there.</summary>
    CapNear,

    /// <summary>The whole machine waits for memory.</summary>
    HostPressure,

    /// <summary>A surface has as many tasks as it may, and wants more.</summary>
    ForkStorm,

    /// <summary>Agents live on without the server that started them.</summary>
    OrphanedAgents,

    DiskNearlyFull,

    /// <summary>Records of the kernel's log were lost before they were read.</summary>
    LogGap,
}

/// <summary>What is told of something that happens. Reports of the same thing become one incident.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="User">Whom it is about; null for the machine.</param>
/// <param name="Subject">What it is about, within the user: reports that agree on kind, user and subject are one
/// incident.</param>
/// <param name="Sentence">What happened, in plain words, without a full stop.</param>
/// <param name="Outcome">How it ended, or that it goes on.</param>
/// <param name="NextStep">The one thing to do; empty when there is none.</param>
/// <param name="Evidence">What it is known from.</param>
public sealed record Report(
    IncidentKind Kind,
    string? User,
    string Subject,
    string Sentence,
    string Outcome,
    string NextStep,
    IReadOnlyList<string> Evidence
)
{
    /// <summary>How many times it happened.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The one death that it tells of; null for anything else.</summary>
    public DeathFacts? Death { get; init; }

    /// <summary>It goes on until it is told to have ended.</summary>
    public bool Lasting { get; init; }
}

/// <summary>One death of an incident, for programs: an incident may tell of many.</summary>
/// <param name="At">When the kernel said so.</param>
/// <param name="Pid">Its pid; 0 where only the cgroup has counted it.</param>
/// <param name="Uid">Its real user; -1 where that is not known.</param>
/// <param name="KernelName">What it called itself.</param>
/// <param name="User">Whose it was.</param>
/// <param name="Surface">The surface's cgroup.</param>
/// <param name="Argv">What it ran, without secrets; null when nobody saw it.</param>
/// <param name="Parent">What had started it.</param>
/// <param name="Agent">The agent above it: <c>claude</c>, <c>codex</c>, <c>opencode</c>.</param>
/// <param name="Session">That agent's conversation.</param>
/// <param name="Bytes">Resident memory at death.</param>
/// <param name="Cap">The cap that was reached; null for none, or where it is not known.</param>
/// <param name="Count">How many it stands for.</param>
public sealed record DeathFacts(
    DateTimeOffset At,
    int Pid,
    int Uid,
    string KernelName,
    string? User,
    string? Surface,
    string? Argv,
    string Parent,
    string? Agent,
    string? Session,
    long Bytes,
    long? Cap,
    int Count
);

/// <summary>One thing that happened, from its start to its end.</summary>
/// <param name="Id">Number of the record; 0 while it has none.</param>
/// <param name="Kind">What it is.</param>
/// <param name="User">Whom it is about; null for the machine.</param>
/// <param name="Subject">What it is about, within the user.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it was over; null while it goes on.</param>
/// <param name="Last">When it was told of last.</param>
/// <param name="Count">How many times it happened.</param>
/// <param name="Sentence">What happened, in plain words.</param>
/// <param name="Outcome">How it ended, or that it goes on.</param>
/// <param name="NextStep">The one thing to do; empty when there is none.</param>
/// <param name="Evidence">What it is known from; the first and the last of many.</param>
public sealed record Incident(
    long Id,
    IncidentKind Kind,
    string? User,
    string Subject,
    DateTimeOffset Start,
    DateTimeOffset? End,
    DateTimeOffset Last,
    int Count,
    string Sentence,
    string Outcome,
    string NextStep,
    IReadOnlyList<string> Evidence
)
{
    /// <summary>The kind as command lines and JSON write it: <c>oom-kill</c>.</summary>
    public static string Name(IncidentKind kind) =>
        string.Concat(
            kind.ToString()
                .Select(
                    (letter, at) =>
                        char.IsAsciiLetterUpper(letter) && at > 0
                            ? $"-{char.ToLowerInvariant(letter)}"
                            : $"{char.ToLowerInvariant(letter)}"
                )
        );

    /// <summary>The kind of a name; null for none.</summary>
    public static IncidentKind? Kinds(string name)
    {
        foreach (var kind in Enum.GetValues<IncidentKind>())
        {
            if (Name(kind) == name)
                return kind;
        }
        return null;
    }
}
