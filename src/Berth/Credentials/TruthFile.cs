using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Host;
using Berth.Planning;

namespace Berth.Credentials;

/// <summary>The persisted truth of each person. No secret is in it; it lies beside the store in a folder of
/// root's.</summary>
public sealed class TruthFile(Files files)
{
    public const string Folder = ManifestFile.Folder + "/truth";

    /// <returns>An empty truth when there is none, or when it cannot be understood: the store tells it again.</returns>
    public Truth Read(string user)
    {
        try
        {
            return files.Text($"{Folder}/{user}.json") is { } text
                ? JsonSerializer.Deserialize(text, TruthContext.Default.Truth) ?? new Truth()
                : new Truth();
        }
        catch (JsonException)
        {
            return new Truth();
        }
    }

    public void Remove(string user) => files.Remove($"{Folder}/{user}.json");

    public void Write(string user, Truth truth) =>
        files.WriteState(
            $"{Folder}/{user}.json",
            JsonSerializer.SerializeToUtf8Bytes(truth, TruthContext.Default.Truth),
            0x180
        );
}

[JsonSerializable(typeof(Truth))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true
)]
internal sealed partial class TruthContext : JsonSerializerContext;
