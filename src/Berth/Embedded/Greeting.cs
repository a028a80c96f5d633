using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>Says of servers that were started when they are ready, and where their people come in.</summary>
internal sealed class Greeting(EmbeddedGateway? gateway, StateFolder state, EngineView view)
{
    /// <summary>How long a server may take until it is said to be late.</summary>
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(120);

    /// <summary>Everybody, at the start.</summary>
    public async Task AllAsync(IReadOnlyList<EmbeddedServer> servers, CancellationToken stop)
    {
        if (servers.Count == 0)
        {
            view.Event("idle", null, "No server to run: nobody in the roster has one. Ctrl-C ends berth.");
            return;
        }
        view.Event(
            "starting",
            null,
            $"Starting {servers.Count} server{(servers.Count == 1 ? "" : "s")}: {string.Join(", ", servers.Select(server => server.User))}"
        );
        await TheseAsync(servers, servers, stop);
        if (stop.IsCancellationRequested)
            return;
        if (gateway is not null)
            view.Plain(
                $"\nEach address is a sign-in link that works once, for a quarter of an hour. Another one: berth link NAME --socket {state.Gateway()}/control.sock"
            );
        view.Plain(
            $"\nLogs: {state.Root}/users/NAME/server.log. Ctrl-C stops everything. Open the addresses above in a browser."
        );
    }

    /// <param name="servers">They were started just now.</param>
    /// <param name="invited">Those of them whose people are told where to come in.</param>
    public async Task TheseAsync(
        IReadOnlyList<EmbeddedServer> servers,
        IReadOnlyList<EmbeddedServer> invited,
        CancellationToken stop
    )
    {
        using var probe = new ReadyProbe();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_readyLimit);
        var ready = await Task.WhenAll(servers.Select(server => ReadyAsync(probe, server, limit.Token)));
        if (stop.IsCancellationRequested)
            return;
        view.Plain("");
        foreach (var (server, reason) in servers.Zip(ready))
        {
            if (server.Ending.IsCancellationRequested)
                continue;
            if (reason is not null)
                view.Event(
                    "late",
                    server.User,
                    $"its server is not ready yet: it {reason}; log: {state.Log(server.User)}"
                );
            else if (invited.Contains(server))
                Invite(server);
        }
    }

    private void Invite(EmbeddedServer server)
    {
        var own = $"http://{server.Placement.Settings.Host}:{server.Placement.Port}/";
        var address = gateway is null ? own : gateway.Link(server.User) ?? gateway.Address;
        if (view.Json)
            view.Event("address", server.User, address);
        view.Plain(
            $"  {server.User, -12} {address}  cap {Size.Show(server.Placement.Cap)}{(gateway is null ? SignIn(server) : "")}"
        );
    }

    private string SignIn(EmbeddedServer server) =>
        server.Preset.Secrets.Count == 0
            ? ""
            : $"  (user {server.Preset.Ready.BasicUser ?? server.User}, password: grep {server.Preset.Secrets[0]} {state.SecretFile(server.User)})";

    private async Task<string?> ReadyAsync(ReadyProbe probe, EmbeddedServer server, CancellationToken limit)
    {
        var reason = "did not answer";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit, server.Ending);
        try
        {
            while (true)
            {
                if (server.ServerPid != 0)
                {
                    var place = server.Placement;
                    var said = await probe.AskAsync(
                        place.Settings.Host,
                        place.Port,
                        server.Preset.Ready,
                        server.Password,
                        end.Token
                    );
                    if (said is null)
                    {
                        view.Event("ready", server.User, $"ready on {place.Settings.Host}:{place.Port}");
                        return null;
                    }
                    reason = said;
                }
                await Task.Delay(TimeSpan.FromMilliseconds(200), end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return reason;
        }
    }
}
