namespace Berth.Credentials;

/// <summary>What one question to the store gave.</summary>
public enum Verdict
{
    /// <summary>A well-formed token is there.</summary>
    Present,

    /// <summary>The store itself said, authenticated, that there is none.</summary>
    Absent,

    /// <summary>Nothing was learnt. Never a reason to take a token away.</summary>
    Unknown,
}

/// <summary>Why. Stable names: they are persisted, and scripts read them from <c>--json</c>.</summary>
public enum Reason
{
    None,

    // Present
    Current,

    // Absent
    NeverSet,
    FieldMissing,
    Disabled,
    Deleted,
    Destroyed,

    // Unknown
    Sealed,
    Unreachable,
    Timeout,
    ServerError,
    RateLimited,
    NotVault,
    TooLarge,
    PolicyDenied,
    TokenDead,
    NoRoute,
    Tls,
    Redirected,
    ForeignToken,
    Malformed,
    VersionWentBack,
    Conflict,
    NotConnected,
    NotAsked,
    Unreadable,
}

/// <summary>What the store answered about one person.</summary>
/// <param name="Verdict">Present, Absent or Unknown.</param>
/// <param name="Reason">Why.</param>
/// <param name="Version">The store's version of the person's entry; 0 when it has none.</param>
/// <param name="Token">The token, for Present.</param>
/// <param name="MintedAt">When the token was minted, as far as the store knows.</param>
/// <param name="RetryAfter">How long the store asks to be left alone.</param>
/// <param name="Detail">For a person: the name of a policy, a status code. Never a secret.</param>
/// <param name="Proofs">How often in a row the store was asked and said the same.</param>
public sealed record StoreAnswer(
    Verdict Verdict,
    Reason Reason,
    long Version = 0,
    string? Token = null,
    DateTimeOffset? MintedAt = null,
    TimeSpan? RetryAfter = null,
    string? Detail = null,
    int Proofs = 1
)
{
    public static StoreAnswer Unknown(Reason reason, string? detail = null, TimeSpan? retryAfter = null) =>
        new(Verdict.Unknown, reason, RetryAfter: retryAfter, Detail: detail);

    public static StoreAnswer Absent(Reason reason, long version = 0, string? detail = null) =>
        new(Verdict.Absent, reason, version, Detail: detail);

    /// <summary>A token as read from the store: Present when it is well-formed, else Unknown and kept out.</summary>
    public static StoreAnswer Of(string token, long version, DateTimeOffset? mintedAt) =>
        token.Length == 0 ? Absent(Reason.Disabled, version)
        : TokenText.Wrong(token) is { } wrong ? new(Verdict.Unknown, Reason.Malformed, version, Detail: wrong)
        : new(Verdict.Present, Reason.Current, version, token, mintedAt);

    /// <summary>The reason with its detail, for a person; never a secret.</summary>
    public string Says => Detail is null ? TokenFlow.Says(Reason) : $"{TokenFlow.Says(Reason)} ({Detail})";

    /// <summary>Nothing of a secret is ever printed by accident.</summary>
    public override string ToString() => $"{Verdict} ({Reason}) v{Version}";
}
