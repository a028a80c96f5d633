namespace Berth.Credentials;

/// <summary>The state machine of a token: (truth, what the store answered, what is delivered, now) → truth', act,
/// happenings. Pure. Unknown never removes anything; only Absent, proven twice in a row, does.</summary>
public static class TokenFlow
{
    /// <summary>Between two questions about one person, when all is well.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(4);

    /// <summary>The longest pause after failures.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private static readonly int[] s_warnDays = [30, 7, 1];

    /// <param name="truth">What is known so far.</param>
    /// <param name="answer">What the store just said.</param>
    /// <param name="delivered">Fingerprint of the token that stands delivered now, as read from the file; null for
    /// none.</param>
    public static Decision Of(Truth truth, StoreAnswer answer, string? delivered) =>
        answer.Verdict switch
        {
            Verdict.Present => Present(truth, answer, delivered),
            Verdict.Absent => Absent(truth, answer, delivered),
            _ => Unknown(truth, answer, delivered),
        };

    /// <summary>How long to leave a store alone that gave nothing: doubling from the poll up to the longest pause,
    /// between 75 and 125 % of it, and never shorter than it asked for.</summary>
    /// <param name="failures">How often in a row, at least 1.</param>
    /// <param name="asked">What the store asked for (Retry-After).</param>
    /// <param name="jitter">0 to 1: spreads the retries of many people.</param>
    public static TimeSpan Pause(int failures, TimeSpan? asked, double jitter)
    {
        var pause =
            TimeSpan.FromTicks(Math.Min(Poll.Ticks << Math.Min(failures - 1, 10), LongestPause.Ticks))
            * (0.75 + (0.5 * Math.Clamp(jitter, 0, 1)));
        return asked > pause ? asked.Value : pause;
    }

    private static Decision Present(Truth truth, StoreAnswer answer, string? delivered)
    {
        var fingerprint = TokenText.Fingerprint(answer.Token!);
        var same = truth.Fingerprint == fingerprint;
        if (WentBack(truth, answer) && !same)
            return Held(truth, answer, delivered);
        var next = truth with
        {
            AbsentProofs = 0,
            Verdict = Verdict.Present,
            Reason = Reason.Current,
            Detail = null,
            Version = answer.Version,
        };
        if (same)
            next = next with { MintedAt = truth.MintedAt ?? answer.MintedAt };
        if (same && delivered == fingerprint)
            return Decision.Of(next);
        if (same)
            // The same token, whose file was lost (a reboot: it lives in /run) or damaged: no new generation.
            return Decision.Of(next, Act.Deliver);
        next = next with
        {
            Fingerprint = fingerprint,
            Generation = truth.Generation + 1,
            MintedAt = answer.MintedAt,
            WarnedDays = null,
            Probe = ProbeResult.None,
            ProbedAt = null,
        };
        return Decision.Of(
            next,
            Act.Deliver,
            new Happening(
                CredentialEvent.TokenDelivered,
                $"token {fingerprint} delivered as generation {next.Generation} (store version {answer.Version})"
            )
        );
    }

    private static Decision Absent(Truth truth, StoreAnswer answer, string? delivered)
    {
        if (WentBack(truth, answer) && truth.Delivered)
            return Held(truth, answer, delivered);
        var next = truth with
        {
            Verdict = Verdict.Absent,
            Reason = answer.Reason,
            Detail = answer.Detail,
            AbsentProofs = Math.Min(truth.AbsentProofs + answer.Proofs, 2),
        };
        if (!truth.Delivered && delivered is null)
            return Decision.Of(next with { Version = answer.Version });
        if (next.AbsentProofs < 2)
            return Decision.Of(next, Act.AskAgain);
        next = next with
        {
            Fingerprint = null,
            // An older answer that is still under way does not bring back what was just taken away.
            Version = answer.Version,
            MintedAt = null,
            WarnedDays = null,
            Probe = ProbeResult.None,
            ProbedAt = null,
        };
        var clobbered =
            answer.Reason is Reason.FieldMissing
                ? "; other keys are still there: another tool may have overwritten it"
                : "";
        return Decision.Of(
            next,
            Act.Withdraw,
            new Happening(CredentialEvent.TokenWithdrawn, $"token withdrawn: {Says(answer.Reason)}{clobbered}")
        );
    }

    /// <summary>A version that is older than one that was believed: a store that was restored from an old copy, or a
    /// replay. 0 is no version: an entry that is gone with all of its history.</summary>
    private static bool WentBack(Truth truth, StoreAnswer answer) =>
        answer.Version > 0 && answer.Version < truth.Version;

    /// <summary>A person decides.</summary>
    private static Decision Held(Truth truth, StoreAnswer answer, string? delivered) =>
        Unknown(
            truth,
            StoreAnswer.Unknown(Reason.VersionWentBack, $"version {answer.Version}, after {truth.Version}"),
            delivered
        );

    private static Decision Unknown(Truth truth, StoreAnswer answer, string? delivered)
    {
        var next = truth with
        {
            Verdict = Verdict.Unknown,
            Reason = answer.Reason,
            Detail = answer.Detail,
            AbsentProofs = 0,
        };
        // What was delivered is lost (a reboot: it lives in /run) while the store is away: the sealed copy stands in.
        var act = truth.Delivered && delivered != truth.Fingerprint ? Act.Restore : Act.Nothing;
        return answer.Reason is Reason.ForeignToken && truth.Reason is not Reason.ForeignToken
            ? Decision.Of(
                next,
                act,
                new Happening(
                    CredentialEvent.ForeignTokenRefused,
                    $"the store token is not this person's ({answer.Detail}); nothing was read. Run 'berth store setup' for them"
                )
            )
            : Decision.Of(next, act);
    }

    /// <summary>What a probe with the real CLI means. An invalid token stays delivered: it is the store that says
    /// what a person's token is.</summary>
    public static Decision Probed(Truth truth, ProbeResult result, DateTimeOffset now)
    {
        var next = truth with
        {
            Probe = result is ProbeResult.Unknown ? truth.Probe : result,
            ProbedAt = now,
            LastGood = result is ProbeResult.Valid ? now : truth.LastGood,
        };
        return result is ProbeResult.Invalid && truth.Probe is not ProbeResult.Invalid
            ? Decision.Of(
                next,
                Act.Nothing,
                new Happening(
                    CredentialEvent.AuthInvalid,
                    truth.Delivered
                        ? "the provider refuses the token: mint a new one with 'claude setup-token', then 'berth token set'"
                        : "the provider refuses the login and the last good copy of it: this person must sign in again"
                )
            )
            : Decision.Of(next);
    }

    /// <summary>The expiry warning that is due: at 30, 7 and 1 days, each once.</summary>
    public static Decision Forecast(Truth truth, DateTimeOffset now)
    {
        if (truth.ExpiresAt is not { } end)
            return Decision.Of(truth);
        var left = (end - now).TotalDays;
        // A clock that was ahead for a while has warned of what is still far away.
        if (left > truth.WarnedDays)
            truth = truth with { WarnedDays = null };
        var due = s_warnDays.LastOrDefault(days => left <= days);
        if (due == 0 || truth.WarnedDays <= due)
            return Decision.Of(truth);
        return Decision.Of(
            truth with
            {
                WarnedDays = due,
            },
            Act.Nothing,
            new Happening(
                CredentialEvent.TokenExpiring,
                left <= 0
                    ? $"the token is expected to have expired on {end:yyyy-MM-dd}: mint a new one with 'claude setup-token', then 'berth token set'"
                    : $"the token is expected to expire on {end:yyyy-MM-dd}, in {Math.Ceiling(left):0} days: mint a new one with 'claude setup-token', then 'berth token set'"
            )
        );
    }

    /// <summary>A reason, for a person.</summary>
    public static string Says(Reason reason) =>
        reason switch
        {
            Reason.None => "not asked yet",
            Reason.Current => "current",
            Reason.NeverSet => "the store has none",
            Reason.FieldMissing => "the entry is there without the token",
            Reason.Disabled => "disabled in the store",
            Reason.Deleted => "deleted in the store",
            Reason.Destroyed => "destroyed in the store",
            Reason.Sealed => "Vault is sealed",
            Reason.Unreachable => "the store cannot be reached",
            Reason.Timeout => "the store does not answer",
            Reason.ServerError => "the store fails",
            Reason.RateLimited => "the store asks for fewer requests",
            Reason.NotVault => "what answers is not Vault",
            Reason.TooLarge => "the answer is too large",
            Reason.PolicyDenied => "the store token's policy does not allow it",
            Reason.TokenDead => "the store token is no longer valid: run 'berth store setup'",
            Reason.NoRoute => "there is no such mount in the store: see 'path:' below 'store:'",
            Reason.Tls => "the store's certificate is not trusted: see 'ca-file:' below 'store:'",
            Reason.Redirected => "the store redirects elsewhere; tokens are not sent there",
            Reason.ForeignToken => "the store token is somebody else's",
            Reason.Malformed => "what the store holds is no token",
            Reason.VersionWentBack => "the store went back to an older version; 'berth token set' settles it",
            Reason.Conflict => "another program keeps writing the same entry: run this again",
            Reason.NotConnected => "not connected to the store: run 'berth store setup'",
            Reason.NotAsked => "berth-sync has not asked the store yet: systemctl status berth-sync",
            _ => "the store's file cannot be read",
        };
}
