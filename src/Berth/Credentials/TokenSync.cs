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
            var answer = store.Read(user);
            var standing = deliveries.Fingerprint(user, uid ?? -1);
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
            var forecast = TokenFlow.Forecast(decision.Truth, now);
            told.AddRange(forecast.Happenings);
            if (forecast.Truth != truth)
                truths.Write(user, forecast.Truth);
            return (forecast.Truth, told, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (truth, told, failure.Message);
        }
    }

    /// <summary>Takes away what was delivered to somebody whom the roster no longer serves; the store keeps theirs.
    /// </summary>
    public void Offboard(string user) => deliveries.Withdraw(user);
}
