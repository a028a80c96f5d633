using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Berth.Doubles.Vault;

/// <summary>The calls below <c>auth/token/</c>.</summary>
internal sealed partial class TokenCalls(TimeProvider clock)
{
    /// <summary>What a lease is given where nothing else is said, and the most it can have: Vault's own defaults.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(768);

    [GeneratedRegex("[^a-zA-Z0-9-]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotInDisplayNames { get; }

    public Answer Answer(Call call, string rest) =>
        (rest, call.Method) switch
        {
            ("lookup-self", "GET") => Vault.Answer.Data(call.Token.Describe(clock.GetUtcNow())),
            ("lookup", "POST" or "PUT") => Lookup(call),
            ("renew-self", "POST" or "PUT") => Renew(call),
            ("create" or "create-orphan", "POST" or "PUT") => Create(call, rest == "create-orphan"),
            ("revoke-self", "POST" or "PUT") => Revoke(call.Realm, call.Token),
            ("revoke", "POST" or "PUT") => RevokeOther(call),
            (
                "lookup-self"
                    or "lookup"
                    or "renew-self"
                    or "create"
                    or "create-orphan"
                    or "revoke-self"
                    or "revoke",
                _
            ) => Vault.Answer.NoSuchMethod,
            _ => Vault.Answer.NoSuchPath,
        };

    /// <summary>The token of this text, if it is one that still lives.</summary>
    public Token? Find(Realm realm, string id)
    {
        if (!realm.Tokens.TryGetValue(id, out var token))
            return null;
        if (token.Expires is { } end && end <= clock.GetUtcNow())
        {
            Revoke(realm, token);
            return null;
        }
        return token;
    }

    /// <summary>Vault's own treatment of a name: a prefix, and a dash for every sign that it does not take.</summary>
    public static string DisplayName(string name) =>
        name.Length == 0 ? "token" : NotInDisplayNames.Replace("token-" + name, "-").TrimEnd('-');

    private Answer Lookup(Call call)
    {
        if (Text(call.Body, "token") is not { Length: > 0 } id)
            return Vault.Answer.Errors(400, "missing token ID");
        return Find(call.Realm, id) is { } token
            ? Vault.Answer.Data(token.Describe(clock.GetUtcNow()))
            : Vault.Answer.Errors(403, "bad token");
    }

    private Answer Renew(Call call)
    {
        var (token, now) = (call.Token, clock.GetUtcNow());
        if (Durations.Parse(call.Body["increment"]) is not { } increment)
            return Vault.Answer.Errors(400, "error converting input for field \"increment\"");
        if (!token.Renewable || token.Expires is null)
            return Vault.Answer.Errors(400, "lease is not renewable");
        var wanted =
            token.Period > TimeSpan.Zero ? token.Period
            : increment > TimeSpan.Zero ? increment
            : token.CreationTtl;
        var end = now + wanted;
        var limit = token.ExplicitMaxTtl > TimeSpan.Zero ? token.Issued + token.ExplicitMaxTtl : (DateTimeOffset?)null;
        // Only a periodic token outlives the system's longest lease.
        if (token.Period == TimeSpan.Zero && (limit is null || limit > token.Issued + s_longest))
            limit = token.Issued + s_longest;
        string[] warnings = [];
        if (limit is { } last && end > last)
        {
            end = last;
            warnings =
            [
                $"TTL of \"{Durations.Go(wanted)}\" exceeded the effective max_ttl of \"{Durations.Go(last - now)}\"; TTL value is capped accordingly",
            ];
        }
        (token.Expires, token.Renewed) = (end, now);
        return Vault.Answer.Auth(token.Auth(now), warnings);
    }

    private Answer Create(Call call, bool orphan)
    {
        var (body, parent, now) = (call.Body, call.Token, clock.GetUtcNow());
        var root = parent.Policies.Contains("root");
        var sudo = root || call.Realm.Rules(parent).Allows(call.Path, Capabilities.Sudo);
        if (parent.Uses > 0)
            return Vault.Answer.Errors(400, "restricted use token cannot generate child tokens");
        if (Flag(body, "no_parent") && !sudo)
            return Vault.Answer.Errors(400, "root or sudo privileges required to create orphan token");
        if (Text(body, "id") is { Length: > 0 } && !sudo)
            return Vault.Answer.Errors(400, "root or sudo privileges required to specify token id");
        if (
            Durations.Parse(body["period"]) is not { } period
            || Durations.Parse(body["ttl"]) is not { } ttl
            || Durations.Parse(body["explicit_max_ttl"]) is not { } most
            || period < TimeSpan.Zero
            || ttl < TimeSpan.Zero
            || most < TimeSpan.Zero
        )
            return Vault.Answer.Errors(400, "time: invalid duration");
        if (period > TimeSpan.Zero && !sudo)
            return Vault.Answer.Errors(400, "root or sudo privileges required to create periodic token");
        var uses = body["num_uses"] is JsonValue number && number.TryGetValue<int>(out var count) ? count : 0;
        if (uses < 0)
            return Vault.Answer.Errors(400, "number of uses cannot be negative");

        if (Names(body["policies"]) is not { } asked)
            return Vault.Answer.Errors(400, "error converting input for field \"policies\"");
        var policies = (asked.Count == 0 ? parent.Policies : asked).Select(Lower).ToHashSet(StringComparer.Ordinal);
        if (!sudo && !policies.IsSubsetOf(parent.Policies))
            return Vault.Answer.Errors(400, "child policies must be subset of parent");
        if (policies.Contains("root") && !root)
            return Vault.Answer.Errors(400, "root tokens may not be created without parent token being root");
        if (
            !policies.Contains("root")
            && !Flag(body, "no_default_policy")
            && (sudo || parent.Policies.Contains("default"))
        )
            policies.Add("default");

        // A root token that is given no end has none.
        var endless = policies.Contains("root") && ttl == TimeSpan.Zero && period == TimeSpan.Zero;
        var first =
            period > TimeSpan.Zero ? period
            : ttl > TimeSpan.Zero ? ttl
            : s_longest;
        if (period == TimeSpan.Zero && first > s_longest)
            first = s_longest;
        if (most > TimeSpan.Zero && first > most)
            first = most;
        var token = new Token
        {
            Id = Text(body, "id") is { Length: > 0 } id ? id : Token.Fresh(),
            DisplayName = DisplayName(Text(body, "display_name") ?? ""),
            Policies = policies.Contains("root") ? ["root"] : [.. policies.Order(StringComparer.Ordinal)],
            Path = call.Path,
            Parent = orphan || Flag(body, "no_parent") ? null : parent,
            Renewable = body["renewable"] is not JsonValue renewable || renewable.GetValueKind() != JsonValueKind.False,
            Period = period,
            CreationTtl = endless ? TimeSpan.Zero : first,
            ExplicitMaxTtl = most,
            Issued = now,
            Expires = endless ? null : now + first,
            Uses = uses,
            UsesLeft = uses,
            Meta = body["meta"]?.DeepClone() as JsonObject,
        };
        if (!call.Realm.Tokens.TryAdd(token.Id, token))
            return Vault.Answer.Errors(400, "cannot create a token with a duplicate ID");
        var unknown = token.Policies.Where(policy => policy != "root" && !call.Realm.Policies.ContainsKey(policy));
        return Vault.Answer.Auth(token.Auth(now), [.. unknown.Select(policy => $"Policy \"{policy}\" does not exist")]);
    }

    private static Answer RevokeOther(Call call)
    {
        if (Text(call.Body, "token") is not { Length: > 0 } id)
            return Vault.Answer.Errors(400, "missing token ID");
        return call.Realm.Tokens.TryGetValue(id, out var token) ? Revoke(call.Realm, token) : Vault.Answer.NoContent;
    }

    /// <summary>Takes a token away, and with it every one that it made and that is no orphan.</summary>
    public static Answer Revoke(Realm realm, Token token)
    {
        realm.Tokens.Remove(token.Id);
        foreach (var child in realm.Tokens.Values.Where(child => child.Parent == token).ToList())
            Revoke(realm, child);
        return Vault.Answer.NoContent;
    }

    private static string Lower(string name) => name.Trim().ToLowerInvariant();

    private static bool Flag(JsonObject body, string name) =>
        body[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    private static string? Text(JsonObject body, string name) =>
        body[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static List<string>? Names(JsonNode? node)
    {
        if (node is null)
            return [];
        if (node is JsonValue text && text.TryGetValue<string>(out var list))
            return [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries)];
        if (node is not JsonArray array)
            return null;
        var names = array.Select(item =>
            item is JsonValue value && value.TryGetValue<string>(out var name) ? name : null
        );
        return names.All(name => name is not null) ? [.. names.OfType<string>()] : null;
    }
}
