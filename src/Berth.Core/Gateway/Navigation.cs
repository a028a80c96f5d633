namespace Berth.Gateway;

/// <summary>Tells a person who goes to a page from everything that a page fetches by itself. Only the first may be
/// answered with a page of Berth's or led through signing in: a script that gets a page in place of its data
/// breaks.</summary>
public static class Navigation
{
    /// <param name="method">Method of the request.</param>
    /// <param name="mode">Sec-Fetch-Mode; null when absent.</param>
    /// <param name="destination">Sec-Fetch-Dest; null when absent.</param>
    /// <param name="accept">Accept; null when absent.</param>
    /// <param name="upgrades">It asks for an upgrade (WebSocket).</param>
    /// <param name="requestedWith">X-Requested-With; what scripts say of themselves.</param>
    public static bool IsDocument(
        string method,
        string? mode,
        string? destination,
        string? accept,
        bool upgrades,
        string? requestedWith
    )
    {
        if (upgrades || !string.Equals(method, "GET", StringComparison.Ordinal))
            return false;
        if (!string.IsNullOrEmpty(mode) || !string.IsNullOrEmpty(destination))
            return mode is null or "" or "navigate" && destination is null or "" or "document";
        return string.IsNullOrEmpty(requestedWith)
            && accept is not null
            && accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);
    }
}
