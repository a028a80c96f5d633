using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Hooks;

/// <summary>How an incident is written for a receiver.</summary>
public enum HookFormat
{
    /// <summary>Everything, for a program.</summary>
    Json,

    /// <summary>A few lines for a person: what ntfy shows, or a mail holds.</summary>
    Text,

    /// <summary><c>{"text": …}</c>, as Slack and Mattermost take it.</summary>
    Slack,
}

/// <summary>Whom to tell of incidents. Exactly one of program and address is there.</summary>
/// <param name="Name">Its name in the roster.</param>
/// <param name="Exec">A program and its arguments; the incident is its standard input. Empty for none.</param>
/// <param name="Webhook">URL that incidents are posted to; null for none.</param>
/// <param name="WebhookFile">Root-owned file with that URL, where it holds a secret; null for none.</param>
/// <param name="HeaderFile">Root-owned file with one more header, <c>Name: value</c>; null for none.</param>
/// <param name="Kinds">Only of these kinds; empty for all.</param>
/// <param name="Format">How it is written.</param>
public sealed record Hook(
    string Name,
    IReadOnlyList<string> Exec,
    string? Webhook,
    string? WebhookFile,
    string? HeaderFile,
    IReadOnlyList<string> Kinds,
    HookFormat Format
);

/// <summary>What berth-hooks.service goes by: <c>berth apply</c> writes it for root alone, as a URL may be a secret.
/// </summary>
public sealed record HookConfig(IReadOnlyList<Hook> Hooks)
{
    public const string Path = "/etc/berth/hooks.json";

    public string ToJson() => JsonSerializer.Serialize(this, HookJson.Default.HookConfig) + "\n";

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static HookConfig Parse(string json) =>
        JsonSerializer.Deserialize(json, HookJson.Default.HookConfig)
        ?? throw new JsonException("it was written by another version of berth");
}

/// <summary>How far one hook has been told.</summary>
/// <param name="Change">Number of the last change of the incidents that was told, or that there was nothing to tell
/// of.</param>
/// <param name="Open">What was told of incidents that went on then, by their number.</param>
/// <param name="Sent">When the last messages went out, in milliseconds since 1970.</param>
public sealed record HookState(long Change, IReadOnlyDictionary<long, ToldOf> Open, IReadOnlyList<long> Sent)
{
    public static HookState From(long change) => new(change, new Dictionary<long, ToldOf>(), []);

    public string ToJson() => JsonSerializer.Serialize(this, HookJson.Default.HookState);

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static HookState Parse(string json) =>
        JsonSerializer.Deserialize(json, HookJson.Default.HookState) ?? throw new JsonException("it is empty");
}

/// <summary>What was said of an incident that went on.</summary>
public sealed record ToldOf(int Count, string Outcome);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(HookConfig))]
[JsonSerializable(typeof(HookState))]
internal sealed partial class HookJson : JsonSerializerContext;
