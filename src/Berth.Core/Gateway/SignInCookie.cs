using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Berth.Gateway;

/// <summary>The cookie of somebody who signed in with a link: an id made at random for this sign-in, when it ends, and
/// this host's signature of both. A browser never brings an id of its own making.</summary>
public static class SignInCookie
{
    /// <summary>Bytes of the key and of an id.</summary>
    public const int KeySize = 32;

    private const int Longest = 128;

    /// <summary>With TLS the name begins with <c>__Host-</c>: browsers take such a cookie from this very host alone,
    /// over TLS, for no other domain.</summary>
    public static string Name(bool isSecure) => isSecure ? "__Host-berth_session" : "berth_session";

    /// <summary>What the Set-Cookie header says.</summary>
    /// <param name="value">See <see cref="Make"/>; empty takes the cookie away.</param>
    /// <param name="lasts">How long; zero takes it away.</param>
    /// <param name="isSecure">The gateway is reached over TLS.</param>
    public static string Header(string value, TimeSpan lasts, bool isSecure) =>
        $"{Name(isSecure)}={value}; Path=/; Max-Age={(long)lasts.TotalSeconds}; HttpOnly; SameSite=Lax"
        + (isSecure ? "; Secure" : "");

    /// <summary>The value for a new sign-in.</summary>
    /// <param name="id">Random bytes.</param>
    /// <param name="expires">When it ends.</param>
    /// <param name="key">This host's.</param>
    public static (string Value, string Hash) Make(
        ReadOnlySpan<byte> id,
        DateTimeOffset expires,
        ReadOnlySpan<byte> key
    )
    {
        var text = Base64Url.EncodeToString(id);
        var signed = $"{text}.{expires.ToUnixTimeSeconds()}";
        return ($"{signed}.{Signature(signed, key)}", SignInBook.HashOf(text));
    }

    /// <returns>What the session is known by; null for a value that this host did not sign, or that has ended.</returns>
    public static string? Read(ReadOnlySpan<char> value, ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        var last = value.LastIndexOf('.');
        if (last < 0 || value.Length > Longest)
            return null;
        var signed = value[..last];
        var first = signed.IndexOf('.');
        // Signatures are compared as text: there is only one way to write each.
        if (
            first < 0
            || !CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(value[(last + 1)..].ToString()),
                Encoding.UTF8.GetBytes(Signature(signed, key))
            )
            || !long.TryParse(signed[(first + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            || now.ToUnixTimeSeconds() >= expires
        )
            return null;
        return SignInBook.HashOf(signed[..first]);
    }

    private static string Signature(ReadOnlySpan<char> signed, ReadOnlySpan<byte> key)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"berth-session.{signed}"), mac);
        return Base64Url.EncodeToString(mac);
    }
}
