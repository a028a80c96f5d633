using System.ComponentModel;
using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>Carries an edit of the roster out while everything runs. Who has nothing to do with it does not notice.
/// </summary>
/// <param name="ports">Gives everybody their port.</param>
/// <param name="servers">The servers that run.</param>
/// <param name="gateway">The gateway before them; null for none.</param>
/// <param name="greeting">Tells of those that were started.</param>
/// <param name="view">Is told everything.</param>
internal sealed class LiveRoster(
    ServerPorts ports,
    ServerSet servers,
    EmbeddedGateway? gateway,
    Greeting greeting,
    EngineView view
)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private readonly List<Task> _greetings = [];
    private string _refused = "";

    /// <summary>Follows the files until it is told to stop.</summary>
    public async Task RunAsync(Roster roster, RosterWatch watch, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                if (watch.Look() is { } reading)
                    roster = await TakeUpAsync(roster, reading, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        await Task.WhenAll(_greetings);
    }

    /// <returns>The roster by which things run from now on.</returns>
    private async Task<Roster> TakeUpAsync(Roster before, RosterReading reading, CancellationToken stop)
    {
        if (reading.Problems.Count > 0 || reading.Roster is not { } edited)
        {
            foreach (var problem in reading.Problems)
                view.Event("problem", null, problem.ToString());
            view.Event(
                "refused",
                null,
                "The roster was not taken up; everything goes on as before until it is mended."
            );
            return before;
        }
        Refuse(before.Gateway, edited.Gateway);
        var after = edited with { Gateway = GatewayEdit.Live(before.Gateway, edited.Gateway) };
        try
        {
            var change = RosterChange.Between(before, after, servers.Placements, ports.Give(after));
            view.Event("roster", null, $"The roster is taken up: {change}");
            await CarryOutAsync(change, after, stop);
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or InvalidDataException or Win32Exception)
        {
            view.Event("problem", null, $"not all of the roster could be taken up: {failure.Message}; save it again");
        }
        return after;
    }

    private async Task CarryOutAsync(RosterChange change, Roster after, CancellationToken stop)
    {
        servers.Change(change.Stays);
        string[] leaving = [.. change.Stops.Keys, .. change.Restarts.Select(one => one.User)];
        var held = servers.Placements.Where(one => leaving.Contains(one.User)).Select(one => one.Port).ToHashSet();
        // Nobody who is new waits for somebody else's server to end, unless it has their port.
        var now = change.Starts.ToLookup(one => !held.Contains(one.Port));
        Start(now[true], change, stop);
        await RouteAsync(after, servers.Placements.Where(one => !change.Stops.ContainsKey(one.User)));
        await servers.EndAsync(leaving);
        foreach (var (user, why) in change.Stops)
            view.Event("stopped", user, $"its server is stopped: {why}");
        Start([.. now[false], .. change.Restarts], change, stop);
        await RouteAsync(after, servers.Placements);
    }

    private void Start(IEnumerable<Placement> placements, RosterChange change, CancellationToken stop)
    {
        var started = servers.Start(ports.Free(placements));
        foreach (var server in started)
            view.Event("starting", server.User, "its server is starting");
        var invited = started.Where(server => change.Starts.Contains(server.Placement)).ToList();
        _greetings.RemoveAll(greeting => greeting.IsCompleted);
        if (started.Count > 0)
            _greetings.Add(greeting.TheseAsync(started, invited, stop));
    }

    private Task RouteAsync(Roster roster, IEnumerable<Placement> placements) =>
        gateway?.ChangeAsync(roster, [.. placements]) ?? Task.CompletedTask;

    /// <summary>Says once what only a new start takes up.</summary>
    private void Refuse(GatewaySettings? running, GatewaySettings? edited)
    {
        var keys = string.Join(", ", GatewayEdit.Fixed(running, edited));
        if (keys.Length > 0 && keys != _refused)
            view.Event(
                "problem",
                null,
                $"gateway: what changed of {keys} is not taken up while it runs; end berth up with Ctrl-C and start it again (the rest of the roster is taken up)"
            );
        _refused = keys;
    }
}
