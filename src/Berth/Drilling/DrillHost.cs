using Berth.Host;
using Berth.Incidents;
using Berth.Planning;
using Berth.Recording;
using Berth.Rosters;

namespace Berth.Drilling;

/// <summary>What is asked for on the command line.</summary>
/// <param name="Scenarios">The drills.</param>
/// <param name="User">Whose own surface; null for people of the drill's own.</param>
/// <param name="Full">Scale <c>full</c>.</param>
/// <param name="Front">Pid of who waits for the result; 0 for nobody.</param>
internal sealed record DrillOrder(IReadOnlyList<Scenario> Scenarios, string? User, bool Full, int Front);

/// <summary>A run on this host: refuses what must be refused, sets the scene, drills, and takes the scene away.</summary>
internal sealed class DrillHost(string rosterFile, DrillOrder order, Action<string> say)
{
    private readonly ProcessRunner _run = ProcessRunner.Default;
    private readonly DrillStage _stage = new(rosterFile, ProcessRunner.Default);

    /// <exception cref="DrillException">It was refused, or broken off.</exception>
    public DrillRun Do(Roster roster)
    {
        using var hold =
            HostLock.Take(HostPaths.Live, HostLock.Path, TimeSpan.FromSeconds(5))
            ?? throw new DrillException("another berth is changing this host; wait for it, then run this again");
        if (RosterTrust.Complaint(rosterFile) is { } complaint)
            throw new DrillException(complaint);
        if (_stage.Clear() is { } left)
            throw new DrillException($"an earlier drill left something that cannot be taken away: {left}");
        var planned = new Preview(HostPaths.Live, _run).Of(roster, new PlanOptions());
        var needed = order.User is null
            ? DrillPeople.Most
            : Target
                .Of(roster, planned, HostPaths.Live)
                .Where(target => target.User == order.User)
                .Select(target => Surfaces.Cap(target.Cgroup) ?? 0)
                .FirstOrDefault();
        if (
            Refusals.Of(
                new Readiness(
                    true,
                    true,
                    HasMemoryController,
                    Refusals.Waiting(planned.Plan),
                    Surfaces.Available(),
                    planned.Desired!.Reserve,
                    Surfaces.Stalled(),
                    needed
                )
            ) is
            { } host
        )
            throw new DrillException(host);
        WatchFront(order.Front);
        var begun = DateTimeOffset.Now;
        var from = Moment.Now;
        var real = order.User is not null;
        var refused = order
            .Scenarios.Select(scenario => (Scenario: scenario, Why: Refusals.Of(scenario, roster, real)))
            .ToList();
        var results = refused.TrueForAll(drill => drill.Why is not null)
            ? refused.ConvertAll(drill => DrillResult.Refused(drill.Scenario, drill.Why!))
            : Staged(roster, planned, refused);
        var surface = real
            ? $"{order.User}'s own surface"
            : $"people of the drill's own with a {DrillPeople.Server(roster)} server";
        return new DrillRun(
            Environment.MachineName,
            begun,
            order.Full ? "full" : "small",
            surface,
            results,
            (Moment.Now - from) / 1000
        );
    }

    /// <summary>Whether cgroup v2 is there with the memory controller.</summary>
    public static bool HasMemoryController
    {
        get
        {
            try
            {
                return SurfaceReader.HasMemory(SurfaceReader.Tree);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private List<DrillResult> Staged(Roster roster, Planned planned, List<(Scenario Scenario, string? Why)> drills)
    {
        try
        {
            if (order.User is null)
            {
                say("making the drill's own people");
                (roster, planned) = _stage.Set(roster);
            }
            else
            {
                Directory.CreateDirectory(
                    DrillStage.Output,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            }
            var results = new List<DrillResult>();
            var targets = Target.Of(roster, planned, HostPaths.Live);
            var victim = targets.Single(target => target.User == (order.User ?? DrillPeople.Victim));
            var parts = new Parts(Program, DrillStage.Output, _run);
            using var scene = new DrillScene(
                parts,
                _run,
                Program,
                roster,
                victim,
                targets.FirstOrDefault(target => target.User == DrillPeople.Other)
            )
            {
                Full = order.Full,
                Machine = new Reference(parts, victim),
            };
            // Many people are asked more seldom, so that asking is no load of its own.
            var pause = 2 * Moment.Pause * Math.Max(1, targets.Count / 8);
            List<Prober> asked =
            [
                Prober.Of(victim, Role.Victim, Moment.Pause),
                .. targets.Where(target => target != victim).Select(target => Prober.Of(target, Role.Other, pause)),
            ];
            try
            {
                var runner = new DrillRunner(scene, asked, say);
                foreach (var (scenario, why) in drills)
                    results.Add(why is null ? runner.Do(scenario) : DrillResult.Refused(scenario, why));
            }
            finally
            {
                foreach (var prober in asked)
                    prober.Dispose();
            }
            return results;
        }
        finally
        {
            say("taking it all away again");
            // What stays behind now is tried again by the unit's own clean-up.
            if (_stage.Clear() is { } left)
                say($"not all of the drill could be taken away: {left}; run 'berth drill clean'");
        }
    }

    private static string Program => Environment.ProcessPath ?? "berth";

    /// <summary>Whoever waits for the result is gone: nobody is served by going on. The unit's own clean-up follows.</summary>
    private static void WatchFront(int pid)
    {
        if (pid <= 0)
            return;
        var born = Born(pid);
        new Thread(() =>
        {
            while (Born(pid) == born && born is not null)
                Thread.Sleep(300);
            Environment.Exit(ExitCodes.Failed);
        })
        {
            IsBackground = true,
        }.Start();
    }

    private static long? Born(int pid) =>
        ProcStat.TryParse(KernelFile.Once($"/proc/{pid}/stat", stackalloc byte[1024]), out var stat)
            ? stat.Start
            : null;
}
