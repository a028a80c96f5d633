using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Rosters;

namespace Berth.Gateway;

/// <summary>Everything the gateway goes by: <c>berth apply</c> writes it to <see cref="Path"/>, the gateway reads it
/// again whenever it changes. It holds no secret.</summary>
/// <param name="Gateway">The roster's <c>gateway:</c>.</param>
/// <param name="Routes">Everybody who is not removed, in the roster's order.</param>
public sealed record GatewayConfig(GatewaySettings Gateway, IReadOnlyList<Route> Routes)
{
    public const string Path = "/etc/berth/gateway.json";

    /// <summary>Account names of the roster's admins, who may read everybody's numbers.</summary>
    public IReadOnlyList<string>? Admins { get; init; }

    /// <summary>Indented, so that a person can read it; the same input gives the same text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GatewayJson.Default.GatewayConfig) + "\n";

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static GatewayConfig Parse(string json) =>
        JsonSerializer.Deserialize(json, GatewayJson.Default.GatewayConfig) is { } config && config.IsWhole()
            ? config
            : throw new JsonException("it was written by another version of berth");

    /// <summary>What the text does not say is empty, also where the roster has a default.</summary>
    private bool IsWhole() =>
        Gateway is { Proxies: not null, Identity: { Claim: not null, SecretHeader: not null, SessionDays: > 0 } }
        && Routes.All(route => route.Command is not null);
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(GatewayConfig))]
internal sealed partial class GatewayJson : JsonSerializerContext;
