using System.Globalization;
using Berth.Incidents;
using Berth.Units;

namespace Berth.Drilling;

/// <summary>Servers that hang, tasks without end, Berth's own services killed.</summary>
internal static class ServerFaults
{
    /// <summary>So long a server may be wedged, in seconds, before it is restarted.</summary>
    private const double Bound = 30;

    public static FaultSight Wedge(DrillScene scene, Scenario scenario, IAsked server)
    {
        var before = scene.MainPid(scene.Victim.Unit);
        var begun = Moment.Now;
        Tell(scene.Run.Run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", scene.Victim.Unit));
        var restarted = DrillScene.Until(
            scenario.Seconds,
            () => scene.MainPid(scene.Victim.Unit) is > 0 and var pid && pid != before,
            500
        );
        var end = Moment.Now;
        var took = (end - begun) / 1000;
        var answers = restarted && DrillScene.Until(30, () => server.Answers() is { Count: > 0 } all && all[^1] > end);
        var figure = Seconds(took);
        // Nobody could restart it while the machine stood still.
        var bar = Bound + ((scene.Quiet + scene.Machine.Stalls(begun, end).Total) / 1000);
        // Its agents were ended with it.
        scene.Agents.Clear();
        return FaultSight.Of(
            restarted && answers && took <= bar
                ? new Answer(Check.RestartedInTime, true, figure, "")
                : new Answer(
                    Check.RestartedInTime,
                    false,
                    restarted ? figure : "never",
                    !restarted
                            ? $"nobody restarted it within {scenario.Seconds} s: systemctl status {WatchdogUnits.Service}"
                        : !answers ? $"it was restarted and does not answer: journalctl -u {scene.Victim.Unit} -n 20"
                        : $"it was restarted after {figure}; the bound is {Seconds(bar)}"
                )
        );
    }

    public static FaultSight ForkBomb(DrillScene scene, Scenario scenario)
    {
        var (victim, tools) = (scene.Victim, Surfaces.Tools(scene.Victim));
        // A small bomb fills a small room: the roster's cap is made lower where there is one, and put back after it.
        var most = Surfaces.Number(victim.Cgroup, "pids.max");
        if (most is not null && Surfaces.Number(victim.Cgroup, "pids.current") is { } now)
            File.WriteAllText($"{victim.Cgroup}/pids.max", Number(Math.Min(most.Value, now + 40)));
        var before = Surfaces.Refused(victim.Cgroup) + Surfaces.Refused(tools);
        var bomb = scene.Parts.Inside(
            tools,
            victim,
            Parts.Limit,
            "fork",
            "--to",
            "120",
            "--seconds",
            Number(scenario.Seconds * 2)
        );
        _ = DrillScene.Until(scenario.Seconds, () => bomb.Says("refused") || bomb.Says("started"));
        var started = Moment.Now;
        var other = scene.Parts.As(scene.Peer!, "/bin/true");
        var took = (Moment.Now - started) / 1000;
        DrillScene.Wait(scenario.Seconds / 2.0);
        var refused = Surfaces.Refused(victim.Cgroup) + Surfaces.Refused(tools) - before;
        var held = Surfaces.Number(victim.Cgroup, "pids.current") ?? 0;
        var cap = Surfaces.Number(victim.Cgroup, "pids.max");
        scene.Parts.Stop(bomb);
        EndSleepers(tools);
        if (most is not null)
            File.WriteAllText($"{victim.Cgroup}/pids.max", Number(most.Value));
        return FaultSight.Of(
            !bomb.Says("pid")
                    ? new Answer(
                        Check.TasksRefused,
                        null,
                        "",
                        $"the bomb did not start: journalctl -u {bomb.Unit} -n 20"
                    )
                : refused > 0 ? new Answer(Check.TasksRefused, true, $"{held} of {cap} tasks", "")
                : new Answer(
                    Check.TasksRefused,
                    false,
                    $"{held} tasks",
                    cap is null
                        ? $"nothing was refused: pids.max of {victim.Unit} is max (TasksMax=)"
                        : $"nothing was refused, though {held} of {cap} tasks run"
                ),
            other.Ok
                ? new Answer(Check.OthersStart, true, Seconds(took), "")
                : new Answer(
                    Check.OthersStart,
                    false,
                    Seconds(took),
                    $"another person could not start /bin/true: {other.Said}"
                )
        );
    }

    public static FaultSight DaemonKill(DrillScene scene, Scenario scenario)
    {
        string[] services = [RecorderUnits.Service, WatchdogUnits.Service, AgentUnits.Service, GatewayUnits.Daemon];
        var running = services.Where(unit => scene.MainPid(unit) > 0).ToList();
        var before = running.ToDictionary(unit => unit, scene.MainPid, StringComparer.Ordinal);
        var tools = Surfaces.Tools(scene.Victim);
        var cap = MemoryFaults.Expected(scene, false, tools);
        var to = MemoryFaults.More(cap);
        var hog = scene.Parts.Inside(
            tools,
            scene.Victim,
            Parts.Limit,
            "hog",
            "--to",
            Number(to),
            "--rate",
            Number(to / scenario.Seconds),
            "--seconds",
            "4"
        );
        _ = DrillScene.Until(10, () => hog.Pid is not null);
        // One after the other, while it grows: a host loses one service at a time.
        foreach (var unit in running)
        {
            Tell(scene.Run.Run("systemctl", "kill", "--signal=KILL", unit));
            _ = DrillScene.Until(scenario.Seconds / 4.0, () => Back(unit), 200);
        }
        _ = DrillScene.Until(
            scenario.Seconds + 10,
            () => hog.Says("holds") || (hog.Pid is { } pid && scene.Killed().Any(killed => killed.Pid == pid))
        );
        // The control socket starts the daemon again when it is asked: nobody asks here.
        bool Back(string unit) =>
            (scene.MainPid(unit) is > 0 and var pid && pid != before[unit])
            || (
                unit == GatewayUnits.Daemon
                && scene.Show(GatewayUnits.DaemonSocket, "ActiveState").GetValueOrDefault("ActiveState") is "active"
            );
        List<string> away = running;
        _ = DrillScene.Until(15, () => (away = [.. running.Where(unit => !Back(unit))]).Count == 0, 500);
        scene.Parts.Stop(hog);
        return new FaultSight(
            null,
            hog.Pid is { } it ? new HashSet<int> { it } : new HashSet<int>(),
            [
                running.Count == 0
                    ? new Answer(Check.ServicesBack, null, "", $"none runs: systemctl status {RecorderUnits.Service}")
                : away.Count == 0 ? new Answer(Check.ServicesBack, true, $"{running.Count} killed", "")
                : new Answer(
                    Check.ServicesBack,
                    false,
                    $"{away.Count} of {running.Count} gone",
                    $"not back after 15 s: {string.Join(", ", away)} (systemctl status {away[0]})"
                ),
            ]
        );
    }

    /// <summary>What the bomb has started and nobody waits for any more.</summary>
    private static void EndSleepers(string tools)
    {
        foreach (var line in File.ReadAllLines($"{tools}/cgroup.procs"))
        {
            try
            {
                if (File.ReadAllText($"/proc/{line}/comm").Trim() is "sleep")
                    _ = Host.Native.Kill(int.Parse(line, CultureInfo.InvariantCulture), Host.Native.SigKill);
            }
            catch (IOException)
            {
                // It has ended by itself.
            }
        }
    }

    private static void Tell(Host.ProcessOutcome outcome)
    {
        if (!outcome.Ok)
            throw new DrillException($"the fault could not be made: {outcome.Said}");
    }

    private static string Seconds(double value) => value.ToString("0.0 s", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
