using System.Net;
using System.Net.Sockets;
using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>Gives servers their ports, and keeps them from those of other programs.</summary>
internal sealed class ServerPorts(StateFolder state, EngineView view)
{
    /// <returns>Everybody whose server is to run, with a port that stays theirs.</returns>
    /// <exception cref="IOException">The ports cannot be remembered.</exception>
    public IReadOnlyList<Placement> Give(Roster roster)
    {
        var (ports, without) = PortAllocator.Assign(roster, state.Ports(), IsTaken);
        state.Remember(ports);
        foreach (var user in without)
            view.Event("problem", user, "no free port is left in the range of their server; widen 'ports:'");
        return Placement.Of(roster, ports, without, HostReader.Ram());
    }

    /// <returns>Those whose port no other program has.</returns>
    public IReadOnlyList<Placement> Free(IEnumerable<Placement> placements) => [.. placements.Where(IsFree)];

    private bool IsFree(Placement one)
    {
        if (IsTaken(one.Port))
        {
            view.Event(
                "problem",
                one.User,
                $"port {one.Port} is taken by another program (ss -ltnp sport = :{one.Port}); stop it and save the roster again, or give them another 'port:'"
            );
            return false;
        }
        if (Presets.For(one.Settings).ListensEverywhere)
            view.Event(
                "problem",
                one.User,
                $"{one.Settings.Preset} listens on every interface and has no option for it: whoever reaches port {one.Port} of this machine reaches it, past the gateway; close the port in your firewall ('berth apply' does, on a systemd host)"
            );
        return true;
    }

    private static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
