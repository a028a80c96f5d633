using Berth.Containment;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>What is done about what was seen: told, looked into further, told to its owner, and, where the roster asks for
/// it, ended.</summary>
internal sealed class Troubles(
    HostPaths paths,
    TimeProvider clock,
    Action<string> say,
    IncidentDesk desk,
    Enquiries enquiries,
    ProcessTable table,
    SurfaceMap map
)
{
    private readonly Receipts _receipts = new(paths, say);
    private readonly DiskProbe _disks = new(paths);
    private readonly Dictionary<ulong, DiskFull> _full = [];
    private readonly Dictionary<Surface, Orphans> _orphans = [];
    private readonly Dictionary<Surface, long> _cured = [];
    private readonly HashSet<(IncidentKind, string)> _asked = [];

    /// <summary>Whose processes are followed, and what is done for them.</summary>
    public required RecorderSettings Settings { get; set; }

    /// <summary>A kill.</summary>
    public void Tell(Death death, long now)
    {
        var report = DeathText.Report(death);
        desk.Report(report);
        if (death.Surface is { Kind: SurfaceKind.Server } server && (death.IsServer || death.Survivors.Server is false))
            enquiries.Unit(report, server.Cgroup[(server.Cgroup.LastIndexOf('/') + 1)..]);
        if (death is { User: { } user, Known: true })
            Receipt(user, death.Pid, death.ParentPid, death.Agent is not null, DeathText.Receipt(death), death.At, now);
    }

    /// <summary>Something that goes on in a surface.</summary>
    public void Tell(Report report, bool over, TrackedProcess? largest)
    {
        desk.Report(report, over);
        var key = (report.Kind, report.Subject);
        if (over)
            _asked.Remove(key);
        else if (report.Kind is IncidentKind.Stall or IncidentKind.CapNear && largest is not null && _asked.Add(key))
            enquiries.Share(report, largest.Pid);
    }

    /// <summary>Kills the largest process of a surface that stands still, where the roster asks for it.</summary>
    public void Cure(Surface surface, SurfaceWatch watch, long now)
    {
        if (
            !Settings.KillsLeaf(surface.User)
            || (_cured.TryGetValue(surface, out var before) && now - before < StallCure.Patience)
            || StallCure.Leaf(table, map, surface) is not { } leaf
        )
            return;
        _cured[surface] = now;
        // Whoever has the pid now is who was looked at: it is given again only after all others.
        if (
            !ProcStat.TryParse(KernelFile.Once(paths[$"/proc/{leaf.Pid}/stat"], new byte[1024]), out var stat)
            || stat.Start != leaf.Start
        )
            return;
        if (Native.Kill(leaf.Pid, Native.SigKill) < 0)
        {
            say($"cannot end pid {leaf.Pid}, with which {surface.Says} would get on: {Native.ErrorMessage}");
            return;
        }
        leaf.Explained = true;
        if (watch.Killed(leaf) is { } report)
            desk.Report(report);
        say($"killed pid {leaf.Pid} of {surface.User}: {surface.Says} stood still");
        var line =
            $"berth: your `{Words.Short(leaf.Program.Argv)}` was killed because {surface.Says} stood still with it; narrow it before running it again";
        Receipt(surface.User!, leaf.Pid, leaf.Parent, leaf.Agent is not null, line, clock.GetLocalNow(), now);
    }

    /// <summary>What is looked at less often: disks, and agents without their server.</summary>
    public void Look(IEnumerable<Surface> surfaces, long now)
    {
        _disks.Look(Settings.Homes.Values, now);
        foreach (var surface in surfaces.Where(surface => surface.Kind is SurfaceKind.Server))
        {
            var (served, agents) = (false, (List<TrackedProcess>?)null);
            foreach (var process in table.Living)
            {
                if (process.Surface != surface)
                    continue;
                served |= process.Top;
                if (process is { IsAgent: true, Agent: null, Top: false })
                    (agents ??= []).Add(process);
            }
            if (!_orphans.TryGetValue(surface, out var orphans))
                _orphans[surface] = orphans = new Orphans(surface);
            if (orphans.Observe(served, agents ?? [], now) is var (report, over))
                desk.Report(report, over);
        }
    }

    /// <summary>Takes what was asked for beside the loop.</summary>
    public void Hear(long now)
    {
        while (enquiries.TryTake(out var answer))
            desk.Add(answer.Kind, answer.User, answer.Subject, answer.Evidence);
        while (_disks.TryTake(out var spaces))
        {
            foreach (var space in spaces)
            {
                if (!_full.TryGetValue(space.Device, out var full))
                    _full[space.Device] = full = new DiskFull();
                if (full.Observe(space, now) is var (report, over))
                    desk.Report(report, over);
            }
        }
    }

    /// <summary>A surface is gone.</summary>
    public void Forget(Surface surface)
    {
        _orphans.Remove(surface);
        _cured.Remove(surface);
        foreach (
            var kind in (IncidentKind[])
                [IncidentKind.Stall, IncidentKind.CapNear, IncidentKind.ForkStorm, IncidentKind.OrphanedAgents]
        )
        {
            _asked.Remove((kind, surface.Cgroup));
            desk.End(kind, surface.User, surface.Cgroup, "everything in it has ended");
        }
    }

    private void Receipt(string user, int pid, int parent, bool agent, string line, DateTimeOffset at, long now)
    {
        if (Settings.Users.FirstOrDefault(pair => pair.Value == user) is not { Value: not null } owner)
            return;
        _receipts.File(user, owner.Key, line, at);
        if (!agent && paths.IsLive && Terminals.Shell(table, parent, owner.Key) is { } shell && shell.Pid != pid)
            _receipts.Terminal(shell.Pid, user, owner.Key, line, now);
    }
}
