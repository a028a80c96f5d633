using System.Text.Json.Nodes;

namespace Berth.Credentials;

/// <summary>What a store token says of itself.</summary>
/// <param name="Left">How long it still lives; zero for ever.</param>
/// <param name="Renewable">Whether asking prolongs it.</param>
public sealed record VaultLease(TimeSpan Left, bool Renewable)
{
    /// <summary>Of <c>auth/token/lookup-self</c> (data) or <c>renew-self</c> (auth); null when it is neither.</summary>
    public static VaultLease? Of(string body)
    {
        var json = AgentLogin.Parse(body);
        var (part, seconds) =
            json?["auth"] is JsonObject auth ? (auth, auth["lease_duration"])
            : json?["data"] is JsonObject data ? (data, data["ttl"])
            : (null, null);
        if (part is null || seconds is not JsonValue value || !value.TryGetValue<long>(out var left) || left < 0)
            return null;
        return new VaultLease(
            TimeSpan.FromSeconds(Math.Min(left, int.MaxValue)),
            part["renewable"] is JsonValue flag && flag.TryGetValue<bool>(out var renewable) && renewable
        );
    }

    /// <summary>When to ask for more: at half of what is left, so that a store may be away for as long again.</summary>
    public TimeSpan? RenewAfter => Renewable && Left > TimeSpan.Zero ? Left / 2 : null;
}
