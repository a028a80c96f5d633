using System.Text.Json;
using Berth.Gateway;
using Berth.Host;
using Berth.Incidents;
using Berth.Units;

namespace Berth.Watching;

/// <summary>The watchdog: looks at every server each second, asks each its ready check every ten seconds and at once when
/// in doubt, and does what <see cref="Watch"/> decides.</summary>
/// <param name="paths">The host.</param>
/// <param name="clock">The clock.</param>
/// <param name="say">One line for the journal.</param>
public sealed class Watchdog(HostPaths paths, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan s_round = TimeSpan.FromSeconds(1);

    /// <summary>What systemd said longer ago is asked again where it is asked anyway.</summary>
    private const long Old = 30_000;

    /// <summary>So long it is believed where nothing is amiss.</summary>
    private const long Oldest = 60_000;

    /// <summary>One that does not run is looked for so often.</summary>
    private const long Idle = 5_000;

    private const long Remembered = 10_000;
    private const int MostQuestions = 256;

    private readonly Files _files = new(paths);
    private readonly WatchNumbers _numbers = new(paths, clock, say);
    private readonly List<Place> _places = [];
    private WatchConfig? _config;
    private (ulong, ulong, long, uint) _stamp;
    private string _written = "";
    private long _writtenAt;

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="alive">Called each round.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="IOException">Its files cannot be made.</exception>
    public async Task RunAsync(Action alive, CancellationToken stop)
    {
        using var boot = new BootClock(paths);
        using var sockets = new KernelSockets();
        using var store = IncidentStore.Open(paths[IncidentStore.Path], clock.GetUtcNow(), say);
        await using var desk = new WatchIncidents(store, clock, say);
        var units = new UnitStates(boot);
        var check = new PairingCheck(new DaemonClient(paths[GatewayUnits.DaemonPath], clock), clock);
        using var mender = new Mender(
            boot,
            units,
            new WoundEvidence(paths),
            () => _config is { Paired: true } ? check : null,
            desk,
            say
        );
        var before = WatchMemory.Parse(_files.Text(WatchMemory.Path));
        Configure(boot, sockets, before);
        desk.Keep(incident =>
            before.Servers.Any(server =>
                server.User == incident.User
                && (server.State.HandsOff || server.State.Squatted || server.State.Stance is Stance.Trying)
            )
        );
        using var timer = new PeriodicTimer(s_round, clock);
        try
        {
            do
            {
                Configure(boot, sockets, WatchMemory.Empty);
                Round(boot.Now(), units, mender, desk, stop);
                desk.Close();
                alive();
            } while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end. A restart that is under way is systemd's by now.
        }
        finally
        {
            Remember(boot.Now(), always: true);
            foreach (var place in _places)
                place.Dispose();
        }
    }

    /// <summary>Takes up what apply wrote, where it changed. What makes no sense leaves things as they are.</summary>
    private void Configure(BootClock boot, KernelSockets sockets, WatchMemory memory)
    {
        var stamp = Native.StatPath(paths[WatchConfig.Path], out var stat) ? stat.Stamp : default;
        if (stamp == _stamp)
            return;
        _stamp = stamp;
        try
        {
            _config = WatchConfig.Parse(_files.Text(WatchConfig.Path) ?? "null");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or JsonException)
        {
            say($"{WatchConfig.Path} cannot be used ({wrong.Message}); run 'berth apply'; what was known stays in use");
            return;
        }
        var wanted = _config.Servers.ToHashSet();
        var kept = _places.ToDictionary(place => place.Unit, place => place.State, StringComparer.Ordinal);
        foreach (var server in memory.Servers)
            kept[server.Unit] = server.State;
        foreach (var gone in _places.Where(place => !wanted.Contains(place.Route)).ToList())
        {
            _places.Remove(gone);
            gone.Dispose();
        }
        var known = _places.Select(place => place.Route).ToHashSet();
        var at = boot.Now();
        foreach (var route in _config.Servers.Where(route => !known.Contains(route)))
        {
            var place = new Place(route, paths, sockets.Find, boot);
            // Another port is another run; how often it was restarted stays.
            place.State = kept.GetValueOrDefault(place.Unit, WatchState.New);
            place.Questions.Spread(at, _places.Count * 97 % Decision.Calm);
            _places.Add(place);
        }
        say($"watches {Words.Count(_places.Count, "server")}");
    }

    private void Round(long at, UnitStates units, Mender mender, WatchIncidents desk, CancellationToken stop)
    {
        if (units.Take() is { } shown)
        {
            foreach (var place in _places)
                place.Take(shown);
        }
        var open = _places.Sum(place => place.Questions.Open);
        foreach (var place in _places)
        {
            if (place.Work is { } work)
            {
                if (!work.IsCompleted)
                    continue;
                Finish(place, work);
            }
            place.Questions.Turn(at, open < MostQuestions || place.Last.Suspect ? place.Last.Pace : 0);
            Decide(place, at, mender, desk, stop);
        }
        Ask(at, units);
        Remember(at, always: false);
        _numbers.Tell(at, _places, desk.Open());
    }

    private void Finish(Place place, Task<Func<WatchState, WatchState>> work)
    {
        place.Work = null;
        if (work.IsCompletedSuccessfully)
        {
            var after = work.Result(place.State);
            if (after.Fresh != place.State.Fresh)
                place.Questions.Forget();
            place.State = after;
        }
        else if (work.Exception?.GetBaseException() is { } failure)
        {
            say($"{place.Unit}: {failure.Message}");
        }
    }

    private void Decide(Place place, long at, Mender mender, WatchIncidents desk, CancellationToken stop)
    {
        var settings = _config!.Settings;
        var sight = place.Look(at);
        var fresh = place.State.Fresh;
        var decision = Watch.Decide(place.State, sight, settings);
        (place.State, place.Last) = (decision.State, decision);
        // A new run, a gap, a pause: answers and silences of before say nothing.
        if (decision.State.Fresh != fresh)
            place.Questions.Forget();
        Tell(place, decision.Tiding, desk);
        if (decision.Order is Order.Restart or Order.Start && decision.Wound is not Wound.None)
            _numbers.Restarted(place.Route.User, decision.Wound);
        place.Work = (decision.Order, decision.Tiding) switch
        {
            (Order.Restart, _) or (Order.Start, _) when decision.Wound is not Wound.None => mender.MendAsync(
                place,
                decision,
                sight,
                stop
            ),
            (Order.Start, _) => mender.TryAsync(place),
            (Order.Stop, _) => mender.StopAsync(place, settings),
            (_, Tiding.Exhausted) => mender.TellExhaustedAsync(place, decision, sight, settings),
            (_, Tiding.Ended) => mender.TellEndAsync(place),
            _ => null,
        };
        if (place.Work is not null)
            Remember(at, always: true);
    }

    private void Tell(Place place, Tiding tiding, WatchIncidents desk)
    {
        var user = place.Route.User;
        void Over(string outcome)
        {
            desk.End(IncidentKind.Exhausted, user, place.Unit, outcome);
            desk.End(IncidentKind.CrashLoop, user, place.Unit, outcome);
        }
        switch (tiding)
        {
            case Tiding.Recovered:
                Over("it answers again; the watchdog looks after it as before");
                break;
            case Tiding.TakenOver:
                Over("somebody has started or stopped it since; the watchdog looks after it as before");
                break;
            case Tiding.Squatted:
                desk.Tell(WatchReport.Squatted(place.Route, Name(place.Squatter)));
                break;
            case Tiding.PortFree:
                desk.End(
                    IncidentKind.Wedge,
                    user,
                    WatchReport.PortSubject(place.Unit),
                    "nobody else listens there any more"
                );
                break;
        }
    }

    private string Name(int uid) =>
        (_files.Text("/etc/passwd") ?? "")
            .Split('\n')
            .Select(line => line.Split(':'))
            .FirstOrDefault(fields => fields.Length > 2 && fields[2] == $"{uid}")
            ?[0]
        ?? $"uid {uid}";

    /// <summary>One call for all that something is to be known of.</summary>
    private void Ask(long at, UnitStates units)
    {
        if (units.IsAsking || _places.Count == 0)
            return;
        bool Needs(Place place)
        {
            var age = at - place.FactAt;
            return place.Work is null
                && (
                    place.Fact is null
                    || place.Last.Suspect
                    || age >= (place.Fact.Phase is UnitPhase.Active ? Oldest : Idle)
                );
        }
        if (!_places.Exists(Needs))
            return;
        units.Ask([.. _places.Where(place => Needs(place) || at - place.FactAt >= Old).Select(place => place.Unit)]);
    }

    /// <summary>Before anything is done, and now and then.</summary>
    private void Remember(long at, bool always)
    {
        if (!always && at - _writtenAt < Remembered)
            return;
        _writtenAt = at;
        var text = new WatchMemory([
            .. _places.Select(place => new WatchedServer(
                place.Route.User,
                place.Unit,
                place.State,
                place.Questions.Took
            )),
        ]).ToJson();
        if (text == _written)
            return;
        try
        {
            _files.WriteState(WatchMemory.Path, System.Text.Encoding.UTF8.GetBytes(text));
            _written = text;
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            say($"{full.Message}; what happened is kept in memory");
        }
    }
}
