namespace Berth.Watching;

/// <summary>What is wrong with a server that systemd calls active.</summary>
public enum Wound
{
    None,

    /// <summary>Its process lives, and nobody listens on its port.</summary>
    ListenerGone,

    /// <summary>Its process is halted by a signal.</summary>
    Halted,

    /// <summary>It takes no connections, or takes them and never answers.</summary>
    Silent,

    /// <summary>It answers, and not what its ready check asks for.</summary>
    WrongAnswer,

    /// <summary>It was started long ago and has never been ready.</summary>
    NeverReady,

    /// <summary>It ended, and systemd restarts it no more.</summary>
    GivenUp,
}

/// <summary>What is to be done now.</summary>
public enum Order
{
    None,

    /// <summary>Restart a wedged server.</summary>
    Restart,

    /// <summary>Start one that is down and should not be.</summary>
    Start,

    /// <summary>Stop one that ends again and again.</summary>
    Stop,
}

/// <summary>What is to be told now.</summary>
public enum Tiding
{
    None,

    /// <summary>It ended by itself, and systemd started it again.</summary>
    Ended,

    /// <summary>It was restarted too often: hands off.</summary>
    Exhausted,

    /// <summary>Somebody else listens on its port.</summary>
    Squatted,

    /// <summary>Nobody else listens there any more.</summary>
    PortFree,

    /// <summary>What hands were off for is over: it answers, or runs again.</summary>
    Recovered,

    /// <summary>A person took it in hand.</summary>
    TakenOver,
}

/// <summary>What follows from one look.</summary>
/// <param name="State">What is remembered.</param>
/// <param name="Order">What is to be done.</param>
/// <param name="Wound">Why.</param>
/// <param name="Since">Since when that is so, in milliseconds since boot.</param>
/// <param name="Tiding">What is to be told.</param>
/// <param name="Pace">Milliseconds from one question to the next; 0 to ask nothing.</param>
/// <param name="Suspect">Something is not as it should be: systemd is asked anew, and for excuses is looked.</param>
public sealed record Decision(
    WatchState State,
    Order Order = Order.None,
    Wound Wound = Wound.None,
    long Since = 0,
    Tiding Tiding = Tiding.None,
    int Pace = 0,
    bool Suspect = false
)
{
    /// <summary>Between two questions to a healthy server.</summary>
    public const int Calm = 10_000;

    /// <summary>Between two questions to one that starts, or raised a doubt.</summary>
    public const int Quick = 2_000;
}
