using System.Collections.Frozen;

namespace Berth.Gateway;

/// <summary>Which headers of a request are not sent on: those that belong to one connection, and those by which a
/// client could pass itself off as somebody or somewhere else. The gateway says the latter anew.</summary>
public static class RequestHeaders
{
    private static readonly FrozenSet<string> s_dropped = new[]
    {
        // Of one connection (RFC 9110 §7.6.1) and of its framing, which is the gateway's own.
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authorization",
        "Proxy-Authenticate",
        "Proxy",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "HTTP2-Settings",
        "Expect",
        "Host",
        "Alt-Used",
        // Where somebody comes from, or who they are.
        "Forwarded",
        "Via",
        "X-Real-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Remote-User",
        "X-Rewrite-URL",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_droppedBeginnings =
    [
        "X-Forwarded-",
        "X-Original-",
        "X-Authentik-",
        "X-Auth-Request-",
        "X-Webauth-",
        "X-Berth-",
        "X-Content-Length",
        "Cf-Access-",
        "Remote-",
    ];

    public static bool IsDropped(string name)
    {
        if (s_dropped.Contains(name))
            return true;
        if (name[0] is not ('X' or 'x' or 'C' or 'c' or 'R' or 'r'))
            return false;
        foreach (var beginning in s_droppedBeginnings)
            if (name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <summary>Whether the values of Connection name a header: it then belongs to the connection, too.</summary>
    public static bool Names(string? connection, string name)
    {
        if (string.IsNullOrEmpty(connection))
            return false;
        foreach (var part in connection.AsSpan().Split(','))
            if (connection.AsSpan()[part].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <summary>Whether Connection names anything beyond the two words that every browser sends.</summary>
    public static bool NamesMore(string? connection) =>
        !string.IsNullOrEmpty(connection)
        && !connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
        && !connection.Equals("Upgrade", StringComparison.OrdinalIgnoreCase)
        && !connection.Equals("close", StringComparison.OrdinalIgnoreCase)
        && !connection.Equals("keep-alive, Upgrade", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a request line's target may be repeated as it came: visible ASCII, from the root, no fragment.
    /// </summary>
    public static bool IsPlainTarget(ReadOnlySpan<char> target) =>
        target.Length > 0 && target[0] == '/' && !target.ContainsAnyExceptInRange('!', '~') && !target.Contains('#');
}
