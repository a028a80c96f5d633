using Berth.Host;

namespace Berth.Credentials;

/// <summary>One pass over people's tokens: asks, decides (<see cref="TokenFlow"/>), delivers or withdraws, and keeps the
/// truth. A failure with one person leaves the others served.</summary>
/// <param name="answers">What the store says.</param>
/// <param name="deliveries">Where tokens go.</param>
/// <param name="truths">What is known.</param>
/// <param name="copies">A sealed copy of what was delivered, for a store that may be away when the host boots; null for
/// a store of the host's own.</param>
public sealed class TokenSync(IAnswers answers, Deliveries deliveries, TruthFile truths, LocalStore? copies = null)
{
    /// <param name="user">Whose.</param>
    /// <param name="uid">Their uid; null when the account is not there yet.</param>
    /// <param name="now">The moment.</param>
    /// <param name="heard">What the store just said to a verb, in place of asking.</param>
    /// <returns>The truth after it, what happened, and why something could not be done.</returns>
    public (Truth Truth, IReadOnlyList<Happening> Happenings, string? Failure) Run(
        string user,
        int? uid,
        DateTimeOffset now,
        StoreAnswer? heard = null
    )
    {
        var told = new List<Happening>();
        var truth = new Truth();
        try
        {
            truth = truths.Read(user);
            if (heard is not null and not { Verdict: Verdict.Unknown })
                // A person has just decided: also that a store which went back to an older version is right.
                truth = truth with
                {
                    Version = 0,
                };
            var standing = deliveries.Fingerprint(user, uid ?? -1);
            var stamp = answers.Stamp(user);
            if (
                heard is null
                && stamp is not null
                && stamp == truth.Stamp
                && standing == truth.Fingerprint
                && truth.Verdict is not Verdict.Unknown
            )
                return Forecast(user, truth, truth, told, now);
            var answer = heard ?? answers.Read(user);
            var decision = TokenFlow.Of(truth, answer, standing);
            if (decision.Act is Act.AskAgain)
            {
                answer = answers.Read(user);
                decision = TokenFlow.Of(decision.Truth, answer, standing);
            }
            if (decision.Act is Act.Restore)
                (answer, decision) = Restored(user, decision);
            if (decision.Act is Act.Deliver && uid is null)
                return (truth, told, $"{user} has no account yet: run 'berth apply'");
            if (decision.Act is Act.Deliver)
                Deliver(user, uid!.Value, answer, decision.Truth, truth.Fingerprint);
            else if (decision.Act is Act.Withdraw)
                Withdraw(user);
            told.AddRange(decision.Happenings);
            return Forecast(user, truth, decision.Truth with { Stamp = stamp }, told, now);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (truth, told, failure.Message);
        }
    }

    /// <summary>Takes away what was delivered to somebody whom the roster no longer serves; the store keeps theirs.
    /// </summary>
    public void Offboard(string user) => deliveries.Withdraw(user);

    private void Deliver(string user, int uid, StoreAnswer answer, Truth truth, string? before)
    {
        if (copies is not null && (before != truth.Fingerprint || copies.Stamp(user) is null))
            copies.Write(user, answer.Token!, answer.MintedAt ?? default);
        deliveries.Deliver(user, uid, answer.Token!, truth.Generation);
    }

    private void Withdraw(string user)
    {
        deliveries.Withdraw(user);
        copies?.Remove(user);
    }

    /// <summary>The copy stands in. Where it is not the token that the truth knows, a delivery of it was cut short: it
    /// is the newer one.</summary>
    private (StoreAnswer, Decision) Restored(string user, Decision decision)
    {
        if (copies?.Read(user) is not { Token: { } token } copy)
            return (StoreAnswer.Unknown(Reason.Unreadable), decision with { Act = Act.Nothing });
        var (truth, fingerprint) = (decision.Truth, TokenText.Fingerprint(token));
        if (truth.Fingerprint != fingerprint)
            truth = truth with
            {
                Fingerprint = fingerprint,
                Generation = truth.Generation + 1,
                MintedAt = copy.MintedAt,
                WarnedDays = null,
            };
        return (copy, decision with { Act = Act.Deliver, Truth = truth });
    }

    private (Truth, IReadOnlyList<Happening>, string?) Forecast(
        string user,
        Truth before,
        Truth after,
        List<Happening> told,
        DateTimeOffset now
    )
    {
        var forecast = TokenFlow.Forecast(after, now);
        told.AddRange(forecast.Happenings);
        if (forecast.Truth != before)
            truths.Write(user, forecast.Truth);
        return (forecast.Truth, told, null);
    }
}
