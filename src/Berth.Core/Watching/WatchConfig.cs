using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Gateway;
using Berth.Units;

namespace Berth.Watching;

/// <summary>What the watchdog goes by: <c>berth apply</c> writes it to <see cref="Path"/>, the watchdog reads it again
/// whenever it changes. It holds no secret.</summary>
/// <param name="Restarts">Most restarts of one server within the window.</param>
/// <param name="Minutes">The window, in minutes.</param>
/// <param name="Paired">There is a gateway: signing in is checked after a restart.</param>
/// <param name="Servers">Every server that should run and is watched, in the roster's order.</param>
public sealed record WatchConfig(int Restarts, int Minutes, bool Paired, IReadOnlyList<Route> Servers)
{
    public const string Path = "/etc/berth/watchdog.json";

    [JsonIgnore]
    public WatchSettings Settings => new(Restarts, Minutes * 60_000L);

    public static string Unit(Route route) => ServerUnits.UnitName(route.Server!, route.User);

    /// <summary>Indented, so that a person can read it; the same input gives the same text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, WatchJson.Default.WatchConfig) + "\n";

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static WatchConfig Parse(string json) =>
        JsonSerializer.Deserialize(json, WatchJson.Default.WatchConfig) is { Restarts: > 0, Minutes: > 0 } config
        && config.Servers.All(route => route is { Server: not null, Port: > 0, Command: not null })
            ? config
            : throw new JsonException("it was written by another version of berth");
}

/// <summary>What is known of one server, for the watchdog after its own restart and for <c>berth status</c>.</summary>
/// <param name="User">Whose it is.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="State">What is remembered of it.</param>
/// <param name="Answer">Milliseconds that its last good answer took; null for none yet.</param>
public sealed record WatchedServer(string User, string Unit, WatchState State, int? Answer);

/// <summary>The watchdog's memory, in <see cref="Path"/>: it lasts as long as the boot it speaks of, and everybody may
/// read it.</summary>
/// <param name="Servers">All that are watched.</param>
public sealed record WatchMemory(IReadOnlyList<WatchedServer> Servers)
{
    public const string Path = $"{WatchdogUnits.Run}/state.json";

    public static WatchMemory Empty { get; } = new([]);

    public string ToJson() => JsonSerializer.Serialize(this, WatchJson.Default.WatchMemory) + "\n";

    /// <returns>Empty when the text says nothing that makes sense: what is forgotten is learned anew.</returns>
    public static WatchMemory Parse(string? json)
    {
        try
        {
            return json is not null && JsonSerializer.Deserialize(json, WatchJson.Default.WatchMemory) is { } memory
                ? memory
                : Empty;
        }
        catch (JsonException)
        {
            return Empty;
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(WatchConfig))]
[JsonSerializable(typeof(WatchMemory))]
internal sealed partial class WatchJson : JsonSerializerContext;
