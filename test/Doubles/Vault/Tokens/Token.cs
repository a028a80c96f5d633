using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>A token of the server. Its text is shown to nobody but the one who asked for it.</summary>
internal sealed class Token
{
    private const string Signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public string Id { get; init; } = Fresh();
    public string Accessor { get; } = RandomNumberGenerator.GetString(Signs, 24);
    public required string DisplayName { get; init; }
    public required IReadOnlyList<string> Policies { get; init; }
    public string Path { get; init; } = "auth/token/create";
    public Token? Parent { get; init; }
    public bool Renewable { get; init; } = true;
    public TimeSpan Period { get; init; }
    public TimeSpan CreationTtl { get; init; }
    public TimeSpan ExplicitMaxTtl { get; init; }
    public required DateTimeOffset Issued { get; init; }

    /// <summary>Null for never.</summary>
    public DateTimeOffset? Expires { get; set; }
    public DateTimeOffset? Renewed { get; set; }

    /// <summary>0 for any number.</summary>
    public int Uses { get; init; }
    public int UsesLeft { get; set; }
    public JsonObject? Meta { get; init; }

    public static string Fresh() => "hvs." + RandomNumberGenerator.GetString(Signs, 91);

    public long Ttl(DateTimeOffset now) => Expires is { } end ? Math.Max(0, (long)(end - now).TotalSeconds) : 0;

    public JsonObject Describe(DateTimeOffset now)
    {
        var data = new JsonObject
        {
            ["accessor"] = Accessor,
            ["creation_time"] = Issued.ToUnixTimeSeconds(),
            ["creation_ttl"] = (long)CreationTtl.TotalSeconds,
            ["display_name"] = DisplayName,
            ["entity_id"] = "",
            ["expire_time"] = Expires is { } end ? Durations.Moment(end) : null,
            ["explicit_max_ttl"] = (long)ExplicitMaxTtl.TotalSeconds,
            ["id"] = Id,
            ["meta"] = Meta?.DeepClone(),
            ["num_uses"] = UsesLeft,
            ["orphan"] = Parent is null,
            ["path"] = Path,
            ["policies"] = Names(Policies),
            ["ttl"] = Ttl(now),
            ["type"] = "service",
        };
        // As Vault does, a token that never ends has no lease, hence neither of these.
        if (Expires is not null)
        {
            data["issue_time"] = Durations.Moment(Issued);
            data["renewable"] = Renewable;
        }
        if (Period > TimeSpan.Zero)
            data["period"] = (long)Period.TotalSeconds;
        if (Renewed is { } renewed)
        {
            data["last_renewal"] = Durations.Moment(renewed);
            data["last_renewal_time"] = renewed.ToUnixTimeSeconds();
        }
        return data;
    }

    /// <summary>The <c>auth</c> part of an answer that hands a token out or renews it.</summary>
    public JsonObject Auth(DateTimeOffset now) =>
        new()
        {
            ["client_token"] = Id,
            ["accessor"] = Accessor,
            ["policies"] = Names(Policies),
            ["token_policies"] = Names(Policies),
            ["metadata"] = Meta?.DeepClone(),
            ["lease_duration"] = Ttl(now),
            ["renewable"] = Renewable && Expires is not null,
            ["entity_id"] = "",
            ["token_type"] = "service",
            ["orphan"] = Parent is null,
            ["mfa_requirement"] = null,
            ["num_uses"] = UsesLeft,
        };

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}
