using System.Text.Json;

namespace Berth.Gateway;

/// <summary>Reads what a server or its command answered: small, of the expected shape, or nothing.</summary>
internal static class AnswerText
{
    /// <summary>Answers larger than this are no answers to our questions.</summary>
    public const int Largest = 64 << 10;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 16 };

    /// <returns>Null when it is no JSON object.</returns>
    public static JsonElement? Object(ReadOnlyMemory<byte> answer)
    {
        if (answer.Length > Largest)
            return null;
        try
        {
            using var document = JsonDocument.Parse(answer, s_strict);
            return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text of an object; null when it is not there.</summary>
    public static string? Text(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } found
        && found.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>A secret of an object: visible ASCII, so that it can stand in a header; null when it is not there.
    /// </summary>
    public static string? Secret(JsonElement? json, string name, int longest) =>
        Text(json, name) is { Length: > 0 } text && text.Length <= longest && text.All(c => c is > ' ' and < '\u007f')
            ? text
            : null;
}
