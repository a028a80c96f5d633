namespace Berth.Recording;

/// <summary>Every process of the surfaces, living and lately dead. Fed by the kernel's word of forks, runs and exits,
/// and by samples, which find what was missed.</summary>
/// <param name="kept">How many dead are remembered: the kernel's word of a kill may come after that of the exit.</param>
public sealed class ProcessTable(int kept = 4096)
{
    private readonly Dictionary<int, TrackedProcess> _living = [];
    private readonly Queue<TrackedProcess> _dead = new();
    private readonly Dictionary<int, List<TrackedProcess>> _deadByPid = [];
    private int _sample;

    public IReadOnlyCollection<TrackedProcess> Living => _living.Values;

    /// <summary>The dead that are remembered, oldest first.</summary>
    public IEnumerable<TrackedProcess> Dead => _dead;

    public TrackedProcess? Find(int pid) => _living.GetValueOrDefault(pid);

    /// <summary>A fork.</summary>
    /// <returns>Null when the parent is none of those that are followed.</returns>
    public TrackedProcess? Forked(int pid, int parent, long at)
    {
        if (!_living.TryGetValue(parent, out var from))
        {
            // The pid is somebody else's now, wherever that one works.
            Exited(pid, at, Unheard);
            return null;
        }
        var child = from.Fork(pid, at);
        child.Seen = _sample;
        Put(child, at);
        return child;
    }

    /// <summary>A process that is in a surface and was not known.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="parent">Its parent's, as it is now.</param>
    /// <param name="born">When it was born.</param>
    /// <param name="surface">Where it works.</param>
    /// <param name="cgroup">Its cgroup.</param>
    /// <param name="at">Now.</param>
    public TrackedProcess Found(int pid, int parent, long born, Surface surface, string cgroup, long at)
    {
        var found =
            parent > 1 && _living.TryGetValue(parent, out var above)
                ? above.Found(pid, born, surface, cgroup)
                : new TrackedProcess
                {
                    Pid = pid,
                    Parent = parent,
                    Born = born,
                    Surface = surface,
                    Cgroup = cgroup,
                    Top = parent == 1,
                };
        found.Seen = _sample;
        Put(found, at);
        return found;
    }

    /// <summary>What the process is, read when it began to run something, or when a sample met it first.</summary>
    public static void Read(TrackedProcess process, ProgramFacts program, int uid, long start)
    {
        (process.Program, process.Stale, process.Inherits) = (program, false, false);
        if (uid >= 0)
            process.Uid = uid;
        if (start > 0)
            process.Start = start;
    }

    /// <summary>A worker that was forked and runs nothing of its own tells by a title what it is for. Of what was run, the
    /// words it was started with say more than a title.</summary>
    /// <param name="process">Who gave itself another name.</param>
    /// <param name="program">What its words are now.</param>
    public static void Retitled(TrackedProcess process, ProgramFacts program)
    {
        if (!process.Inherits)
            return;
        process.TitleMissed = ReferenceEquals(program, ProgramFacts.Unread);
        if (!process.TitleMissed)
            process.Program = program with { Agent = AgentKind.None };
    }

    /// <summary>What a sample saw of a process.</summary>
    /// <returns>False when the pid is another process's by now: it has to be <see cref="Found"/> anew.</returns>
    public bool Sampled(TrackedProcess process, in ProcStat stat, long bytes, long at)
    {
        if (process.Start == 0)
            process.Start = stat.Start;
        else if (process.Start != stat.Start)
        {
            Exited(process.Pid, at, Unheard);
            return false;
        }
        process.Sizes.Add(at, bytes);
        (process.CpuTicks, process.Threads, process.Seen) = (stat.CpuTicks, stat.Threads, _sample);
        return true;
    }

    /// <summary>Begins a sample; what <see cref="Sweep"/> does not find seen since then has ended unheard.</summary>
    public void Begin() => _sample++;

    /// <summary>Ends a whole sample.</summary>
    /// <param name="at">Now.</param>
    /// <param name="lives">Asked of each one that was not seen: it may have been moved to where nobody looked.</param>
    public void Sweep(long at, Func<TrackedProcess, bool>? lives = null)
    {
        List<TrackedProcess>? gone = null;
        foreach (var process in _living.Values)
        {
            if (process.Seen != _sample && !(lives?.Invoke(process) ?? false))
                (gone ??= []).Add(process);
        }
        foreach (var process in gone ?? [])
            Exited(process.Pid, at, Unheard);
    }

    /// <param name="pid">Which.</param>
    /// <param name="at">When.</param>
    /// <param name="signal">What ended it: 0 for itself, <see cref="Unheard"/> where that is not known.</param>
    public TrackedProcess? Exited(int pid, long at, int signal)
    {
        if (!_living.Remove(pid, out var process))
            return null;
        (process.Died, process.Signal) = (at, signal);
        _dead.Enqueue(process);
        if (!_deadByPid.TryGetValue(pid, out var same))
            _deadByPid[pid] = same = [];
        same.Add(process);
        while (_dead.Count > kept)
        {
            var oldest = _dead.Dequeue();
            var list = _deadByPid[oldest.Pid];
            list.Remove(oldest);
            if (list.Count == 0)
                _deadByPid.Remove(oldest.Pid);
        }
        return process;
    }

    /// <summary>Takes up one that an earlier run had known. The next sample tells whether it still lives; if not, it may
    /// be among those whose kill is still to be read.</summary>
    public void Remember(TrackedProcess process)
    {
        process.Stale = true;
        _living.TryAdd(process.Pid, process);
    }

    /// <summary>Whether it is what the service manager started as a person's server. Who was handed to the manager when
    /// its parent ended looks the same to whoever comes later, but is younger.</summary>
    public bool IsServer(TrackedProcess process)
    {
        if (process is not { Top: true, Surface.Kind: SurfaceKind.Server })
            return false;
        foreach (var other in _living.Values)
        {
            if (other.Top && other.Born < process.Born && other.Surface == process.Surface)
                return false;
        }
        return true;
    }

    /// <summary>Whom the kernel means by a pid and a user in its word of a kill: the one who lives, or the last to have
    /// died of it. Never one who is somebody else's, or whose death is explained.</summary>
    /// <param name="pid">The pid.</param>
    /// <param name="uid">The real user; -1 where the kernel does not tell.</param>
    /// <param name="at">When it was said: who was born later is not meant.</param>
    public TrackedProcess? Victim(int pid, int uid, long at = long.MaxValue)
    {
        bool Fits(TrackedProcess process) =>
            !process.Explained && process.Born <= at && (uid < 0 || process.Uid < 0 || process.Uid == uid);

        // A pid is given again only after all others: when one has just died of a kill, the living one came later.
        TrackedProcess? unheard = null;
        if (_deadByPid.TryGetValue(pid, out var dead))
        {
            for (var i = dead.Count - 1; i >= 0; i--)
            {
                if (!Fits(dead[i]))
                    continue;
                if (dead[i].Signal == Kill)
                    return dead[i];
                // How it ended was not heard; whoever ended otherwise was not killed.
                if (dead[i].Signal == Unheard)
                    unheard ??= dead[i];
            }
        }
        return _living.TryGetValue(pid, out var living) && Fits(living) ? living : unheard;
    }

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>A process is gone, and nobody heard how.</summary>
    public const int Unheard = -1;

    private void Put(TrackedProcess process, long at)
    {
        // An exit was missed.
        Exited(process.Pid, at, Unheard);
        _living[process.Pid] = process;
    }
}
