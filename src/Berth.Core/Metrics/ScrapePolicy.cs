using System.Net;

namespace Berth.Metrics;

/// <summary>How a request for numbers has come in.</summary>
/// <param name="Peer">Who connected; null over a unix socket.</param>
/// <param name="IsProxy">The roster lists this peer as a proxy in front, or connections begin with a PROXY header.</param>
/// <param name="Host">The request's Host.</param>
/// <param name="Headers">Names of its headers.</param>
public readonly record struct ScrapeRequest(IPAddress? Peer, bool IsProxy, string Host, IEnumerable<string> Headers);

/// <summary>Who may read everybody's numbers without being signed in: a program of this host itself. That a connection
/// comes from loopback is no proof of it: so does everything that a reverse proxy, a tunnel or a forwarded port of this
/// host brings in from anywhere.</summary>
public static class ScrapePolicy
{
    /// <summary>Whoever sends one of these stands for somebody else. A scraper sends none of them.</summary>
    private static readonly string[] s_carried =
    [
        "Forwarded",
        "Via",
        "X-Real-IP",
        "True-Client-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "X-Original-URL",
        "X-Original-Host",
        "X-Rewrite-URL",
        "X-Request-Start",
        "X-Envoy-External-Address",
        "Client-IP",
        "Fastly-Client-IP",
        "CDN-Loop",
        "Cookie",
        "Origin",
        "Referer",
    ];

    private static readonly string[] s_families = ["X-Forwarded", "CF-", "Sec-", "X-Authentik", "Remote-", "X-Auth-"];

    /// <summary>Whether it may be a program of this host that asks for itself. What remains is to ask the kernel whose
    /// process it is: <see cref="IsReader"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="evidence">Headers that carry an identity here; null for none.</param>
    public static bool IsLocal(in ScrapeRequest request, params ReadOnlySpan<string?> evidence)
    {
        if (request.IsProxy || request.Peer is null || !IPAddress.IsLoopback(request.Peer))
            return false;
        if (!IsLoopbackName(request.Host))
            return false;
        foreach (var name in request.Headers)
        {
            foreach (var one in s_carried)
            {
                if (name.Equals(one, StringComparison.OrdinalIgnoreCase))
                    return false;
            }
            foreach (var family in s_families)
            {
                if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase))
                    return false;
            }
            foreach (var header in evidence)
            {
                if (header is not null && name.Equals(header, StringComparison.OrdinalIgnoreCase))
                    return false;
            }
        }
        return true;
    }

    /// <summary>Whether the process at the other end is of an account that the roster lets read them. A proxy that adds
    /// no header at all runs as an account of its own.</summary>
    /// <param name="uid">The kernel's word of the peer's socket.</param>
    /// <param name="passwd"><c>/etc/passwd</c>.</param>
    /// <param name="readers">Accounts of the roster.</param>
    public static bool IsReader(uint uid, string passwd, IReadOnlyList<string> readers)
    {
        foreach (var line in passwd.Split('\n'))
        {
            if (
                line.Split(':') is [var name, _, var number, ..]
                && uint.TryParse(number, out var known)
                && known == uid
                && readers.Contains(name, StringComparer.Ordinal)
            )
                return true;
        }
        return false;
    }

    private static bool IsLoopbackName(string host)
    {
        var end = host.LastIndexOf(':');
        // IPv6 is written in brackets.
        var name = end > 0 && !host.EndsWith(']') ? host[..end] : host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (
                IPAddress.TryParse(name.StartsWith('[') && name.EndsWith(']') ? name[1..^1] : name, out var address)
                && IPAddress.IsLoopback(address)
            );
    }
}
