using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Gateway;

/// <summary>One line that is asked over the control socket. Whoever asks names a person and a thing of theirs, never a
/// path, a program or a uid: those are the daemon's own knowledge.</summary>
/// <param name="Ask"><c>secret</c>, <c>mint</c> or <c>drift</c>.</param>
/// <param name="User">Account name.</param>
/// <param name="Variable">For <c>secret</c>: which of the variables that Berth generates for their server.</param>
/// <param name="Kind">For <c>mint</c>: what is to be issued.</param>
/// <param name="Note">For <c>drift</c>: what was wrong when the person was to be signed in.</param>
public sealed record ControlRequest(
    string Ask,
    string User,
    string? Variable = null,
    MintKind? Kind = null,
    string? Note = null
)
{
    /// <summary>A request is one line of no more bytes than this.</summary>
    public const int Largest = 4096;

    public string ToLine() => JsonSerializer.Serialize(this, ControlJson.Default.ControlRequest) + "\n";

    /// <returns>Null when the line is no request.</returns>
    public static ControlRequest? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whose it is, by what the gateway goes by as well.</summary>
    /// <returns>Null when nobody on this host is meant who has a server.</returns>
    public Route? Whose(GatewayConfig config) =>
        Names.WrongUser(User) is null
            ? config.Routes.FirstOrDefault(route =>
                route is { Server: not null, State: RouteState.Serving } && route.User == User
            )
            : null;

    /// <summary>Where the wanted secret is; null for one that the preset does not generate.</summary>
    public string? SecretPath(Route route) =>
        Variable is not null
        && route.Server is { } server
        && Presets.All.TryGetValue(route.Preset, out var preset)
        && preset.Secrets.Contains(Variable, StringComparer.Ordinal)
            ? ServerUnits.SecretPath(server, route.User)
            : null;
}

/// <summary>One line that is answered.</summary>
/// <param name="Value">What was asked for; a secret.</param>
/// <param name="Error">Why there is none, in words that hold no secret.</param>
public sealed record ControlAnswer(string? Value = null, string? Error = null)
{
    /// <summary>An answer is one line of no more bytes than this.</summary>
    public const int Largest = 8 * MintOutput.Largest;

    public string ToLine() => JsonSerializer.Serialize(this, ControlJson.Default.ControlAnswer) + "\n";

    /// <returns>Null when the line is no answer.</returns>
    public static ControlAnswer? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Never the value: this is what a log would get.</summary>
    public override string ToString() => Error ?? "[redacted]";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
