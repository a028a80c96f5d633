using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Embedded;

/// <summary>What <c>berth up</c> tells: a line a happening, or with <c>--json</c> an object a line.</summary>
/// <param name="json">An object a line.</param>
/// <param name="to">Where it is told; null for standard output.</param>
internal sealed class EngineView(bool json, TextWriter? to = null)
{
    private readonly Lock _lock = new();
    private readonly TextWriter _to = to ?? Console.Out;

    public bool Json { get; } = json;

    /// <param name="name">What happened, in one word.</param>
    /// <param name="user">To whom; null for all.</param>
    /// <param name="text">In words.</param>
    public void Event(string name, string? user, string text)
    {
        lock (_lock)
        {
            _to.WriteLine(
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
            _to.WriteLine(text);
        }
    }
}

internal sealed record EngineEvent(string Event, string? User, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EngineEvent))]
internal sealed partial class EngineJsonContext : JsonSerializerContext;
