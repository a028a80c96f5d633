using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Doctoring;

/// <summary>A snapshot as a bundle: one JSON document.</summary>
public static class SnapshotJson
{
    public static string Write(HostSnapshot snapshot) =>
        JsonSerializer.Serialize(snapshot, SnapshotContext.Default.HostSnapshot);

    /// <param name="text">A bundle.</param>
    /// <param name="snapshot">What is in it; an empty one when it cannot be read.</param>
    /// <returns>Null when it was read; else what is wrong, and where.</returns>
    public static string? Read(string text, out HostSnapshot snapshot)
    {
        snapshot = new HostSnapshot();
        try
        {
            if (JsonSerializer.Deserialize(text, SnapshotContext.Default.HostSnapshot) is not { } read)
                return "is no bundle of 'berth doctor snapshot': null";
            if (read.Format is < 1 or > HostSnapshot.CurrentFormat)
                return $"has format {read.Format}; this berth reads up to {HostSnapshot.CurrentFormat}: use a newer one";
            snapshot = read;
            return null;
        }
        catch (JsonException wrong)
        {
            return $"is no bundle of 'berth doctor snapshot' (line {wrong.LineNumber + 1}, at {wrong.Path ?? "$"})";
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(HostSnapshot))]
internal sealed partial class SnapshotContext : JsonSerializerContext;
