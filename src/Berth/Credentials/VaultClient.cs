using System.Net.Http;
using Berth.Rosters;

namespace Berth.Credentials;

/// <summary>Asks Vault or OpenBao about one person, with that person's scoped token, and never with another's.</summary>
/// <param name="store">The roster's store, of kind vault.</param>
/// <param name="host">This host's name, as it is in the display names of its tokens.</param>
/// <param name="http">The way there.</param>
public sealed class VaultClient(StoreSettings store, string host, VaultHttp http)
{
    private const string LookupSelf = "v1/auth/token/lookup-self";

    /// <summary>Whose the token is first, then what the entry holds. That there is none is asked twice.</summary>
    /// <returns>The answer, and what the token said of its own life where it said something.</returns>
    public async Task<(StoreAnswer Answer, VaultLease? Lease)> ReadAsync(
        string user,
        string token,
        CancellationToken end
    )
    {
        var (first, lease) = await ReadOnceAsync(user, token, end);
        if (first.Verdict is not Verdict.Absent)
            return (first, lease);
        var (second, _) = await ReadOnceAsync(user, token, end);
        return (
            second.Verdict is Verdict.Absent && second.Reason == first.Reason ? second with { Proofs = 2 } : second,
            lease
        );
    }

    /// <summary>The version of the entry, not its secret: one request.</summary>
    /// <returns>The stamp, and neither when only a whole reading can tell more (a denial, a missing mount).</returns>
    public async Task<(string? Stamp, StoreAnswer? Fault)> StampAsync(string user, string token, CancellationToken end)
    {
        var (mount, path) = Place(store, user);
        // Not tried again: the next poll is the next try.
        var reply = await http.SendAsync(HttpMethod.Get, $"v1/{mount}/metadata/{path}", token, null, end, attempts: 1);
        if (reply.Fault is { } fault)
            return (null, fault);
        var stamp = VaultStamp.Of(reply.Status, reply.Body.Span, reply.Date ?? DateTimeOffset.UtcNow);
        return stamp is null && reply.Status is not (200 or 403 or 404)
            ? (null, VaultAnswer.Entry(reply.Status, reply.Text, reply.RetryAfter))
            : (stamp, null);
    }

    /// <summary>Sets the token in the person's entry; whatever else others keep there stays.</summary>
    /// <returns>Null when it was written, else why not.</returns>
    public async Task<StoreAnswer?> WriteAsync(
        string user,
        string token,
        string value,
        DateTimeOffset minted,
        CancellationToken end
    )
    {
        var (mount, path) = Place(store, user);
        for (var attempt = 1; ; attempt++)
        {
            if (await RefusedAsync(user, token, end) is (not null and var refused, _))
                return refused;
            var before = await http.SendAsync(HttpMethod.Get, $"v1/{mount}/data/{path}", token, null, end);
            if (before.Fault is { } fault)
                return fault;
            var answer = VaultAnswer.Entry(before.Status, before.Text, before.RetryAfter);
            // What is there is no token (and is about to be one): everything else that was not learnt stops here.
            if (answer.Verdict is Verdict.Unknown && answer.Reason is not Reason.Malformed)
                return answer;
            if (attempt > 1 && answer.Token == value)
                return null;
            var (fields, version) = VaultWrite.Base(before.Status, before.Text);
            var body = VaultWrite.Body(fields, version, value, minted).ToJsonString();
            var reply = await http.SendAsync(HttpMethod.Post, $"v1/{mount}/data/{path}", token, body, end);
            switch (VaultWrite.Outcome(reply.Status, reply.Text))
            {
                case WriteOutcome.Written:
                    return null;
                // Somebody else wrote, or the answer was lost and it may be written: the entry itself tells.
                case WriteOutcome.Conflict or WriteOutcome.Lost when attempt < VaultWrite.Tries:
                    continue;
                case WriteOutcome.Conflict:
                    return StoreAnswer.Unknown(Reason.Conflict, $"{VaultWrite.Tries} times in a row");
                case WriteOutcome.Lost:
                    return reply.Fault!;
                default:
                    var why = VaultAnswer.Entry(reply.Status, reply.Text, reply.RetryAfter);
                    return why.Verdict is Verdict.Unknown ? why : StoreAnswer.Unknown(Reason.NoRoute);
            }
        }
    }

    /// <summary>Prolongs the token's life.</summary>
    /// <returns>Its new life, or why it was not prolonged.</returns>
    public async Task<(VaultLease? Lease, StoreAnswer? Fault)> RenewAsync(string token, CancellationToken end)
    {
        var reply = await http.SendAsync(HttpMethod.Post, "v1/auth/token/renew-self", token, "{}", end);
        if (reply.Status == 200 && VaultLease.Of(reply.Text) is { } lease)
            return (lease, null);
        return (null, reply.Fault ?? VaultAnswer.Entry(reply.Status, reply.Text, reply.RetryAfter));
    }

    /// <summary>Ends the token's life.</summary>
    /// <returns>Whether the store said so.</returns>
    public async Task<bool> RevokeAsync(string token, CancellationToken end) =>
        (await http.SendAsync(HttpMethod.Post, "v1/auth/token/revoke-self", token, "{}", end)).Status is 200 or 204;

    /// <summary>The mount and the person's path below it.</summary>
    public static (string Mount, string Path) Place(StoreSettings store, string user)
    {
        var whole = store.Path!.Trim('/').Replace("{user}", user, StringComparison.Ordinal);
        var slash = whole.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (whole, "") : (whole[..slash], whole[(slash + 1)..]);
    }

    private async Task<(StoreAnswer Answer, VaultLease? Lease)> ReadOnceAsync(
        string user,
        string token,
        CancellationToken end
    )
    {
        var (refused, lease) = await RefusedAsync(user, token, end);
        if (refused is not null)
            return (refused, null);
        var (mount, path) = Place(store, user);
        var entry = await http.SendAsync(HttpMethod.Get, $"v1/{mount}/data/{path}", token, null, end);
        var answer = entry.Fault ?? VaultAnswer.Entry(entry.Status, entry.Text, entry.RetryAfter);
        if (answer.Reason is Reason.PolicyDenied)
            answer = answer with { Detail = $"policy {VaultAnswer.Policy(user)}" };
        return (answer, lease);
    }

    /// <summary>A denial counts as a dead token only when it is repeated.</summary>
    private async Task<(StoreAnswer? Refused, VaultLease? Lease)> RefusedAsync(
        string user,
        string token,
        CancellationToken end
    )
    {
        var self = await http.SendAsync(HttpMethod.Get, LookupSelf, token, null, end);
        if (self.Status == 403)
            self = await http.SendAsync(HttpMethod.Get, LookupSelf, token, null, end);
        return self.Fault is { } fault
            ? (fault, null)
            : (VaultAnswer.Refused(self.Status, self.Text, host, user, self.RetryAfter), VaultLease.Of(self.Text));
    }
}
