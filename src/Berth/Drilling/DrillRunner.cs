using Berth.Host;
using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>Does drills one after the other on one scene, and judges each.</summary>
/// <param name="scene">The host as it is asked.</param>
/// <param name="asked">Everybody whose server is asked; the victim's first.</param>
/// <param name="say">One line of progress.</param>
internal sealed class DrillRunner(DrillScene scene, IReadOnlyList<Prober> asked, Action<string> say)
{
    /// <summary>How long all is looked at before the first fault, in seconds: what is usual here.</summary>
    private const double FirstSeconds = 2;

    /// <summary>The same before each other one: the longest silence of all of them counts.</summary>
    private const double QuietSeconds = 1;

    /// <summary>How long an incident may take to be told, in seconds.</summary>
    private const double TellingSeconds = 20;

    /// <summary>How long is looked whether the same is told again, in seconds.</summary>
    private const double AgainSeconds = 3;

    /// <summary>Of the silence before a fault: who is silent for longer cannot be judged by it, in milliseconds.</summary>
    private const double TooSlow = 3000;

    private readonly Dictionary<string, double> _quiet = new(StringComparer.Ordinal);
    private bool _rested;

    public DrillResult Do(Scenario scenario)
    {
        say($"{scenario.Title}: {scenario.Does}");
        var from = Moment.Now;
        try
        {
            return Done(scenario, from);
        }
        catch (DrillException broken)
        {
            return DrillResult.Refused(scenario, broken.Message) with { Seconds = (Moment.Now - from) / 1000 };
        }
    }

    private DrillResult Done(Scenario scenario, double from)
    {
        WaitForAnswers();
        scene.StartAgents();
        using var server = new MemoryCurve(scene.Victim.Cgroup);
        using var slice = new MemoryCurve(scene.Victim.Slice);
        var began = Moment.Now;
        DrillScene.Wait(_rested ? QuietSeconds : FirstSeconds);
        List<IAsked> everybody = [.. asked, .. scene.Agents.Select(agent => agent.Heart)];
        var agents = scene.Agents.ToList();
        var fault = Moment.Now;
        if (!_rested)
            scene.Machine.Rest(began, fault);
        _rested = true;
        var calm = scene.Machine.Stalls(began, fault);
        foreach (var one in everybody)
            _quiet[one.Name] = Math.Max(
                _quiet.GetValueOrDefault(one.Name),
                Gaps.Of(began, fault, one.Answers(), one.Pause, calm).Held
            );
        if (_quiet.MaxBy(one => one.Value) is { Value: > TooSlow } slow)
        {
            _quiet.Clear();
            throw new DrillException(
                $"{slow.Key} was silent for {slow.Value:0} ms while nothing was done to it: this box is too slow or too busy now to judge a gap"
            );
        }
        scene.Quiet = _quiet.GetValueOrDefault(asked[0].Name);
        scene.ForgetKills();
        var before = scene.Server(null);
        var wall = DateTimeOffset.UtcNow;
        var sight = Make(scenario);
        var to = Moment.Now;
        var machine = scene.Machine.Stalls(fault, to);
        var telling = new Telling(0, "", false);
        if (scenario.Incident is { } kind)
            _ = DrillScene.Until(
                TellingSeconds,
                () => (telling = scene.Told(kind, wall.AddSeconds(-1), sight.Hogs)) is { Times: > 0, NamesIt: true },
                400
            );
        if (scenario.Incident is IncidentKind.ForkStorm)
        {
            // One storm is told once: whoever would tell it again has had the time to.
            DrillScene.Wait(AgainSeconds);
            telling = scene.Told(IncidentKind.ForkStorm, wall.AddSeconds(-1), sight.Hogs);
        }
        var seen = new Observation(
            [
                .. everybody.Select(one => new Track(
                    one.Role,
                    one.Name,
                    _quiet.GetValueOrDefault(one.Name),
                    Gaps.Of(fault, to, one.Answers(), one.Pause, machine)
                )),
            ],
            scene.Server(before),
            [
                .. scene
                    .Killed()
                    .Select(kill => new Killed(kill.Pid, kill.Name, sight.Hogs.Contains(kill.Pid), kill.AtCap)),
            ],
            sight.Hog,
            // Where the server was meant to be stopped, its agents were as well.
            scenario.Checks.Contains(Check.ServerLives)
                ? [.. agents.Where(agent => !agent.Heart.Lives).Select(agent => agent.Heart.Name)]
                : [],
            telling,
            sight.Answers
        )
        {
            Looked = to - fault,
            Still = machine.Total,
            Unread = scene.Unread,
        };
        var verdicts = Judge.Of(scenario, seen);
        var result = new DrillResult(
            scenario,
            null,
            verdicts,
            [.. everybody.Append(scene.Machine.Asked).Select(one => Silent(one, from, to))],
            Memory(("server and its agents", server), ("sessions", slice), from),
            (fault - from) / 1000,
            (Moment.Now - from) / 1000
        );
        foreach (var verdict in verdicts.Where(verdict => verdict.Outcome is not Outcome.Pass))
            say($"  {(verdict.Outcome is Outcome.Fail ? "FAILED" : "refused")}  {verdict.Says}: {verdict.Words}");
        say(
            $"  {(result.Outcome is Outcome.Pass ? "passed" : $"{result.Outcome}".ToLowerInvariant())} in {result.Seconds:0} s"
        );
        return result;
    }

    /// <summary>What the drill before has left (a server that starts anew) is no quiet.</summary>
    private void WaitForAnswers()
    {
        var silent = "";
        bool All()
        {
            var now = Moment.Now;
            silent = asked.FirstOrDefault(one => !(one.Answers() is [.., var last] && now - last < 1000))?.Name ?? "";
            return silent.Length == 0;
        }
        if (!DrillScene.Until(30, All))
            throw new DrillException($"{silent} gives no answer before anything was done to it: 'berth status'");
    }

    private FaultSight Make(Scenario scenario) =>
        scenario.Fault switch
        {
            Fault.Hog => MemoryFaults.Hog(scene, scenario),
            Fault.SmallHogs => MemoryFaults.Small(scene, scenario),
            Fault.ForkBomb => ServerFaults.ForkBomb(scene, scenario),
            Fault.Wedge => ServerFaults.Wedge(scene, scenario, asked[0]),
            Fault.DaemonKill => ServerFaults.DaemonKill(scene, scenario),
            Fault.Logout => CredentialFaults.Logout(scene, scenario),
            Fault.TokenRevoked => CredentialFaults.TokenRevoked(scene),
            Fault.Squatter => SquatFault.Make(scene, scenario, asked[0]),
            Fault.DiskFull => DiskFault.Make(scene, scenario),
            _ => throw new DrillException("this version cannot do it"),
        };

    /// <summary>At each answer: how long there had been none, less the pause that is the asker's own.</summary>
    private static Curve Silent(IAsked one, double from, double to)
    {
        var points = new List<Point>();
        double? last = null;
        foreach (var at in one.Answers().Where(at => at >= from && at <= to))
        {
            if (last is { } before)
                points.Add(new Point(Axis(at, from), Math.Round(Math.Max(0, at - before - one.Pause), 1)));
            last = at;
        }
        return new Curve(one.Name, points);
    }

    private static IReadOnlyList<Curve> Memory(
        (string Name, MemoryCurve Of) server,
        (string Name, MemoryCurve Of) sessions,
        double from
    ) =>
        [
            .. ((ReadOnlySpan<(string Name, MemoryCurve Of)>)[server, sessions])
                .ToArray()
                .Select(curve => new Curve(
                    curve.Name,
                    [.. curve.Of.Points().Select(point => new Point(Axis(point.At, from), Math.Round(point.Value, 1)))]
                ))
                .Where(curve => curve.Points.Count > 0),
        ];

    /// <summary>Seconds since the drill began, in tenths of a second enough for a picture.</summary>
    private static double Axis(double at, double from) => Math.Round((at - from) / 1000, 2);
}
