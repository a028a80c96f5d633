using System.Text.Json.Serialization;

namespace Berth.Watching;

/// <summary>What the watchdog does about one server.</summary>
public enum Stance
{
    /// <summary>It restarts it when it is wedged.</summary>
    Watching,

    /// <summary>It was restarted too often: hands off.</summary>
    Exhausted,

    /// <summary>It ended again and again and was stopped.</summary>
    Looping,

    /// <summary>It was stopped for that, and is tried again.</summary>
    Trying,
}

/// <summary>What is remembered of one server from look to look, and kept over a restart of the watchdog. Times are
/// milliseconds since boot.</summary>
public sealed record WatchState
{
    public static WatchState New { get; } = new();

    public Stance Stance { get; init; }

    /// <summary>Since when it is in that stance.</summary>
    public long StanceSince { get; init; }

    /// <summary>When it was looked at last; 0 for never.</summary>
    public long Looked { get; init; }

    /// <summary>What was seen before this counts for nothing: a gap, a pause, a new run.</summary>
    public long Fresh { get; init; }

    /// <summary>What systemd said before this is no longer true.</summary>
    public long Facts { get; init; }

    /// <summary>Which run of it this is: when systemd called it active, and its process.</summary>
    public long Entered { get; init; }

    /// <inheritdoc cref="Entered"/>
    public int Pid { get; init; }

    /// <summary>Since when this run lasts.</summary>
    public long Life { get; init; }

    /// <summary>This run has answered its ready check at least once.</summary>
    public bool Ready { get; init; }

    /// <summary>systemd's own count of restarts; -1 where it is not known yet.</summary>
    public int Restarts { get; init; } = -1;

    /// <summary>Since when nobody listens; null while somebody does.</summary>
    public long? Closed { get; init; }

    /// <summary>Since when connections wait in its queue; null while none does.</summary>
    public long? Queued { get; init; }

    /// <summary>When it was last seen to be busy: what was late by then gets a moment to come.</summary>
    public long Strained { get; init; }

    /// <summary>Since when it answers without a doubt; null while it does not.</summary>
    public long? Well { get; init; }

    /// <summary>Somebody else listens on its port.</summary>
    public bool Squatted { get; init; }

    /// <summary>When the watchdog restarted it, oldest first; as far back as the window reaches.</summary>
    public IReadOnlyList<long> Done { get; init; } = [];

    /// <summary>When it ended by itself, oldest first; as far back as the window reaches.</summary>
    public IReadOnlyList<long> Ends { get; init; } = [];

    /// <summary>How often it was tried again in vain since it was stopped for ending again and again.</summary>
    public int Tries { get; init; }

    /// <summary>It ends because its port is taken: it is tried again as soon as that is free.</summary>
    public bool WantsPort { get; init; }

    /// <summary>The watchdog starts nothing anew until a person, or the server itself, has changed something.</summary>
    [JsonIgnore]
    public bool HandsOff => Stance is Stance.Exhausted or Stance.Looping;

    /// <summary>A new run, that of a restart the watchdog has just done; systemd counts from nothing.</summary>
    public WatchState Anew(long at) =>
        this with
        {
            Fresh = at,
            Facts = at,
            Looked = at,
            Life = at,
            Entered = 0,
            Pid = 0,
            Ready = false,
            Restarts = 0,
            Closed = null,
            Queued = null,
            Well = null,
        };
}

/// <summary>How often is too often.</summary>
/// <param name="Most">Restarts of one server within the window, at most: 1 to 20, by default 3.</param>
/// <param name="Window">The window in milliseconds: 1 minute to 24 hours, by default 10 minutes.</param>
public sealed record WatchSettings(int Most = 3, long Window = 600_000)
{
    /// <summary>Ends of a server by itself within the window that make a crash loop.</summary>
    public const int MostEnds = 5;

    /// <summary>Rounds come every second; after a longer gap (the host slept, its machine was paused, everything stood
    /// still) what was seen before counts for nothing.</summary>
    public const long Gap = 5_000;

    /// <summary>Nobody listens for so long: a listener that is only replaced is back by then.</summary>
    public const long ClosedFor = 2_000;

    /// <summary>No good answer for so long, to at least <see cref="LeastQuestions"/> questions. Questions come every 10 s
    /// and a late one is noticed after 2 s, so a hang is acted on within 25 s.</summary>
    public const long SilentFor = 13_000;

    public const int LeastQuestions = 3;

    /// <summary>A busy server has so long.</summary>
    public const long BusyFor = 60_000;

    /// <summary>One whose answers to others still arrive has so long.</summary>
    public const long SendingFor = 120_000;

    /// <summary>A starting one has so long to answer for the first time: it may migrate its database.</summary>
    public const long StartFor = 600_000;

    /// <summary>A server that was tried again runs when it has answered for so long.</summary>
    public const long SettledFor = 30_000;

    /// <summary>A server that hands are off has healed by itself when it has answered for so long.</summary>
    public const long HealedFor = 120_000;

    /// <summary>Hands that were taken off try once more after so long, or after the window where that is longer.</summary>
    public const long OnceMore = 3_600_000;

    /// <summary>How long a server that ended again and again is left alone: a minute, then twice as long each time, at
    /// most an hour.</summary>
    public static long Pause(int tries) => Math.Min(60_000L << Math.Clamp(tries, 0, 10), OnceMore);
}
