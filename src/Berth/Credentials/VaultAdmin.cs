using System.Text.Json.Nodes;
using Berth.Rosters;

namespace Berth.Credentials;

/// <summary>What only an admin may: write a person's policy and mint the token that is scoped to it.</summary>
public sealed class VaultAdmin(StoreSettings store, string host, VaultHttp http, string token)
{
    /// <summary>A token that is not renewed for this long dies; berth-sync renews it at half of it.</summary>
    public const string Period = "768h";

    public string PolicyText(string user)
    {
        var (mount, path) = VaultClient.Place(store, user);
        return VaultAnswer.PolicyText(mount, path);
    }

    /// <summary>Writes the person's policy unless it is there already.</summary>
    /// <returns>Null when it is there now, else why not.</returns>
    public async Task<StoreAnswer?> PolicyAsync(string user, CancellationToken end)
    {
        var path = $"v1/sys/policies/acl/{VaultAnswer.Policy(user)}";
        var text = PolicyText(user);
        var known = await http.SendAsync(HttpMethod.Get, path, token, null, end);
        if (known.Fault is { } fault)
            return fault;
        if (known.Status == 200 && VaultAnswer.TextAt(known.Text, "data", "policy") == text)
            return null;
        var body = new JsonObject { ["policy"] = text }.ToJsonString();
        var reply = await http.SendAsync(HttpMethod.Put, path, token, body, end);
        return reply.Status is 200 or 204 ? null : Refused(reply);
    }

    /// <summary>Mints the person's store token: an orphan, so that it outlives the admin's, periodic, so that it lives as
    /// long as it is renewed.</summary>
    public async Task<(string? Token, StoreAnswer? Fault)> MintAsync(string user, CancellationToken end)
    {
        var body = new JsonObject
        {
            ["policies"] = new JsonArray(VaultAnswer.Policy(user)),
            ["period"] = Period,
            ["display_name"] = VaultAnswer.DisplayName(host, user)["token-".Length..],
        }.ToJsonString();
        var reply = await http.SendAsync(HttpMethod.Post, "v1/auth/token/create-orphan", token, body, end, attempts: 1);
        return reply.Status == 200 && VaultAnswer.TextAt(reply.Text, "auth", "client_token") is { } minted
            ? (minted, null)
            : (null, Refused(reply));
    }

    private static StoreAnswer Refused(VaultReply reply)
    {
        var answer = reply.Fault ?? VaultAnswer.Entry(reply.Status, reply.Text, reply.RetryAfter);
        return answer.Verdict is Verdict.Unknown ? answer : StoreAnswer.Unknown(Reason.NotVault);
    }
}
