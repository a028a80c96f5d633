using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Containment;

/// <summary>The slice that caps all containers together, and the one key of docker's configuration that puts them
/// into it.</summary>
public static class Containers
{
    public const string Slice = "berth-containers.slice";
    public const string DaemonPath = "/etc/docker/daemon.json";
    private const string Key = "cgroup-parent";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static string SlicePath => $"{ServerUnits.SystemFolder}/{Slice}";

    public static string SliceUnit(long cap) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "All containers of this host, under one cap")
            .Section("Slice")
            .Set("MemoryHigh", "infinity")
            .Set("MemoryMax", Size.Directive(cap))
            .Set("MemorySwapMax", 0)
            .ToString();

    /// <summary>docker's configuration with our key added and everything else as it was.</summary>
    /// <param name="current">The file's text; null or blank where there is none.</param>
    /// <param name="merged">The new text; equal to <paramref name="current"/> when nothing is missing.</param>
    /// <returns>Null when merged; else why not, in words for a person.</returns>
    public static string? Merge(string? current, out string merged)
    {
        merged = current ?? "";
        JsonObject settings;
        try
        {
            settings = string.IsNullOrWhiteSpace(current)
                ? []
                : JsonNode.Parse(current) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException)
        {
            return $"{DaemonPath} is no JSON object";
        }
        switch (settings[Key])
        {
            case JsonValue value when value.TryGetValue(out string? slice) && slice == Slice:
                return null;
            case null:
                settings[Key] = Slice;
                merged = settings.ToJsonString(s_indented) + "\n";
                return null;
            default:
                return $"{DaemonPath} already sets {Key} to {settings[Key]!.ToJsonString()}";
        }
    }

    /// <summary>docker's configuration without our key: empty when nothing else was in it, null when our key is not
    /// there.</summary>
    public static string? Unmerge(string? current)
    {
        if (string.IsNullOrWhiteSpace(current) || Merge(current, out var merged) is not null || merged != current)
            return null;
        var settings = (JsonObject)JsonNode.Parse(current)!;
        settings.Remove(Key);
        return settings.Count == 0 ? "" : settings.ToJsonString(s_indented) + "\n";
    }
}
