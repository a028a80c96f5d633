namespace Berth.Gateway;

/// <summary>Where a request says that it comes from.</summary>
/// <param name="Origin">Origin; null when absent.</param>
/// <param name="Site">Sec-Fetch-Site; null when absent.</param>
/// <param name="Referer">Referer; null when absent.</param>
/// <param name="UserAgent">User-Agent; null when absent.</param>
/// <param name="HasCookie">It carries a Cookie.</param>
public readonly record struct RequestSource(
    string? Origin,
    string? Site,
    string? Referer,
    string? UserAgent,
    bool HasCookie
);

/// <summary>Whether a WebSocket or a request that changes something comes from the gateway's own pages. Cookies go
/// along with what a foreign page asks for, so a foreign page must not ask.</summary>
public static class OriginPolicy
{
    /// <summary>Whether the method may change something.</summary>
    public static bool IsUnsafe(string method) => method is not ("GET" or "HEAD" or "OPTIONS");

    /// <param name="source">Where it says that it comes from.</param>
    /// <param name="host">The request's Host.</param>
    /// <param name="own">Scheme, host and port of the configured <c>url</c>, such as <c>https://code.example</c>; null
    /// for none: then whatever has the request's Host is the gateway's own.</param>
    public static bool Allows(in RequestSource source, string host, string? own)
    {
        if (!string.IsNullOrEmpty(source.Site) && source.Site is not ("same-origin" or "none"))
            return false;
        if (source.Origin is not null)
            return IsOwn(source.Origin, host, own);
        // Without an Origin it is no browser, or one that is very old: a WebSocket and an unsafe method of a browser of
        // these days always have one.
        if (source.Site == "same-origin")
            return true;
        if (source.Referer is not null)
            return IsOwn(OriginOf(source.Referer), host, own);
        return !source.HasCookie || source.UserAgent?.StartsWith("Mozilla/", StringComparison.Ordinal) is not true;
    }

    /// <summary>Scheme, host and port of a configured <c>url</c>, without a default port.</summary>
    public static string? OriginOf(string? url) =>
        url is not null && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            ? parsed.GetLeftPart(UriPartial.Authority)
            : null;

    /// <summary>Whether a Host names the same place as a configured origin.</summary>
    public static bool IsHostOf(string host, string own)
    {
        var authority = own.AsSpan(own.IndexOf("://", StringComparison.Ordinal) + 3);
        if (authority.Equals(host, StringComparison.OrdinalIgnoreCase))
            return true;
        var port = own.StartsWith("https:", StringComparison.Ordinal) ? ":443" : ":80";
        return host.EndsWith(port, StringComparison.Ordinal)
            && authority.Equals(host.AsSpan(0, host.Length - port.Length), StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsOwn(string? origin, string host, string? own) =>
        origin is not null
        && (
            own is not null
                ? string.Equals(origin, own, StringComparison.OrdinalIgnoreCase)
                : (
                    origin.StartsWith("https://", StringComparison.Ordinal)
                    || origin.StartsWith("http://", StringComparison.Ordinal)
                ) && IsHostOf(host, origin)
        );
}
