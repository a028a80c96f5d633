using Berth.Planning;

namespace Berth.Recording;

/// <summary>An agent as a sentence names it.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Session">The conversation; null where it is not known.</param>
/// <param name="Folder">Where it works; null where that is not known.</param>
/// <param name="Lives">Whether it was still there a moment after the kill.</param>
public sealed record AgentFacts(AgentKind Kind, int Pid, string? Session, string? Folder, bool Lives);

/// <summary>What a kill left alone, a moment after it.</summary>
/// <param name="Server">The person's server lives; null where there was none, or where it was itself what died.</param>
/// <param name="Agents">Other agents of the person that live.</param>
public sealed record Survivors(bool? Server, int Agents);

/// <summary>A process that the kernel killed for want of memory, as far as it could be told who that was.</summary>
/// <param name="At">When the kernel said so.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="Uid">Its real user; -1 where the kernel does not tell.</param>
/// <param name="Name">What the kernel calls it: what it called itself, and no more than that.</param>
/// <param name="Bytes">Resident memory at death.</param>
/// <param name="User">Whose it was; null for nobody of the roster.</param>
/// <param name="Surface">Where it ran; null for none of them.</param>
/// <param name="Cgroup">Its own cgroup; null where it is not known.</param>
/// <param name="Program">What it ran; null when nobody saw it.</param>
/// <param name="Parent">What had started it; empty where it is not known.</param>
/// <param name="Agent">The agent above it, or itself; null for none.</param>
/// <param name="IsServer">It was the person's server itself.</param>
/// <param name="Growth">How it grew; null where nobody saw it.</param>
/// <param name="CapCgroup">Whose cap was reached; null when the whole machine ran out of memory.</param>
/// <param name="Cap">That cap in bytes; null where it is not known.</param>
/// <param name="Survivors">What was left alone.</param>
/// <param name="Count">How many deaths this stands for: more than one only where the kernel counted more than it
/// told.</param>
public sealed record Death(
    DateTimeOffset At,
    int Pid,
    int Uid,
    string Name,
    long Bytes,
    string? User,
    Surface? Surface,
    string? Cgroup,
    ProgramFacts? Program,
    string Parent,
    AgentFacts? Agent,
    bool IsServer,
    Growth? Growth,
    string? CapCgroup,
    long? Cap,
    Survivors Survivors,
    int Count = 1
)
{
    /// <summary>Number of the kernel's record; 0 where there was none.</summary>
    public long Sequence { get; init; }

    /// <summary>Who forked it; 0 where that is not known.</summary>
    public int ParentPid { get; init; }

    /// <summary>It is known what died.</summary>
    public bool Known => Program is not null;

    /// <summary>Whether a cap was reached, and not the end of the machine's memory.</summary>
    public bool AtCap => CapCgroup is not null;

    /// <summary>The cap as a number that means something.</summary>
    public long? Limit => Cap is HostFacts.Unlimited ? null : Cap;
}
