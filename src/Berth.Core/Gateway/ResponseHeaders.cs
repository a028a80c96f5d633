using System.Collections.Frozen;

namespace Berth.Gateway;

/// <summary>Which headers of a server's response are not handed to the browser.</summary>
public static class ResponseHeaders
{
    private static readonly FrozenSet<string> s_dropped = new[]
    {
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authenticate",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        // They would speak for the gateway's own address and certificate.
        "Alt-Svc",
        "Public-Key-Pins",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsDropped(string name) => s_dropped.Contains(name);
}
