using System.Globalization;
using System.Text.Json.Nodes;

namespace Berth.Credentials;

/// <summary>What a write to the store gave.</summary>
public enum WriteOutcome
{
    Written,

    /// <summary>Somebody else wrote in between (check-and-set): read again, merge again.</summary>
    Conflict,

    /// <summary>No answer came: it may have been written.</summary>
    Lost,
    Refused,
}

/// <summary>Writing one person's entry: Berth owns two fields in it, whatever else is there stays.</summary>
public static class VaultWrite
{
    /// <summary>How often a write is tried when others keep writing in between.</summary>
    public const int Tries = 3;

    /// <summary>The body of a write that fails when the entry is no longer at <paramref name="version"/>.</summary>
    /// <param name="fields">What the entry holds; null when there is none.</param>
    /// <param name="version">Its version; 0 creates it, and only if it is not there.</param>
    /// <param name="token">The token; the empty text disables it.</param>
    /// <param name="minted">When it was minted.</param>
    public static JsonObject Body(JsonObject? fields, long version, string token, DateTimeOffset minted)
    {
        var data = fields?.DeepClone().AsObject() ?? [];
        data[VaultAnswer.Field] = token;
        data[VaultAnswer.MintedField] = minted.ToString("O", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["options"] = new JsonObject { ["cas"] = version },
            ["data"] = data,
        };
    }

    /// <summary>What the entry holds now, and at which version; deleted and destroyed versions hold nothing, but count.
    /// </summary>
    /// <param name="status">Of <c>GET MOUNT/data/PATH</c>.</param>
    /// <param name="body">Of it.</param>
    public static (JsonObject? Fields, long Version) Base(int status, string body) =>
        AgentLogin.Parse(body)?["data"] is JsonObject data && VaultAnswer.Version(data) is { } version
            ? (status == 200 ? data["data"] as JsonObject : null, version)
            : (null, 0);

    /// <param name="status">Of the POST; 0 for no answer.</param>
    /// <param name="body">Of it.</param>
    public static WriteOutcome Outcome(int status, string body) =>
        status is 200 or 204 ? WriteOutcome.Written
        : status == 0 ? WriteOutcome.Lost
        : status == 400 && body.Contains("check-and-set", StringComparison.Ordinal) ? WriteOutcome.Conflict
        : WriteOutcome.Refused;
}
