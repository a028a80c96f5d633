using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text.Json;

namespace Berth.Gateway;

/// <summary>What a signed token says of its own signature, as far as Berth goes along with it. It only chooses among
/// the keys that the roster's <c>jwks</c> holds: a token never brings a key, and never names an algorithm that does not
/// belong to the key's own type.</summary>
/// <param name="Algorithm">One of RS256/384/512, PS256/384/512, ES256/384/512. <c>none</c> and the symmetric ones are
/// no header at all.</param>
/// <param name="KeyId">The key's name; null where the token names none.</param>
public sealed record JwtHeader(string Algorithm, string? KeyId)
{
    /// <summary>Characters of the longest token that is looked at.</summary>
    public const int LongestToken = 16 << 10;

    /// <summary>The type of key each algorithm takes: <c>RSA</c>, or the one curve (RFC 7518, 3.4).</summary>
    private static readonly FrozenDictionary<string, string> s_kinds = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["RS256"] = "RSA",
        ["RS384"] = "RSA",
        ["RS512"] = "RSA",
        ["PS256"] = "RSA",
        ["PS384"] = "RSA",
        ["PS512"] = "RSA",
        ["ES256"] = "P-256",
        ["ES384"] = "P-384",
        ["ES512"] = "P-521",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly SearchValues<char> s_letters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    /// <summary>A name that stands twice would be read as one value here and as another there.</summary>
    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <returns>The header, or why there is none; a reason never repeats a part of the token.</returns>
    public static (JwtHeader? Header, string Reason) Read(string token)
    {
        if (token.Length is 0 or > LongestToken)
            return (null, "the token is empty or too long");
        // Three parts, no more (five would be an encrypted one), and no white space that a decoder would skip.
        if (token.AsSpan().ContainsAnyExcept(s_letters) || token.AsSpan().Count('.') != 2)
            return (null, "the token is not a signed one");
        if (Part(token, 0) is not { } header)
            return (null, "the token's header cannot be read");
        using (header)
        {
            var root = header.RootElement;
            // RFC 7515, 4.1.11: an extension that is not understood must not be passed over.
            if (root.TryGetProperty("crit", out _) || root.TryGetProperty("b64", out _))
                return (null, "the token asks for an extension that is not known here");
            var algorithm = Text(root, "alg");
            if (algorithm is null || !s_kinds.ContainsKey(algorithm))
                return (null, "the token is not signed with a private key (RS, PS or ES)");
            if (root.TryGetProperty("kid", out var kid) && kid.ValueKind is not JsonValueKind.String)
                return (null, "the token's header cannot be read");
            return (new JwtHeader(algorithm, Text(root, "kid")), "");
        }
    }

    /// <summary>Whether a key may have made this signature.</summary>
    /// <param name="kind"><c>RSA</c>, or the key's curve.</param>
    /// <param name="algorithm">The one algorithm the key is for; null where its publisher does not say.</param>
    public bool Fits(string kind, string? algorithm) =>
        s_kinds[Algorithm] == kind && (algorithm is null || algorithm == Algorithm);

    /// <summary>One of the parts between the dots, as JSON; null where it is no object.</summary>
    internal static JsonDocument? Part(string token, int number)
    {
        foreach (var range in token.AsSpan().Split('.'))
        {
            if (number-- > 0)
                continue;
            try
            {
                var document = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(range)), Strict);
                if (document.RootElement.ValueKind is JsonValueKind.Object)
                    return document;
                document.Dispose();
            }
            catch (Exception broken) when (broken is FormatException or JsonException)
            {
                return null;
            }
            break;
        }
        return null;
    }

    internal static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
