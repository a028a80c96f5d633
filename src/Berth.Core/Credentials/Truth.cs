namespace Berth.Credentials;

/// <summary>The one persisted record of a person's credentials. It holds no secret.</summary>
/// <param name="Verdict">What the store last said for certain or, with Unknown, that it does not answer.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">More on the reason, for a person.</param>
/// <param name="Version">The last version of the store's entry that was believed; 0 for none.</param>
/// <param name="Fingerprint">Of the delivered token; null when none is delivered.</param>
/// <param name="Generation">Counts deliveries; a process carries the one it started with.</param>
/// <param name="AbsentProofs">How often in a row the store proved that there is none.</param>
/// <param name="MintedAt">When the delivered token was minted, as far as is known.</param>
/// <param name="WarnedDays">The last expiry warning that was given, in days before; null for none.</param>
/// <param name="Probe">What the last real inference with the token, or with the login, gave.</param>
/// <param name="ProbedAt">When.</param>
/// <param name="LastGood">The last inference that worked.</param>
/// <param name="Stamp">Of the store's entry when it was last read: an entry that has not changed is not opened.</param>
public sealed record Truth(
    Verdict Verdict = Verdict.Unknown,
    Reason Reason = Reason.None,
    string? Detail = null,
    long Version = 0,
    string? Fingerprint = null,
    int Generation = 0,
    int AbsentProofs = 0,
    DateTimeOffset? MintedAt = null,
    int? WarnedDays = null,
    ProbeResult Probe = ProbeResult.None,
    DateTimeOffset? ProbedAt = null,
    DateTimeOffset? LastGood = null,
    string? Stamp = null
)
{
    /// <summary>How long such a token lives: about a year from its mint.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(365);

    public bool Delivered => Fingerprint is not null;

    /// <summary>When the delivered token is expected to expire; nothing reports it.</summary>
    public DateTimeOffset? ExpiresAt => Delivered && MintedAt < DateTimeOffset.MaxValue - Life ? MintedAt + Life : null;
}

/// <summary>What a real, minimal inference gave.</summary>
public enum ProbeResult
{
    /// <summary>Not tried yet.</summary>
    None,
    Valid,
    Invalid,

    /// <summary>Nothing was learnt: no CLI, no network, an overloaded provider.</summary>
    Unknown,
}

/// <summary>What happened to a credential; goes to the journal with the user's name.</summary>
public enum CredentialEvent
{
    AuthInvalid,
    AuthRestored,
    TokenDelivered,
    TokenWithdrawn,
    TokenExpiring,
    ForeignTokenRefused,
    RaceWiped,
}

/// <param name="Event">What.</param>
/// <param name="Says">In one line: what and what to do. Never a secret.</param>
public sealed record Happening(CredentialEvent Event, string Says);

/// <summary>What the shell does next for this person.</summary>
public enum Act
{
    Nothing,

    /// <summary>Write the answer's token to where its owner's processes find it.</summary>
    Deliver,

    /// <summary>Remove every delivered copy.</summary>
    Withdraw,

    /// <summary>Deliver again what had been delivered, from its sealed copy on this host: the store does not
    /// answer.</summary>
    Restore,

    /// <summary>Ask the store once more at once: one proof is not enough to take a token away.</summary>
    AskAgain,
}

/// <summary>The outcome of a decision.</summary>
public sealed record Decision(Truth Truth, Act Act, IReadOnlyList<Happening> Happenings)
{
    public static Decision Of(Truth truth, Act act = Act.Nothing, params IReadOnlyList<Happening> happenings) =>
        new(truth, act, happenings);
}
