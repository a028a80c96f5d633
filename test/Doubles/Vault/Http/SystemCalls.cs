using System.Globalization;
using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>The calls below <c>sys/</c>.</summary>
internal sealed class SystemCalls(TimeProvider clock)
{
    private const string Version = "1.20.0";
    private const string Cluster = "vault-cluster-double";
    private const string ClusterId = "00000000-0000-0000-0000-00000000d0d0";

    /// <summary>How the server is, asked without a token.</summary>
    public Answer Health(FaultKind? fault, IReadOnlyDictionary<string, string> query)
    {
        bool Asked(string name) => query.TryGetValue(name, out var text) && text is "" or "true" or "1";
        int Code(string name, int usual) =>
            query.TryGetValue(name, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var code)
                ? code
                : usual;
        var status = fault switch
        {
            FaultKind.Sealed => Code("sealedcode", 503),
            FaultKind.Uninitialised => Code("uninitcode", 501),
            FaultKind.DisasterRecovery => Code("drsecondarycode", 472),
            FaultKind.PerformanceStandby when Asked("perfstandbyok") => Code("activecode", 200),
            FaultKind.PerformanceStandby => Code("performancestandbycode", 473),
            FaultKind.Standby when Asked("standbyok") => Code("activecode", 200),
            FaultKind.Standby => Code("standbycode", 429),
            _ => Code("activecode", 200),
        };
        return new Answer(
            status,
            new JsonObject
            {
                ["initialized"] = fault != FaultKind.Uninitialised,
                ["sealed"] = fault is FaultKind.Sealed or FaultKind.Uninitialised,
                ["standby"] = fault is FaultKind.Standby or FaultKind.Sealed or FaultKind.Uninitialised,
                ["performance_standby"] = fault == FaultKind.PerformanceStandby,
                ["replication_performance_mode"] = "disabled",
                ["replication_dr_mode"] = fault == FaultKind.DisasterRecovery ? "secondary" : "disabled",
                ["server_time_utc"] = clock.GetUtcNow().ToUnixTimeSeconds(),
                ["version"] = Version,
                ["enterprise"] = false,
                ["cluster_name"] = Cluster,
                ["cluster_id"] = ClusterId,
            }
        );
    }

    public static Answer SealStatus(FaultKind? fault) =>
        new(
            200,
            new JsonObject
            {
                ["type"] = "shamir",
                ["initialized"] = fault != FaultKind.Uninitialised,
                ["sealed"] = fault is FaultKind.Sealed or FaultKind.Uninitialised,
                ["t"] = 1,
                ["n"] = 1,
                ["progress"] = 0,
                ["nonce"] = "",
                ["version"] = Version,
                ["build_date"] = "2026-01-01T00:00:00Z",
                ["migration"] = false,
                ["cluster_name"] = Cluster,
                ["cluster_id"] = ClusterId,
                ["recovery_seal"] = false,
                ["storage_type"] = "inmem",
            }
        );

    public static Answer Answer(Call call, string rest)
    {
        if (rest is "mounts" && call.Method == "GET")
            return Mounts(call.Realm);
        if (rest.StartsWith("internal/ui/mounts/", StringComparison.Ordinal) && call.Method == "GET")
            return MountOf(call, rest["internal/ui/mounts/".Length..]);
        if (Below(rest, "policies/acl") is { } name)
            return Policies(call, name, old: false);
        if (Below(rest, "policy") is { } oldName)
            return Policies(call, oldName, old: true);
        return rest is "mounts" ? Vault.Answer.NoSuchMethod : Vault.Answer.NoSuchPath;
    }

    private static string? Below(string path, string folder) =>
        path.TrimEnd('/') == folder ? ""
        : path.StartsWith(folder + "/", StringComparison.Ordinal) ? path[(folder.Length + 1)..].ToLowerInvariant()
        : null;

    private static Answer Policies(Call call, string name, bool old) =>
        (name.Length == 0, call.Method) switch
        {
            (true, "LIST") => Names(call.Realm, old),
            (true, "GET") when old => Names(call.Realm, old),
            (false, "GET") => Read(call.Realm, name, old),
            (false, "POST" or "PUT") => Write(call, name),
            (false, "DELETE") => Delete(call.Realm, name),
            _ => Vault.Answer.NoSuchMethod,
        };

    /// <summary>The older calls give their data twice: in the envelope, and beside it.</summary>
    private static Answer Given(JsonObject data, bool old)
    {
        var answer = Vault.Answer.Data(data);
        if (old)
        {
            foreach (var (key, value) in data)
                answer.Body![key] = value?.DeepClone();
        }
        return answer;
    }

    private static Answer Names(Realm realm, bool old)
    {
        JsonArray All() => new([.. realm.Policies.Keys.Append("root").Select(name => (JsonNode)name)]);
        var data = new JsonObject { ["keys"] = All() };
        if (old)
            data["policies"] = All();
        return Given(data, old);
    }

    private static Answer Read(Realm realm, string name, bool old)
    {
        var text = name == "root" ? "" : realm.Policies.GetValueOrDefault(name)?.Text;
        return text is null
            ? Vault.Answer.Missing
            : Given(new JsonObject { ["name"] = name, [old ? "rules" : "policy"] = text }, old);
    }

    private static Answer Write(Call call, string name)
    {
        if (name == "root")
            return Vault.Answer.Errors(400, "cannot update \"root\" policy");
        if (
            (call.Body["policy"] ?? call.Body["rules"]) is not JsonValue value
            || !value.TryGetValue<string>(out var text)
        )
            return Vault.Answer.Errors(400, "'policy' parameter not supplied or empty");
        try
        {
            call.Realm.Policies[name] = Policy.Parse(text);
        }
        catch (PolicyException refusal)
        {
            return Vault.Answer.Errors(400, refusal.Message);
        }
        return Vault.Answer.NoContent;
    }

    private static Answer Delete(Realm realm, string name)
    {
        if (name is "root" or "default")
            return Vault.Answer.Errors(400, $"cannot delete \"{name}\" policy");
        realm.Policies.Remove(name);
        return Vault.Answer.NoContent;
    }

    private static Answer Mounts(Realm realm)
    {
        var data = new JsonObject();
        foreach (var mount in realm.Mounts.Keys)
            data[mount + "/"] = Realm.Describe();
        return Given(data, old: true);
    }

    private static Answer MountOf(Call call, string path)
    {
        if (call.Realm.Find(path.TrimEnd('/') + "/") is not { } found)
            return Vault.Answer.Denied;
        // Whoever may do nothing below a mount is not told that it is there.
        if (!call.Realm.Rules(call.Token).AllowsBelow(found.Mount + "/"))
            return Vault.Answer.Denied;
        var data = Realm.Describe();
        data["path"] = found.Mount + "/";
        return Vault.Answer.Data(data);
    }
}
