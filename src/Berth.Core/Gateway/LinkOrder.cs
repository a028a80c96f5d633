using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Gateway;

/// <summary>What <c>berth link</c> asks of the gateway, in one line of JSON.</summary>
/// <param name="Verb"><c>issue</c>, <c>list</c> or <c>revoke</c>.</param>
/// <param name="Who">A person; for <c>revoke</c> also the id of a session.</param>
/// <param name="Seconds">For <c>issue</c>: how long the link works.</param>
public sealed record LinkOrder(string Verb, string? Who = null, long Seconds = 0)
{
    /// <summary>How long a link works by default.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(15);

    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    public string ToLine() => JsonSerializer.Serialize(this, LinkJson.Default.LinkOrder);

    /// <exception cref="JsonException">The line is no order.</exception>
    public static LinkOrder Parse(string line) =>
        JsonSerializer.Deserialize(line, LinkJson.Default.LinkOrder) ?? throw new JsonException("the order is empty");

    /// <summary>Reads <c>15m</c>, <c>1h</c> or <c>2d</c>: one minute to seven days.</summary>
    public static bool TryParseLifetime(string text, out TimeSpan lasts)
    {
        lasts = default;
        var digits = text.AsSpan(0, Math.Max(0, text.Length - 1));
        if (digits.Length > 5 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        lasts = text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => default,
        };
        return lasts >= Shortest && lasts <= Longest;
    }
}

/// <summary>A link that was just made: the one time that its token is known.</summary>
/// <param name="Url">Signs its holder in, once.</param>
public sealed record IssuedLink(string User, string Url, DateTimeOffset Expires);

/// <summary>A sign-in as people see it.</summary>
/// <param name="Id">What <c>berth link revoke</c> takes.</param>
public sealed record ListedSession(
    string Id,
    string User,
    string Browser,
    DateTimeOffset Created,
    DateTimeOffset Seen,
    DateTimeOffset Expires
);

/// <summary>What the gateway answers, in one line of JSON.</summary>
/// <param name="Error">Why nothing was done; null when it was.</param>
public sealed record LinkAnswer(
    string? Error = null,
    IssuedLink? Link = null,
    IReadOnlyList<ListedSession>? Sessions = null,
    int Revoked = 0
)
{
    public string ToLine() => JsonSerializer.Serialize(this, LinkJson.Default.LinkAnswer);

    /// <exception cref="JsonException">The line is no answer.</exception>
    public static LinkAnswer Parse(string line) =>
        JsonSerializer.Deserialize(line, LinkJson.Default.LinkAnswer) ?? throw new JsonException("the answer is empty");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(LinkOrder))]
[JsonSerializable(typeof(LinkAnswer))]
public sealed partial class LinkJson : JsonSerializerContext;
