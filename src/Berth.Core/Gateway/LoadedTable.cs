using System.Text.Json;

namespace Berth.Gateway;

/// <summary>The table as the kernel has it, in a form that can be compared: members of every set, and how many rules
/// each chain holds. Whoever flushes or empties it is noticed; nft prints rules in ways that change with its version, so
/// their text is not compared.</summary>
public static class LoadedTable
{
    /// <summary>What <see cref="Firewall.Text"/> looks like once it is loaded.</summary>
    public static string Wanted(IReadOnlyList<Fence> fences) =>
        string.Join(
            '\n',
            "input 1",
            $"inside {Joined(Firewall.Inside(fences).Select(port => $"{port}"))}",
            "output 1",
            $"owners {Joined(fences.Select(fence => $"{fence.Port}.{fence.Uid}"))}",
            "people 3",
            $"ports {Joined(fences.Select(fence => $"{fence.Port}"))}"
        );

    /// <summary>The same of what <c>nft -j list table inet berth</c> printed; null when it cannot be understood.</summary>
    public static string? Seen(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var sets = new List<string>();
            var rules = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
            {
                if (item.TryGetProperty("set", out var set))
                    sets.Add($"{set.GetProperty("name").GetString()} {Joined(Elements(set))}");
                else if (item.TryGetProperty("chain", out var chain))
                    rules.TryAdd(chain.GetProperty("name").GetString()!, 0);
                else if (item.TryGetProperty("rule", out var rule))
                    rules[rule.GetProperty("chain").GetString()!] =
                        rules.GetValueOrDefault(rule.GetProperty("chain").GetString()!) + 1;
            }
            return string.Join(
                '\n',
                sets.Concat(rules.Select(pair => $"{pair.Key} {pair.Value}")).Order(StringComparer.Ordinal)
            );
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Elements(JsonElement set)
    {
        if (!set.TryGetProperty("elem", out var elements))
            yield break;
        foreach (var element in elements.EnumerateArray())
            yield return element.ValueKind is JsonValueKind.Object && element.TryGetProperty("concat", out var parts)
                ? string.Join('.', parts.EnumerateArray().Select(part => part.ToString()))
                : element.ToString();
    }

    private static string Joined(IEnumerable<string> elements) =>
        string.Join(',', elements.Order(StringComparer.Ordinal));
}
