namespace Berth.Credentials;

/// <summary>What a person's login watch found, as it leaves it for 'berth token status'. It is written by that
/// person's own process: whoever reads it believes it about that person alone.</summary>
/// <param name="Logins">State of each agent's login file, by agent.</param>
/// <param name="Probe">What the last real inference gave; of the token when there is one, else of the login.</param>
/// <param name="Of">Fingerprint of the token that was probed; null when it was the login.</param>
/// <param name="ProbedAt">When.</param>
/// <param name="LastGood">The last inference that worked.</param>
/// <param name="ShadowedBy">Names of settings that an agent prefers to the token.</param>
public sealed record LoginReport(
    IReadOnlyDictionary<string, LoginState> Logins,
    ProbeResult Probe = ProbeResult.None,
    string? Of = null,
    DateTimeOffset? ProbedAt = null,
    DateTimeOffset? LastGood = null,
    IReadOnlyList<string>? ShadowedBy = null
);

/// <summary>How often a login may be brought back. A copy whose refresh token is dead would be wiped and restored for
/// ever: after thirty times in ten minutes a person has to sign in. Eight
/// agents may wipe one login seven times in a row.</summary>
public sealed class RestoreBudget
{
    public const int Most = 30;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Queue<DateTimeOffset> _done = new();

    /// <returns>False when the budget is used up.</returns>
    public bool Take(DateTimeOffset now)
    {
        while (_done.TryPeek(out var first) && now - first > Window)
            _done.Dequeue();
        if (_done.Count >= Most)
            return false;
        _done.Enqueue(now);
        return true;
    }
}

/// <summary>When a credential is tried with a real inference: twice a day, a new one at once.</summary>
public static class ProbeSchedule
{
    public static readonly TimeSpan Every = TimeSpan.FromHours(12);

    /// <summary>After a probe that learnt nothing.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromHours(1);

    /// <param name="report">The last one.</param>
    /// <param name="token">Fingerprint of the delivered token; null for none.</param>
    /// <param name="login">State of the agent's login.</param>
    /// <param name="now">The moment.</param>
    public static bool Due(LoginReport report, string? token, LoginState login, DateTimeOffset now)
    {
        if (token is null && login is not LoginState.Good)
            return false;
        if (report.ProbedAt is not { } last || report.Of != token)
            return true;
        return now - last >= (report.Probe is ProbeResult.Unknown ? Again : Every);
    }

    /// <summary>What the CLI's end means. Only words that say so are a refusal: a crash, an overload or no network
    /// are no news.</summary>
    public static ProbeResult Read(int exitCode, string output) =>
        exitCode == 0 ? ProbeResult.Valid
        : output.Contains("API Error: 401", StringComparison.Ordinal)
        || output.Contains("Not logged in", StringComparison.Ordinal)
        || output.Contains("Failed to authenticate", StringComparison.Ordinal)
            ? ProbeResult.Invalid
        : ProbeResult.Unknown;
}
