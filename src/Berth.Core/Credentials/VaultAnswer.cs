using System.Globalization;
using System.Text.Json.Nodes;

namespace Berth.Credentials;

/// <summary>What Vault or OpenBao (KV version 2) means by an answer. Pure; every row of the HTTP interface that a
/// client meets has its place here. Whatever does not look like Vault's own answer teaches nothing.</summary>
public static class VaultAnswer
{
    /// <summary>The one field that Berth owns for the token, and when it was minted.</summary>
    public const string Field = "setup_token";
    public const string MintedField = "setup_token_minted";

    /// <summary>Answers larger than this are no answers to our questions.</summary>
    public const int Largest = 256 << 10;

    /// <summary>The name that a person's store token has. Vault makes one '-' of every character that is no letter, digit
    /// or '-', so two people may share it (al_ice, al-ice): the policy tells them apart.</summary>
    public static string DisplayName(string host, string user) =>
        string.Concat($"token-{host}-claude-auth-{user}".Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'))
            .TrimEnd('-');

    public static string Policy(string user) => $"workstation-claude-{user}";

    /// <summary>The policy that a person's store token needs, in Vault's language.</summary>
    /// <param name="mount">The KV version 2 mount.</param>
    /// <param name="path">The person's path in it.</param>
    public static string PolicyText(string mount, string path) =>
        $$"""
            path "{{mount}}/data/{{path}}" {
              capabilities = ["create", "read", "update"]
            }
            path "{{mount}}/metadata/{{path}}" {
              capabilities = ["read"]
            }

            """;

    /// <summary>Whose token this is, from <c>auth/token/lookup-self</c>, asked before anything is read with it.</summary>
    /// <returns>Null when it is this person's own, on this host.</returns>
    public static StoreAnswer? Refused(int status, string body, string host, string user, TimeSpan? retryAfter = null)
    {
        var json = AgentLogin.Parse(body);
        if (status == 403)
            return json?["errors"] is JsonArray
                ? StoreAnswer.Unknown(Reason.TokenDead)
                : StoreAnswer.Unknown(Reason.NotVault, "403 without Vault's errors");
        if (status != 200)
            return Failure(status, json, retryAfter);
        if (json?["data"] is not JsonObject data)
            return StoreAnswer.Unknown(Reason.NotVault, "lookup-self gave no data");
        var name = Text(data["display_name"]) ?? "";
        var policies = Words(data["policies"]).Concat(Words(data["identity_policies"]));
        if (name != DisplayName(host, user))
            return StoreAnswer.Unknown(Reason.ForeignToken, $"display_name is not {DisplayName(host, user)}");
        return policies.Contains(Policy(user), StringComparer.Ordinal)
            ? null
            : StoreAnswer.Unknown(Reason.ForeignToken, $"without the policy {Policy(user)}");
    }

    /// <summary>The person's entry, from <c>GET MOUNT/data/PATH</c>. A 404 counts as an absence only because
    /// lookup-self had answered before.</summary>
    public static StoreAnswer Entry(int status, string body, TimeSpan? retryAfter = null)
    {
        var json = AgentLogin.Parse(body);
        if (status == 404)
            return Missing(json);
        if (status == 403)
            return json?["errors"] is JsonArray errors
                ? Words(errors).Any(error => error.Contains("invalid token", StringComparison.Ordinal))
                    ? StoreAnswer.Unknown(Reason.TokenDead)
                    : StoreAnswer.Unknown(Reason.PolicyDenied)
                : StoreAnswer.Unknown(Reason.NotVault, "403 without Vault's errors");
        if (status != 200)
            return Failure(status, json, retryAfter);
        if (
            json?["data"] is not JsonObject { } outer
            || outer["data"] is not JsonObject fields
            || Version(outer) is not { } version
        )
            return StoreAnswer.Unknown(Reason.NotVault, "200 without an entry of KV version 2");
        if (!fields.ContainsKey(Field))
            return StoreAnswer.Absent(Reason.FieldMissing, version, $"{fields.Count} other keys");
        return Text(fields[Field]) is { } token
            ? StoreAnswer.Of(token, version, Moment(fields[MintedField]))
            : StoreAnswer.Unknown(Reason.Malformed, $"{Field} is no text");
    }

    /// <summary>A text inside of an answer's part; null when it is not there.</summary>
    public static string? TextAt(string body, string part, string name) =>
        AgentLogin.Parse(body)?[part] is JsonObject found ? Text(found[name]) : null;

    private static StoreAnswer Missing(JsonObject? json)
    {
        if (json?["data"] is JsonObject { } outer && Version(outer) is { } version)
        {
            var metadata = outer["metadata"]!.AsObject();
            if (metadata["destroyed"] is JsonValue destroyed && destroyed.TryGetValue<bool>(out var gone) && gone)
                return StoreAnswer.Absent(Reason.Destroyed, version);
            return string.IsNullOrEmpty(Text(metadata["deletion_time"]))
                ? StoreAnswer.Unknown(Reason.NotVault, "404 with an entry")
                : StoreAnswer.Absent(Reason.Deleted, version);
        }
        if (json?["errors"] is not JsonArray errors)
            return StoreAnswer.Unknown(Reason.NotVault, "404 without Vault's errors");
        return errors.Count == 0 ? StoreAnswer.Absent(Reason.NeverSet) : StoreAnswer.Unknown(Reason.NoRoute);
    }

    private static StoreAnswer Failure(int status, JsonObject? json, TimeSpan? retryAfter)
    {
        var says = Words(json?["errors"]).ToList();
        return status switch
        {
            >= 300 and < 400 => StoreAnswer.Unknown(Reason.Redirected),
            429 => StoreAnswer.Unknown(Reason.RateLimited, retryAfter: retryAfter),
            503 when says.Exists(error => error.Contains("sealed", StringComparison.OrdinalIgnoreCase)) =>
                StoreAnswer.Unknown(Reason.Sealed, retryAfter: retryAfter),
            _ => StoreAnswer.Unknown(
                Reason.ServerError,
                $"status {status.ToString(CultureInfo.InvariantCulture)}",
                retryAfter
            ),
        };
    }

    internal static long? Version(JsonObject outer) =>
        outer["metadata"] is JsonObject metadata
        && metadata["version"] is JsonValue value
        && value.TryGetValue<long>(out var version)
            ? version
            : null;

    private static IEnumerable<string> Words(JsonNode? node) =>
        node is JsonArray list ? list.Select(Text).OfType<string>() : [];

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static DateTimeOffset? Moment(JsonNode? node) =>
        DateTimeOffset.TryParse(
            Text(node),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var moment
        )
            ? moment
            : null;
}
