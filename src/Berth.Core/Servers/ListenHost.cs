namespace Berth.Servers;

/// <summary>The address that a server listens on, as a roster or a unit writes it.</summary>
public static class ListenHost
{
    /// <summary>Where this host itself reaches it: a server that listens everywhere is asked on loopback.</summary>
    /// <returns>An IP address, where <paramref name="host"/> is one or stands for one.</returns>
    public static string Reached(string host) =>
        host switch
        {
            "0.0.0.0" or "localhost" or "*" or "" => "127.0.0.1",
            "::" => "::1",
            _ => host,
        };
}
