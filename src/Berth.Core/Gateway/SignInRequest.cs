using System.Buffers;
using Berth.Rosters;

namespace Berth.Gateway;

/// <summary>What may be believed of a request to sign in or out, and where it may lead.</summary>
public static class SignInRequest
{
    public const string SignIn = "/berth/sign-in";
    public const string SignOut = "/berth/sign-out";

    private const int LongestPath = 2048;

    private static readonly SearchValues<char> s_path = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%"
    );

    /// <summary>Whether people reach the gateway over TLS: its own, or that of a proxy in front as <c>url</c> says.
    /// </summary>
    public static bool IsSecure(GatewaySettings gateway) =>
        gateway.Url is { } url
            ? url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            : gateway.Certificate is not null;

    /// <summary>What a sign-in link begins with; without a slash at the end.</summary>
    public static string Address(GatewaySettings gateway)
    {
        if (gateway.Url is { } url)
            return url.TrimEnd('/');
        var scheme = IsSecure(gateway) ? "https" : "http";
        var listen = gateway.Listen;
        if (listen.StartsWith("unix:", StringComparison.Ordinal))
            return $"{scheme}://localhost";
        var colon = listen.LastIndexOf(':');
        // Listening everywhere is reached here as well.
        var host = listen[..Math.Max(colon, 0)] is "0.0.0.0" or "[::]" or "*" or "" ? "localhost" : listen[..colon];
        return $"{scheme}://{host}{listen[Math.Max(colon, 0)..]}";
    }

    /// <summary>Where somebody is led who has signed in: a path of this site, else its beginning.</summary>
    /// <param name="asked">As the request says it, decoded once.</param>
    public static string Next(string? asked)
    {
        // A browser takes // and /\ for another host, drops tabs and line breaks, and turns \ into /.
        var isLocal =
            asked is ['/', ..] and not ['/', '/', ..]
            && asked.Length <= LongestPath
            && !asked.AsSpan().ContainsAnyExcept(s_path)
            && !asked.StartsWith("/berth/sign-", StringComparison.OrdinalIgnoreCase);
        return isLocal ? asked! : "/";
    }

    /// <summary>Whether one of the gateway's own pages sent it. Without this, a page elsewhere could sign a person in as
    /// somebody else, who would then read what they type.</summary>
    /// <param name="site">Sec-Fetch-Site, which browsers send over TLS and on loopback.</param>
    /// <param name="origin">Origin, which browsers send with every POST.</param>
    /// <param name="host">The request's own Host.</param>
    /// <param name="gateway">Its <c>url</c>, if any, is the only origin that counts.</param>
    public static bool IsFromOwnPage(string? site, string? origin, string host, GatewaySettings gateway)
    {
        if (site is { Length: > 0 } and not "same-origin")
            return false;
        if (string.IsNullOrEmpty(origin))
            return site is "same-origin";
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var from) || from.Scheme is not ("http" or "https"))
            return false;
        var own =
            gateway.Url is { } url && Uri.TryCreate(url, UriKind.Absolute, out var address) ? address
            : Uri.TryCreate($"{from.Scheme}://{host}", UriKind.Absolute, out var asked) ? asked
            : null;
        return own is not null
            && from.Scheme == own.Scheme
            && from.Port == own.Port
            && string.Equals(from.Host, own.Host, StringComparison.OrdinalIgnoreCase);
    }
}
