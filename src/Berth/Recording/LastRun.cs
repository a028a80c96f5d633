using Berth.Host;

namespace Berth.Recording;

/// <summary>What an earlier run of the recorder knew when it ended, as far as the ring tells.</summary>
/// <param name="paths">The host.</param>
/// <param name="ring">The ring, a path of the host.</param>
/// <param name="boot">Which run of the kernel this is: pids of another one mean nothing.</param>
internal sealed class LastRun(HostPaths paths, string ring, ulong boot)
{
    /// <summary>Puts its processes into the table. Whether they still live is for the next sample to see.</summary>
    public void Recall(ProcessTable table, Func<string, Surface?> surfaceOf, Func<long, long> born)
    {
        if (Scene() is not { } scene)
            return;
        var all = scene.Processes.Where(process => process.Surface is not null).ToLookup(process => process.Pid);
        var known = new Dictionary<int, TrackedProcess>();
        foreach (var process in all.SelectMany(same => same))
            table.Remember(Known(process));

        TrackedProcess Known(SceneProcess process)
        {
            if (known.TryGetValue(process.Pid, out var done))
                return done;
            var (kind, user, cgroup) = process.Surface!;
            var surface = surfaceOf(cgroup) ?? new Surface(kind, user, cgroup);
            var bare = new TrackedProcess
            {
                Pid = process.Pid,
                Parent = process.Parent,
                Born = born(process.Start),
                Surface = surface,
                Cgroup = surface.Cgroup,
                Top = process.Top,
            };
            // A ring of parents, which pids that were given again can make, ends here.
            known[process.Pid] = bare;
            var parent = all[process.Parent].FirstOrDefault();
            var one = parent is null ? bare : Known(parent).Found(process.Pid, bare.Born, surface, surface.Cgroup);
            var words = process.Argv.Split(' ');
            (one.Uid, one.Start) = (process.Uid, process.Start);
            one.Program = ProgramFacts.Of(words, "", null) with { Argv = process.Argv, Agent = process.Agent };
            return known[process.Pid] = one;
        }
    }

    private RingScene? Scene()
    {
        try
        {
            return Ring.At(paths[ring], long.MaxValue, boot);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
