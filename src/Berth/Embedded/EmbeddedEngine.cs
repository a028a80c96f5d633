using System.Net.Sockets;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Embedded;

/// <summary>Runs a roster's servers in the foreground, without root and without systemd: for a try-out, a container, a
/// test. It says plainly what it cannot promise.</summary>
internal sealed class EmbeddedEngine(Roster roster, RosterWatch watch, StateFolder state, EngineView view)
{
    /// <returns>Exit code, once everything has ended.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        _ = Native.ProcessControl(Native.ChildSubreaper, 1, 0, 0, 0);
        var caps = CgroupCaps.TryMake();
        view.Event("engine", null, Promise(caps));
        var ports = new ServerPorts(state, view);
        var wanted = ports.Free(ports.Give(roster));
        await using var gateway = await GatewayAsync(wanted, stop);
        var servers = new ServerSet(state, view, caps);
        var started = servers.Start(wanted);
        var guard = new GuardLoop(servers, caps, view).RunAsync(stop);
        var greeting = new Greeting(gateway, state, view);
        var greeted = greeting.AllAsync(started, stop);
        var following = new LiveRoster(ports, servers, gateway, greeting, view).RunAsync(roster, watch, stop);
        await Forever(stop);
        await servers.EndAsync();
        await Task.WhenAll(following, greeted, guard);
        ProcessTree.KillBelow(Environment.ProcessId);
        view.Event("ended", null, "everything is stopped");
        return ExitCodes.Ok;
    }

    private static string Promise(CgroupCaps? caps) =>
        (
            caps is null
                ? "Memory: no writable cgroup v2 memory controller here, so a guard samples and kills the largest process of whoever is over their cap; a sudden hog can overshoot."
                : "Memory: each person's servers run under the kernel's own cap (cgroup v2)."
        )
        + " Everyone runs as you, so people are not isolated from one another in this engine; 'berth apply' on a systemd host does that.";

    /// <returns>Null where the roster has none, or it cannot be opened; the servers run all the same.</returns>
    private async Task<EmbeddedGateway?> GatewayAsync(IReadOnlyList<Placement> placements, CancellationToken stop)
    {
        if (roster.Gateway is not { } settings)
            return null;
        try
        {
            return await EmbeddedGateway.OpenAsync(
                roster,
                placements,
                state,
                line => view.Event("gateway", null, line),
                stop
            );
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException)
        {
            view.Event(
                "problem",
                null,
                $"the gateway cannot listen on {settings.Listen}: {failure.Message}; the servers run without it"
            );
            return null;
        }
    }

    private static async Task Forever(CancellationToken stop) =>
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
}
