using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Berth.Doubles.Vault;

/// <summary>Durations as Vault takes them (seconds, or Go's words for them) and gives them.</summary>
internal static partial class Durations
{
    [GeneratedRegex(
        @"\G(?<count>[0-9]+(?:\.[0-9]+)?)(?<unit>ms|[smhd])",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Part { get; }

    /// <returns>Null for what is no duration.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length == 0)
            return TimeSpan.Zero;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        var (at, sum) = (0, TimeSpan.Zero);
        while (at < text.Length)
        {
            var part = Part.Match(text, at);
            if (!part.Success)
                return null;
            var count = double.Parse(part.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
            sum += part.Groups["unit"].Value switch
            {
                "ms" => TimeSpan.FromMilliseconds(count),
                "s" => TimeSpan.FromSeconds(count),
                "m" => TimeSpan.FromMinutes(count),
                "h" => TimeSpan.FromHours(count),
                _ => TimeSpan.FromDays(count),
            };
            at += part.Length;
        }
        return sum;
    }

    public static TimeSpan? Parse(JsonNode? node) =>
        node switch
        {
            null => TimeSpan.Zero,
            JsonValue value when value.GetValueKind() == JsonValueKind.String => Parse(value.GetValue<string>()),
            JsonValue value when value.TryGetValue<long>(out var seconds) => TimeSpan.FromSeconds(seconds),
            _ => null,
        };

    /// <summary>As Go prints a duration of whole seconds.</summary>
    public static string Go(TimeSpan span) =>
        span.TotalHours >= 1 ? $"{(long)span.TotalHours}h{span.Minutes}m{span.Seconds}s"
        : span.TotalMinutes >= 1 ? $"{span.Minutes}m{span.Seconds}s"
        : $"{span.Seconds}s";

    /// <summary>A moment as Vault writes it.</summary>
    public static string Moment(DateTimeOffset? moment) =>
        moment?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture) ?? "";
}
