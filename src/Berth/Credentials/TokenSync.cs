using Berth.Host;

namespace Berth.Credentials;

/// <summary>One pass over people's tokens: asks the store, decides (<see cref="TokenFlow"/>), delivers or withdraws,
/// and keeps the truth. A failure with one person leaves the others served.</summary>
public sealed class TokenSync(LocalStore store, Deliveries deliveries, TruthFile truths)
{
    /// <param name="user">Whose.</param>
    /// <param name="uid">Their uid; null when the account is not there yet.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The truth after it, what happened, and why something could not be done.</returns>
    public (Truth Truth, IReadOnlyList<Happening> Happenings, string? Failure) Run(
        string user,
        int? uid,
        DateTimeOffset now
    )
    {
        var truth = truths.Read(user);
        var told = new List<Happening>();
        try
        {
            var standing = deliveries.Fingerprint(user, uid ?? -1);
            var stamp = store.Stamp(user);
            if (
                stamp is not null
                && stamp == truth.Stamp
                && standing == truth.Fingerprint
                && truth.Verdict is not Verdict.Unknown
            )
                return Forecast(user, truth, truth, told, now);
            var answer = store.Read(user);
            var decision = TokenFlow.Of(truth, answer, standing, now, 0.5);
            if (decision.Act is Act.AskAgain)
            {
                answer = store.Read(user);
                decision = TokenFlow.Of(decision.Truth, answer, standing, now, 0.5);
            }
            if (decision.Act is Act.Deliver && uid is null)
                return (truth, told, $"{user} has no account yet: run 'berth apply'");
            if (decision.Act is Act.Deliver)
                deliveries.Deliver(user, uid!.Value, answer.Token!, decision.Truth.Generation);
            else if (decision.Act is Act.Withdraw)
                deliveries.Withdraw(user);
            told.AddRange(decision.Happenings);
            return Forecast(user, truth, decision.Truth with { Stamp = stamp }, told, now);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (truth, told, failure.Message);
        }
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

    /// <summary>Takes away what was delivered to somebody whom the roster no longer serves; the store keeps theirs.
    /// </summary>
    public void Offboard(string user) => deliveries.Withdraw(user);
}
