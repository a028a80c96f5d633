using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Recording;

/// <summary>Somebody whose processes are followed.</summary>
/// <param name="Name">Their account.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Home">Their home: folders below it are shown as <c>~/…</c>.</param>
/// <param name="KillsLeaf">When a surface of theirs stands still, its largest process is killed.</param>
public sealed record RecordedUser(string Name, int Uid, string Home, bool KillsLeaf = false);

/// <summary>Whom the recorder follows: <c>berth apply</c> writes it to <see cref="Path"/>, the recorder takes it up
/// whenever it changes. A roster that was edited and not applied changes nothing.</summary>
/// <param name="Users">Everybody who is not removed, in the roster's order.</param>
public sealed record RecorderConfig(IReadOnlyList<RecordedUser> Users)
{
    public const string Path = "/etc/berth/recorder.json";

    /// <summary>Memory kept for the system, in bytes; 0 where it is not known.</summary>
    public long Reserve { get; init; }

    /// <summary>Indented, so that a person can read it; the same input gives the same text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecorderJson.Default.RecorderConfig) + "\n";

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static RecorderConfig Parse(string json) =>
        JsonSerializer.Deserialize(json, RecorderJson.Default.RecorderConfig)
        ?? throw new JsonException("it was written by another version of berth");
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(RecorderConfig))]
internal sealed partial class RecorderJson : JsonSerializerContext;
