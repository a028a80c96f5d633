using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Embedded;

/// <summary>What <c>berth up</c> tells: a line a happening, or with <c>--json</c> an object a line.</summary>
internal sealed class EngineView(bool json)
{
    private readonly Lock _lock = new();

    public bool Json { get; } = json;

    /// <param name="name">What happened, in one word.</param>
    /// <param name="user">To whom; null for all.</param>
    /// <param name="text">In words.</param>
    public void Event(string name, string? user, string text)
    {
        lock (_lock)
        {
            Console.Out.WriteLine(
                Json
                    ? JsonSerializer.Serialize(new EngineEvent(name, user, text), EngineJsonContext.Default.EngineEvent)
                : user is null ? text
                : $"{user}: {text}"
            );
        }
    }

    public void Plain(string text)
    {
        if (Json)
            return;
        lock (_lock)
        {
            Console.Out.WriteLine(text);
        }
    }
}

internal sealed record EngineEvent(string Event, string? User, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EngineEvent))]
internal sealed partial class EngineJsonContext : JsonSerializerContext;
