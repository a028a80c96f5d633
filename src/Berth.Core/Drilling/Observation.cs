namespace Berth.Drilling;

/// <summary>Whose answers are counted.</summary>
public enum Role
{
    /// <summary>The server of the person whose tool goes wrong.</summary>
    Victim,

    /// <summary>Another agent of that person.</summary>
    Agent,

    /// <summary>Somebody else's server.</summary>
    Other,

    /// <summary>A server outside of every cap that nothing is done to: how the machine itself does.</summary>
    Reference,
}

/// <summary>How somebody answered, before the fault and while it was there.</summary>
/// <param name="Quiet">The longest gap before, without what the machine stood still, in milliseconds.</param>
/// <param name="Loud">While it was there.</param>
public sealed record Track(Role Role, string Name, double Quiet, Gaps Loud);

/// <summary>A process that the kernel killed for want of memory meanwhile.</summary>
/// <param name="Pid">Its pid.</param>
/// <param name="Name">What it called itself.</param>
/// <param name="Ours">It was one of the drill's hogs.</param>
/// <param name="AtCap">A cgroup's cap was reached; otherwise the whole machine ran out.</param>
public sealed record Killed(int Pid, string Name, bool Ours, bool AtCap);

/// <summary>What became of the hog, or of the hogs together.</summary>
/// <param name="Cap">The cap it should die at, in bytes.</param>
/// <param name="Peak">The most that its surface held, in bytes.</param>
/// <param name="Reached">It got all it wanted, which is more than the cap.</param>
/// <param name="Limit">The kernel's own cap of the surface, in bytes; null for none.</param>
/// <param name="Swapped">The most that was swapped out of its surface, in bytes.</param>
public sealed record HogFate(long Cap, long Peak, bool Reached, long? Limit, long Swapped);

/// <summary>The server's unit as systemd runs it, before and after.</summary>
/// <param name="Before">Main process and number of restarts, before.</param>
/// <param name="After">The same, after.</param>
/// <param name="Result">How its last run ended (<c>Result</c> of systemd).</param>
/// <param name="OomPolicy"><c>OOMPolicy</c> of the running unit.</param>
/// <param name="High"><c>memory.high</c> in bytes; null for none.</param>
/// <param name="Slowed">How often tasks were slowed down at <c>memory.high</c> meanwhile.</param>
public sealed record ServerRun(
    (int Pid, int Restarts) Before,
    (int Pid, int Restarts) After,
    string Result,
    string OomPolicy,
    long? High,
    long Slowed
)
{
    public bool Same => Before == After && After.Pid > 0;
}

/// <summary>An incident that was told of the drill's person since the fault.</summary>
/// <param name="Times">How many incidents of this kind.</param>
/// <param name="Sentence">What the first one says.</param>
/// <param name="NamesIt">It tells what really ran: the hog's command line, or the evidence of a wedge.</param>
public sealed record Telling(int Times, string Sentence, bool NamesIt);

/// <summary>An answer to a check that has a figure of its own.</summary>
/// <param name="Check">Which check.</param>
/// <param name="Held">Whether it held; null where it could not be asked.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="Words">What that means, where it did not hold or could not be asked.</param>
public sealed record Answer(Check Check, bool? Held, string Figure, string Words);

/// <summary>Everything that was seen of one drill.</summary>
public sealed record Observation(
    IReadOnlyList<Track> Tracks,
    ServerRun Server,
    IReadOnlyList<Killed> Killed,
    HogFate? Hog,
    IReadOnlyList<string> AgentsGone,
    Telling Telling,
    IReadOnlyList<Answer> Answers
)
{
    /// <summary>How long was looked at it, in milliseconds.</summary>
    public required double Looked { get; init; }

    /// <summary>How much of that the machine as a whole stood still, in milliseconds.</summary>
    public required double Still { get; init; }

    /// <summary>Lines of the kernel's log that were overwritten before they were read: whom it killed is not known.</summary>
    public long Unread { get; init; }
}
