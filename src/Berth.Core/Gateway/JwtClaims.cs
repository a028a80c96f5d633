using System.Text.Json;
using Berth.Rosters;

namespace Berth.Gateway;

/// <summary>What a token whose signature is right says of its person, and until when that counts.</summary>
/// <param name="Login">The claim that the roster names.</param>
/// <param name="Until">When it ends, the clocks' difference included.</param>
public sealed record JwtClaims(string Login, DateTimeOffset Until)
{
    /// <summary>Nothing is taken as proven for longer, whatever a token says of itself.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>Reads a token whose signature, issuer and audience were found right.</summary>
    /// <returns>The claims, or why nobody is proven by them; a reason never repeats a part of the token.</returns>
    public static (JwtClaims? Claims, string Reason) Read(string token, IdentitySettings settings, DateTimeOffset now)
    {
        if (JwtHeader.Part(token, 1) is not { } payload)
            return (null, "the token's content cannot be read");
        using (payload)
        {
            var root = payload.RootElement;
            var seconds = now.ToUnixTimeMilliseconds() / 1000.0;
            if (!Number(root, "exp", out var ends) || ends is null)
                return (null, "the token does not say when it ends");
            if (seconds >= ends + settings.ClockSkew)
                return (null, "the token has expired");
            if (!Number(root, "nbf", out var begins) || seconds < begins - settings.ClockSkew)
                return (null, "the token is not valid yet");
            if (JwtHeader.Text(root, settings.Claim) is not { Length: > 0 } login)
                return (null, $"the token has no {settings.Claim}");
            // Whoever may type any address into their account would be anybody.
            if (settings.Claim is "email" && !IsVerified(root))
                return (null, "the token's address was never verified");
            var left = TimeSpan.FromSeconds(
                Math.Min(ends.Value + settings.ClockSkew - seconds, s_longest.TotalSeconds)
            );
            return (new JwtClaims(login, now + left), "");
        }
    }

    /// <returns>False for something that is there and is no number.</returns>
    private static bool Number(JsonElement from, string name, out double? number)
    {
        number = null;
        if (!from.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDouble(out var read) || !double.IsFinite(read))
            return false;
        number = read;
        return true;
    }

    /// <summary>Some providers write the word in quotes.</summary>
    private static bool IsVerified(JsonElement from) =>
        !from.TryGetProperty("email_verified", out var said)
        || said.ValueKind is JsonValueKind.True
        || (said.ValueKind is JsonValueKind.String && said.ValueEquals("true"u8));
}
