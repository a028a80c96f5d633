using System.Net;

namespace Berth.Gateway;

/// <summary>What a request's line in the access log needs to know and the request itself does not say. One for each
/// request at a time, used again.</summary>
internal sealed class RequestNote
{
    public string? User { get; set; }

    public IPAddress? Client { get; set; }

    /// <summary>A look at the gateway's own health: not logged.</summary>
    public bool IsProbe { get; set; }

    /// <summary>The WebSocket that the request became; null when it was answered.</summary>
    public Ride? Ride { get; set; }

    public void Clear() => (User, Client, IsProbe, Ride) = (null, null, false, null);
}
