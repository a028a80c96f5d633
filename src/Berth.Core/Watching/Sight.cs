namespace Berth.Watching;

/// <summary>Who listens on a server's port, as the kernel says.</summary>
public enum Door
{
    /// <summary>The kernel was not asked, or did not say.</summary>
    Unknown,

    /// <summary>Nobody.</summary>
    Closed,

    /// <summary>A process of the server's person.</summary>
    Open,

    /// <summary>A process of somebody else: never taken for the server, whatever it answers.</summary>
    Squatted,
}

/// <summary>Why a server that does not answer is given more time: it is not wedged, it is busy.</summary>
[Flags]
public enum Strain
{
    None = 0,

    /// <summary>It is at its own cap and waits for memory: the kernel is about to end what takes it.</summary>
    Memory = 1,

    /// <summary>It would run and gets no processor.</summary>
    Processor = 2,

    /// <summary>The whole machine waits for memory.</summary>
    Host = 4,

    /// <summary>What it sends arrives at others: its answers are late, and come.</summary>
    Sends = 8,
}

/// <summary>What was learned from asking a server its ready check. Times are milliseconds since boot.</summary>
/// <param name="Answered">When it last answered well; null for never.</param>
/// <param name="Doubted">Since when it has been asked without a good answer; null while it answers.</param>
/// <param name="Fruitless">Questions since then that got a wrong answer, or none within <see cref="Late"/>.</param>
/// <param name="Said">What it did instead, in a few words; empty while it answers.</param>
/// <param name="Speaks">It answered, though not well.</param>
public sealed record Asking(long? Answered, long? Doubted, int Fruitless, string Said, bool Speaks = false)
{
    /// <summary>An answer that takes longer raises a doubt. It is waited for all the same: late answers count.</summary>
    public const int Late = 2_000;

    public static Asking Nothing { get; } = new(null, null, 0, "");

    /// <summary>A good answer came; of questions that were asked before it nothing bad is believed any more.</summary>
    public static Asking Good(long at) => new(at, null, 0, "");

    /// <summary>A question came to nothing, or has been waiting for too long.</summary>
    /// <param name="asked">When it was asked.</param>
    /// <param name="said">What happened.</param>
    /// <param name="speaks">It answered.</param>
    public Asking Bad(long asked, string said, bool speaks = false) =>
        Answered >= asked
            ? this
            : this with
            {
                Doubted = Doubted is { } before && before < asked ? before : asked,
                Fruitless = Math.Min(Fruitless + 1, 1_000),
                Said = said,
                Speaks = speaks,
            };
}

/// <summary>One look at one server. Times are milliseconds since boot, sleep of the host included.</summary>
/// <param name="At">When.</param>
/// <param name="Unit">What systemd said of it last; null when it was not asked yet.</param>
/// <param name="UnitAt">When systemd said so.</param>
/// <param name="UpFor">For how long it had been active then, in milliseconds.</param>
/// <param name="Door">Who listens on its port.</param>
/// <param name="Queue">Connections that wait to be accepted.</param>
/// <param name="Main">State of its main process as proc_pid_stat(5) names it; null when there is no such process.</param>
/// <param name="Asking">What was learned from asking it.</param>
/// <param name="Strain">Why it may be late.</param>
public sealed record Sight(
    long At,
    UnitFact? Unit,
    long UnitAt,
    long UpFor,
    Door Door,
    int Queue,
    char? Main,
    Asking Asking,
    Strain Strain
);
