using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>One namespace: its mounts with their entries, its policies, its tokens.</summary>
internal sealed class Realm(string name, IReadOnlyList<string> mounts, TimeProvider clock)
{
    /// <summary>What every token may do unless it was made without the default policy.</summary>
    private const string Default = """
        path "auth/token/lookup-self" { capabilities = ["read"] }
        path "auth/token/renew-self" { capabilities = ["update"] }
        path "auth/token/revoke-self" { capabilities = ["update"] }
        path "sys/capabilities-self" { capabilities = ["update"] }
        path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }
        path "sys/renew" { capabilities = ["update"] }
        path "sys/leases/renew" { capabilities = ["update"] }
        path "sys/leases/lookup" { capabilities = ["update"] }
        path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
        path "sys/wrapping/wrap" { capabilities = ["update"] }
        path "sys/wrapping/lookup" { capabilities = ["update"] }
        path "sys/wrapping/unwrap" { capabilities = ["update"] }
        path "sys/tools/hash" { capabilities = ["update"] }
        path "sys/control-group/request" { capabilities = ["update"] }
        """;

    public string Name { get; } = name;

    public SortedDictionary<string, KvMount> Mounts { get; } =
        new(mounts.ToDictionary(mount => mount, _ => new KvMount(clock)), StringComparer.Ordinal);

    public SortedDictionary<string, Policy> Policies { get; } =
        new(StringComparer.Ordinal) { ["default"] = Policy.Parse(Default) };

    public Dictionary<string, Token> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>The mount that a path is in, and the rest of the path. The longest mount wins.</summary>
    public (string Mount, KvMount Kv, string Below)? Find(string path)
    {
        foreach (var mount in Mounts.Keys.OrderByDescending(mount => mount.Length))
        {
            if (path.StartsWith(mount + "/", StringComparison.Ordinal))
                return (mount, Mounts[mount], path[(mount.Length + 1)..]);
        }
        return null;
    }

    /// <summary>The token's rules. Policies that nobody wrote give nothing.</summary>
    public Acl Rules(Token token) =>
        token.Policies.Contains("root")
            ? Acl.Root
            : new Acl(token.Policies.Where(Policies.ContainsKey).Select(policy => Policies[policy]));

    /// <summary>What Vault tells of a mount to a client that wants to know its version.</summary>
    public static JsonObject Describe() =>
        new()
        {
            ["accessor"] = "kv_0000000",
            ["config"] = new JsonObject
            {
                ["default_lease_ttl"] = 0,
                ["force_no_cache"] = false,
                ["max_lease_ttl"] = 0,
            },
            ["description"] = "",
            ["external_entropy_access"] = false,
            ["local"] = false,
            ["options"] = new JsonObject { ["version"] = "2" },
            ["seal_wrap"] = false,
            ["type"] = "kv",
            ["uuid"] = "00000000-0000-0000-0000-000000000000",
        };
}
