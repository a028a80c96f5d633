using System.Net;
using System.Net.Sockets;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>Runs a roster's servers in the foreground, without root and without systemd: for a try-out, a container, a
/// test. It says plainly what it cannot promise.</summary>
internal sealed class EmbeddedEngine(Roster roster, StateFolder state, EngineView view)
{
    /// <summary>How long a server may take until it is said to be late.</summary>
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(120);

    /// <returns>Exit code, once everything has ended.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        _ = Native.ProcessControl(Native.ChildSubreaper, 1, 0, 0, 0);
        var caps = CgroupCaps.TryMake();
        view.Event("engine", null, Promise(caps));
        var servers = Servers();
        await using var gateway = await GatewayAsync(servers, stop);
        var running = servers
            .Select(server => server.RunAsync(one => caps?.Enclose(one.User.Name, one.HoldPid, one.Cap), stop))
            .ToList();
        var guard = new GuardLoop(servers, caps, view).RunAsync(stop);
        var greeting = GreetAsync(servers, gateway, stop);
        using (stop.Register(() => servers.ForEach(server => server.Stop())))
            await Task.WhenAll([.. running, greeting, Forever(stop)]);
        await guard;
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

    private List<EmbeddedServer> Servers()
    {
        var ram = HostReader.Ram();
        var (ports, without) = PortAllocator.Assign(roster, state.Ports(), Taken);
        state.Remember(ports);
        foreach (var user in without)
            view.Event("problem", user, "no free port is left in the range of their server; widen 'ports:'");
        var servers = new List<EmbeddedServer>();
        foreach (
            var user in roster.Users.Where(user => user.Serves && !without.Contains(user.Name, StringComparer.Ordinal))
        )
        {
            var port = ports[PortAllocator.Key(user.Server!, user.Name)];
            if (Taken(port))
                view.Event(
                    "problem",
                    user.Name,
                    $"port {port} is taken by another program (ss -ltnp sport = :{port}); stop it, or give them another 'port:'"
                );
            else
            {
                if (Presets.For(roster.Servers[user.Server!]).ListensEverywhere)
                    view.Event(
                        "problem",
                        user.Name,
                        $"{roster.Servers[user.Server!].Preset} listens on every interface and has no option for it: whoever reaches port {port} of this machine reaches it, past the gateway; close the port in your firewall ('berth apply' does, on a systemd host)"
                    );
                servers.Add(
                    new EmbeddedServer(user, roster.Servers[user.Server!], port, state, view)
                    {
                        Cap = user.Memory.On(ram),
                    }
                );
            }
        }
        return servers;
    }

    /// <returns>Null where the roster has none, or it cannot be opened; the servers run all the same.</returns>
    private async Task<EmbeddedGateway?> GatewayAsync(List<EmbeddedServer> servers, CancellationToken stop)
    {
        if (roster.Gateway is not { } settings)
            return null;
        try
        {
            return await EmbeddedGateway.OpenAsync(
                roster,
                servers,
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

    private static bool Taken(int port)
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

    private static async Task Forever(CancellationToken stop) =>
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);

    private async Task GreetAsync(List<EmbeddedServer> servers, EmbeddedGateway? gateway, CancellationToken stop)
    {
        if (servers.Count == 0)
        {
            view.Event("idle", null, "No server to run: nobody in the roster has one. Ctrl-C ends berth.");
            return;
        }
        view.Event(
            "starting",
            null,
            $"Starting {servers.Count} server{(servers.Count == 1 ? "" : "s")}: {string.Join(", ", servers.Select(server => server.User.Name))}"
        );
        using var probe = new ReadyProbe();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_readyLimit);
        var ready = await Task.WhenAll(servers.Select(server => ReadyAsync(probe, server, limit.Token)));
        if (stop.IsCancellationRequested)
            return;
        view.Plain("");
        foreach (var (server, reason) in servers.Zip(ready))
        {
            if (reason is null)
                Open(server, gateway);
            else
                view.Event(
                    "late",
                    server.User.Name,
                    $"its server is not ready yet: it {reason}; log: {state.Log(server.User.Name)}"
                );
        }
        if (gateway is not null)
            view.Plain(
                $"\nEach address is a sign-in link that works once, for a quarter of an hour. Another one: berth link NAME --socket {state.Gateway()}/control.sock"
            );
        view.Plain(
            $"\nLogs: {state.Root}/users/NAME/server.log. Ctrl-C stops everything. Open the addresses above in a browser."
        );
    }

    private void Open(EmbeddedServer server, EmbeddedGateway? gateway)
    {
        var own = $"http://{server.Settings.Host}:{server.Port}/";
        var address = gateway is null ? own : gateway.Link(server.User.Name) ?? gateway.Address;
        if (view.Json)
            view.Event("address", server.User.Name, address);
        view.Plain(
            $"  {server.User.Name, -12} {address}  cap {Size.Show(server.Cap)}{(gateway is null ? SignIn(server) : "")}"
        );
    }

    private string SignIn(EmbeddedServer server) =>
        server.Preset.Secrets.Count == 0
            ? ""
            : $"  (user {server.Preset.Ready.BasicUser ?? server.User.Name}, password: grep {server.Preset.Secrets[0]} {state.SecretFile(server.User.Name)})";

    private async Task<string?> ReadyAsync(ReadyProbe probe, EmbeddedServer server, CancellationToken limit)
    {
        var reason = "did not answer";
        try
        {
            while (true)
            {
                if (server.ServerPid != 0)
                {
                    var said = await probe.AskAsync(
                        server.Settings.Host,
                        server.Port,
                        server.Preset.Ready,
                        server.Password,
                        limit
                    );
                    if (said is null)
                    {
                        view.Event("ready", server.User.Name, $"ready on {server.Settings.Host}:{server.Port}");
                        return null;
                    }
                    reason = said;
                }
                await Task.Delay(TimeSpan.FromMilliseconds(200), limit);
            }
        }
        catch (OperationCanceledException)
        {
            return reason;
        }
    }
}
