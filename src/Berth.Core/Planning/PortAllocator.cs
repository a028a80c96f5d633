using Berth.Rosters;

namespace Berth.Planning;

/// <summary>Gives every user of a server a port, and keeps it: a port once given stays, through parking, removal and
/// changes of the roster's order.</summary>
public static class PortAllocator
{
    /// <summary>The key a port is remembered by.</summary>
    public static string Key(string server, string user) => $"{server}/{user}";

    /// <summary>Assigns ports: a fixed one, else the remembered one while it is in range, else the first free one.</summary>
    /// <param name="roster">The roster.</param>
    /// <param name="remembered">Ports given before, by <see cref="Key"/>; entries of unknown users are kept.</param>
    /// <param name="taken">Whether something else listens there; asked only for a port that would be newly given.</param>
    /// <returns>The new memory, and the users for whom no port was left.</returns>
    public static (IReadOnlyDictionary<string, int> Ports, IReadOnlyList<string> Without) Assign(
        Roster roster,
        IReadOnlyDictionary<string, int> remembered,
        Func<int, bool> taken
    )
    {
        var ports = new Dictionary<string, int>(remembered, StringComparer.Ordinal);
        var used = new HashSet<int>(remembered.Values);
        var claimed = new HashSet<int>();
        foreach (var user in roster.Users)
        {
            if (user is { Server: { } server, Port: { } port })
            {
                ports[Key(server, user.Name)] = port;
                claimed.Add(port);
            }
        }
        used.UnionWith(claimed);
        if (GatewayPort(roster) is { } gateway)
            used.Add(gateway);
        var without = new List<string>();
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var user in roster.Users)
        {
            if (user.Server is not { } name || user.Port is not null)
                continue;
            var range = roster.Servers[name].Ports;
            var key = Key(name, user.Name);
            if (
                ports.TryGetValue(key, out var kept)
                && range.Contains(kept)
                && !claimed.Contains(kept)
                && kept != GatewayPort(roster)
            )
                continue;
            var port = next.GetValueOrDefault(name, range.First);
            while (port <= range.Last && (used.Contains(port) || taken(port)))
                port++;
            next[name] = port + 1;
            if (port > range.Last)
            {
                ports.Remove(key);
                without.Add(user.Name);
                continue;
            }
            ports[key] = port;
            used.Add(port);
        }
        return (ports, without);
    }

    /// <summary>The gateway's own port is nobody's, also where it lies in a server's range.</summary>
    internal static int? GatewayPort(Roster roster) =>
        roster.Gateway is { Listen: var listen } && System.Net.IPEndPoint.TryParse(listen, out var address)
            ? address.Port
            : null;
}
