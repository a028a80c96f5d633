using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>What a double that runs as a program begins with, from a file: <c>{"mounts":[…],"namespaces":[…],
/// "policies":{"name":"text"},"tokens":[{"id","display_name","policies":[…],"period":"768h"}],"entries":{"secret/path":
/// {"field":"value"}}}</c>.</summary>
internal static class Seed
{
    public static VaultOptions Options(VaultOptions options, JsonObject seed) =>
        options with
        {
            Mounts = Names(seed["mounts"]) is { Count: > 0 } mounts ? mounts : options.Mounts,
            Namespaces = Names(seed["namespaces"]),
        };

    public static void Plant(VaultDouble vault, JsonObject seed)
    {
        foreach (var (name, text) in seed["policies"] as JsonObject ?? [])
            vault.WritePolicy(name, text!.GetValue<string>());
        foreach (var token in (seed["tokens"] as JsonArray ?? []).OfType<JsonObject>())
        {
            vault.Mint(
                token["display_name"]?.GetValue<string>() ?? "",
                Names(token["policies"]),
                period: Durations.Parse(token["period"]) is { } period && period > TimeSpan.Zero ? period : null,
                id: token["id"]?.GetValue<string>()
            );
        }
        foreach (var (path, fields) in seed["entries"] as JsonObject ?? [])
            vault.Put(path, fields!.AsObject());
    }

    private static List<string> Names(JsonNode? node) =>
        [.. (node as JsonArray ?? []).Select(name => name!.GetValue<string>())];
}
