using Berth.Gateway;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Watching;

/// <summary>Carries out what was decided, and tells of it.</summary>
internal sealed class Mender(
    BootClock clock,
    UnitStates units,
    WoundEvidence evidence,
    Func<PairingCheck?> pairing,
    WatchIncidents desk,
    Action<string> say
) : IDisposable
{
    /// <summary>A server that is told to end has so long; then its whole cgroup is killed. T3 Code takes up to 7.4 s in
    /// the middle of a turn, one that is wedged takes for ever.</summary>
    private const long Grace = 8_000;

    /// <summary>How long it is waited for to be ready again.</summary>
    private const long ReadyFor = 120_000;

    private const int LogLines = 40;
    private static readonly ProcessRunner s_run = new(TimeSpan.FromSeconds(30));
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>So many restarts at a time: when all are wedged at once, the host is not made worse.</summary>
    private readonly SemaphoreSlim _room = new(4);

    /// <summary>Restarts a wedged server, or starts one that systemd gave up.</summary>
    /// <returns>What becomes of what is remembered.</returns>
    public async Task<Func<WatchState, WatchState>> MendAsync(
        Place place,
        Decision decision,
        Sight sight,
        CancellationToken stop
    )
    {
        await _room.WaitAsync(stop);
        try
        {
            var known = await evidence.GatherAsync(place, sight);
            var before = await Task.Run(() => units.Now(place.Unit), stop);
            if (!IsStill(place, decision, before))
                return state => state.Anew(clock.Now()) with { Restarts = -1 };
            var lasted = TimeSpan.FromMilliseconds(Math.Max(0, clock.Now() - decision.Since));
            var report = WatchReport.Wedge(place.Route, decision.Wound, lasted, sight.Asking.Said, known);
            desk.Tell(report, lasted);
            var (ready, outcome, next) = await RestartAsync(place, before!, stop);
            desk.Tell(report with { Outcome = outcome, NextStep = next }, quiet: true);
            desk.End(report.Kind, place.Route.User, report.Subject, outcome);
            return state => state.Anew(clock.Now()) with { Ready = ready };
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Stops a server that ends again and again, and reads why.</summary>
    public async Task<Func<WatchState, WatchState>> StopAsync(Place place, WatchSettings settings)
    {
        var lines = await evidence.LogAsync(place.Unit, LogLines);
        var stopped = await Task.Run(() => s_run.Run("systemctl", "stop", place.Unit));
        if (!stopped.Ok)
            say($"{place.Unit} cannot be stopped: {stopped.Said}");
        var cause = CrashCause.Of(lines);
        desk.Tell(
            WatchReport.Looping(
                place.Route,
                settings,
                place.State.Ends.Count,
                cause,
                [.. lines.TakeLast(10).Select(line => $"log: {line}")]
            )
        );
        return state =>
            state.Anew(clock.Now()) with
            {
                Restarts = -1,
                WantsPort = cause is CrashCause.PortTaken,
                Ends = [],
            };
    }

    /// <summary>Starts a server that was stopped for ending again and again.</summary>
    public async Task<Func<WatchState, WatchState>> TryAsync(Place place)
    {
        say($"{place.Unit} is tried again");
        await Task.Run(() => s_run.Run("systemctl", "reset-failed", place.Unit));
        var started = await Task.Run(() => s_run.Run("systemctl", "start", place.Unit));
        if (!started.Ok)
            say($"{place.Unit} cannot be started: {started.Said}");
        return state => state.Anew(clock.Now());
    }

    /// <summary>Tells of a server that ended by itself.</summary>
    public async Task<Func<WatchState, WatchState>> TellEndAsync(Place place)
    {
        var lines = await evidence.LogAsync(place.Unit, LogLines);
        desk.Tell(
            WatchReport.Ended(
                place.Route,
                Exit(lines) ?? place.Fact?.Exit,
                CrashCause.Of(lines),
                [.. lines.TakeLast(5).Select(line => $"log: {line}")]
            )
        );
        return state => state;
    }

    /// <summary>How its main process ended, as systemd wrote it into the log: once it runs again it says no more.</summary>
    private static string? Exit(IReadOnlyList<string> lines)
    {
        const string mark = "Main process exited, ";
        foreach (var line in lines.Reverse())
        {
            if (line.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0)
                return line[(at + mark.Length)..];
        }
        return null;
    }

    /// <summary>Tells that hands are off.</summary>
    public async Task<Func<WatchState, WatchState>> TellExhaustedAsync(
        Place place,
        Decision decision,
        Sight sight,
        WatchSettings settings
    )
    {
        var known = await evidence.GatherAsync(place, sight);
        desk.Tell(WatchReport.Exhausted(place.Route, settings, decision.Wound, sight.Asking.Said, known));
        return state => state;
    }

    public void Dispose() => _room.Dispose();

    /// <summary>A person may have acted while the evidence was gathered, and a server may have healed.</summary>
    private static bool IsStill(Place place, Decision decision, UnitFact? now) =>
        now is not null
        && (
            decision.Wound is Wound.GivenUp
                ? now.GivenUp
                : now is { Phase: UnitPhase.Active, Frozen: false } && now.MainPid == place.State.Pid
        )
        && (decision.Wound is not Wound.ListenerGone || place.Door().Door is Door.Closed);

    private async Task<(bool Ready, string Outcome, string Next)> RestartAsync(
        Place place,
        UnitFact before,
        CancellationToken stop
    )
    {
        var begun = clock.Now();
        if (before.GivenUp)
            await Task.Run(() => s_run.Run("systemctl", "reset-failed", place.Unit), stop);
        var told = await Task.Run(() => s_run.Run("systemctl", "restart", "--no-block", place.Unit), stop);
        if (!told.Ok)
            return (false, $"systemd refuses to restart it: {told.Said}", $"systemctl restart {place.Unit}");
        var (killed, stopped) = (false, 0L);
        for (var started = false; clock.Now() - begun < ReadyFor; await Task.Delay(s_pause, stop))
        {
            if (!started && await Task.Run(() => units.Now(place.Unit), stop) is { } fact)
            {
                started = fact is { Phase: UnitPhase.Active, MainPid: > 0 } && fact.MainPid != before.MainPid;
                // Its main process, or what that has left behind: agents that do not listen.
                var ends = fact.MainPid == before.MainPid || fact.Phase is UnitPhase.Stopping;
                if (!killed && !started && ends && clock.Now() - begun >= Grace)
                {
                    await Task.Run(() => s_run.Run("systemctl", "kill", "--signal=KILL", place.Unit), stop);
                    killed = true;
                }
                stopped =
                    fact.Phase is not UnitPhase.Inactive ? 0
                    : stopped == 0 ? clock.Now()
                    : stopped;
                if (stopped != 0 && clock.Now() - stopped > Grace)
                    return (false, "somebody stopped it meanwhile, and it stays stopped", "");
            }
            if (!started)
                continue;
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stop);
            attempt.CancelAfter(Asking.Late);
            if (!(await place.Prober.AskAsync(attempt.Token)).Good)
                continue;
            var how = killed ? "it did not end when it was told to, was killed, started again" : "it was restarted";
            var ready = $"{how} and answers after {Words.Time(TimeSpan.FromMilliseconds(clock.Now() - begun))}";
            return pairing() is { } check && await check.RunAsync(place.Prober, stop) is { } signsIn
                ? (true, $"{ready}; signing in {signsIn}", "")
                : (true, ready, "");
        }
        return (
            false,
            $"it was restarted and did not answer within {Words.Time(TimeSpan.FromMilliseconds(ReadyFor))}",
            $"journalctl -u {place.Unit} -n 100"
        );
    }
}
