namespace Berth.Doctoring;

/// <summary>PORT-OPEN: an agent server runs commands as its owner for whoever reaches it, and loopback is no boundary
/// between the people of one host.</summary>
internal static class OpenPorts
{
    public static IEnumerable<Finding> Find(Landscape host)
    {
        foreach (
            var port in host
                .Snapshot.Listeners.GroupBy(listener => (listener.Port, listener.Uid))
                .OrderBy(group => group.Key.Port)
        )
        {
            var (number, uid) = port.Key;
            if (ServerOf(host, port) is not { } server || !host.IsPersonOfHost(uid))
                continue;
            var outside = port.Any(listener => listener.Reach is Reach.Outside);
            var fenced = host.Snapshot.Fences?.Any(span => number >= span.First && number <= span.Last);
            // Who but its owner could come, when only loopback is open?
            if (fenced is true || (!outside && (fenced is null || host.Snapshot.Accounts.Count < 2)))
                continue;
            var finding = Finding.Of(
                "PORT-OPEN",
                $"{host.NameOf(uid)}:{number}",
                $"{server} listens on {(outside ? "every address" : "loopback")}, port {number}; {(fenced is null ? "the firewall could not be read" : "no rule of nftables asks who connects")}",
                outside
                    ? "every machine that reaches this one, and every account on it, talks to that server, and through it runs commands as its owner unless it asks for a password"
                    : "every other account of this host talks to that server, and through it runs commands as its owner unless it asks for a password",
                "berth apply puts a fence around each server's port (table inet berth); by hand: listen on 127.0.0.1 and reject other uids with nftables (meta skuid)"
            );
            yield return outside ? finding : finding with { Severity = Severity.Warning };
        }
    }

    private static string? ServerOf(Landscape host, IEnumerable<ListenerSeen> listeners)
    {
        foreach (var listener in listeners.Where(listener => listener.Pid > 0))
        {
            var process = host.Snapshot.Processes.FirstOrDefault(process => process.Pid == listener.Pid);
            if (process?.Server is { } known)
                return known;
            if (host.Servers.FirstOrDefault(server => server.MainPid == listener.Pid) is { } unit)
                return unit.Name;
        }
        return null;
    }
}
