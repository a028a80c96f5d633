using System.Buffers.Text;
using Berth.Containment;
using Berth.Host;
using Berth.Planning;
using Berth.Units;

namespace Berth.Recording;

/// <summary>Keeps the table of processes true: by what the kernel tells as it happens, and by looking.</summary>
internal sealed class Sampler(HostPaths paths, RecorderSettings settings, SurfaceMap map, ProcessTable table)
    : IDisposable
{
    private readonly ProcessProbe _probe = new(paths) { Homes = settings.Homes };
    private readonly Dictionary<string, CgroupProbe> _surfaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Leaf> _leaves = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Surface?> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<Surface, TrackedProcess> _largest = new(ReferenceEqualityComparer.Instance);
    private readonly byte[] _buffer = new byte[256 << 10];

    /// <summary>People may make cgroups without end in what is theirs; so many of a surface are listed.</summary>
    private const int MostLeaves = 1024;

    private const int Deepest = 10;

    /// <summary>One cgroup of a surface.</summary>
    private sealed record Leaf(Surface Surface, KernelFile Processes)
    {
        public long? Cap { get; set; }
    }

    public IReadOnlyCollection<CgroupProbe> Surfaces => _surfaces.Values;

    /// <summary>The process with the most memory in a surface.</summary>
    public TrackedProcess? Largest(Surface surface) => _largest.GetValueOrDefault(surface);

    /// <summary>What the kernel has told.</summary>
    public void Hear(in ProcessEvent happened, long at)
    {
        switch (happened.Kind)
        {
            case ProcessEventKind.Fork:
                // What its parent runs could not be read, because that one ended too soon: it is the same.
                if (table.Forked(happened.Pid, happened.Parent, at) is not { } child)
                    break;
                if (ReferenceEquals(child.Program, ProgramFacts.Unread))
                    ProcessTable.Read(child, _probe.Program(child.Pid, child.Surface.User), -1, 0);
                else if (child.TitleMissed)
                    ProcessTable.Retitled(child, _probe.Program(child.Pid, child.Surface.User));
                break;
            case ProcessEventKind.Exec:
                Executed(happened.Pid, at);
                break;
            case ProcessEventKind.Title when table.Find(happened.Pid) is { Inherits: true } worker:
                ProcessTable.Retitled(worker, _probe.Program(worker.Pid, worker.Surface.User));
                break;
            case ProcessEventKind.User when table.Find(happened.Pid) is { } process:
                process.Uid = happened.Detail;
                break;
            case ProcessEventKind.Exit:
                table.Exited(happened.Pid, at, happened.Detail);
                _probe.Forget(happened.Pid);
                break;
        }
    }

    /// <summary>Goes by these people from now on; surfaces of those who stay are the same objects as before.</summary>
    public void Take(RecorderSettings people)
    {
        map.Take(people.Users);
        _probe.Homes = people.Homes;
        foreach (var (cgroup, surface) in _known)
        {
            if (surface?.User is not { } user || !people.Homes.ContainsKey(user))
                _known.Remove(cgroup);
        }
    }

    /// <summary>Looks which surfaces there are, and which cgroups they have.</summary>
    /// <returns>Whether a surface has come or gone.</returns>
    public bool FindSurfaces()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var changed = false;
        foreach (var folder in Candidates())
        {
            var cgroup = folder[(paths[SurfaceReader.Tree].Length + 1)..];
            if (SurfaceOf(cgroup) is not { } surface || surface.Cgroup != cgroup)
                continue;
            seen.Add(cgroup);
            if (!_surfaces.ContainsKey(cgroup))
            {
                _surfaces[cgroup] = new CgroupProbe(paths, surface);
                changed = true;
            }
            var leaves = MostLeaves;
            FindLeaves(folder, cgroup, surface, seen, Deepest, ref leaves);
        }
        foreach (var gone in _surfaces.Keys.Where(cgroup => !seen.Contains(cgroup)).ToList())
        {
            _surfaces[gone].Dispose();
            changed |= _surfaces.Remove(gone);
        }
        foreach (var gone in _leaves.Keys.Where(cgroup => !seen.Contains(cgroup)).ToList())
        {
            _leaves[gone].Processes.Dispose();
            _leaves.Remove(gone);
        }
        return changed;
    }

    /// <summary>Reads everything once.</summary>
    public void Sample(long at)
    {
        table.Begin();
        _largest.Clear();
        foreach (var surface in _surfaces.Values)
            surface.Read(_buffer);
        _probe.Begin();
        foreach (var (cgroup, leaf) in _leaves)
            List(cgroup, leaf, at);
        table.Sweep(at, process => Lives(process, at));
        _probe.Sweep();
    }

    /// <summary>Reads those surfaces alone that are looked at fast.</summary>
    public void SampleHurried(long at)
    {
        foreach (var surface in _surfaces.Values)
        {
            if (surface.HurriedUntil > at)
            {
                surface.Read(_buffer);
                _largest.Remove(surface.Surface);
            }
        }
        _probe.Begin();
        foreach (var (cgroup, leaf) in _leaves)
        {
            if (_surfaces.TryGetValue(leaf.Surface.Cgroup, out var surface) && surface.HurriedUntil > at)
                List(cgroup, leaf, at);
        }
    }

    private void List(string cgroup, Leaf leaf, long at)
    {
        var list = leaf.Processes.Read(_buffer, list: true);
        // A list that is longer than the buffer ends with half a number.
        while (list.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (Utf8Parser.TryParse(list[..end], out int pid, out var used) && used == end && pid > 0)
                Look(pid, cgroup, leaf.Surface, at);
            list = list[(end + 1)..];
        }
    }

    /// <summary>A process that was in none of the cgroups that were listed: moved to a new one, or gone.</summary>
    private bool Lives(TrackedProcess process, long at)
    {
        if (_probe.Cgroup(process.Pid) is not { } cgroup || SurfaceOf(cgroup) is not { } surface)
            return false;
        if (
            !_probe.Sample(process, out var stat, out var bytes)
            || stat.State is 'Z'
            || (process.Start != 0 && process.Start != stat.Start)
        )
            return false;
        process.Sizes.Add(at, bytes);
        (process.Cgroup, process.Surface, process.Start) = (cgroup, surface, stat.Start);
        return true;
    }

    /// <summary>When a process was born that an earlier run had known.</summary>
    public long Born(long start, long at)
    {
        _probe.Begin();
        return at - _probe.Age(start);
    }

    /// <summary>Cap of a cgroup, as it is or as it was read last.</summary>
    public long? CapOf(string cgroup)
    {
        var cap = CgroupNumber.TryParse(
            KernelFile.Once(paths[$"{SurfaceReader.Tree}/{cgroup}/memory.max"], _buffer),
            out var value
        )
            ? value
            : (long?)null;
        return cap ?? (_leaves.TryGetValue(cgroup, out var leaf) ? leaf.Cap : null);
    }

    public void Dispose()
    {
        foreach (var surface in _surfaces.Values)
            surface.Dispose();
        foreach (var leaf in _leaves.Values)
            leaf.Processes.Dispose();
        _probe.Dispose();
    }

    private void Look(int pid, string cgroup, Surface surface, long at)
    {
        var process = table.Find(pid);
        if (process is null)
        {
            process = Meet(pid, cgroup, surface, at);
            if (process is null)
                return;
        }
        if (!_probe.Sample(process, out var stat, out var bytes) || stat.State is 'Z')
            return;
        if (!table.Sampled(process, stat, bytes, at))
        {
            process = Meet(pid, cgroup, surface, at);
            if (process is null || !table.Sampled(process, stat, bytes, at))
                return;
        }
        (process.Cgroup, process.Surface) = (cgroup, surface);
        if (process.Uid < 0 || process.Stale || ReferenceEquals(process.Program, ProgramFacts.Unread))
            ProcessTable.Read(process, _probe.Program(pid, surface.User), _probe.Uid(pid), stat.Start);
        if (!_largest.TryGetValue(surface, out var largest) || bytes > largest.Sizes.Last.Bytes)
            _largest[surface] = process;
    }

    /// <summary>A process that nobody has told of.</summary>
    private TrackedProcess? Meet(int pid, string cgroup, Surface surface, long at)
    {
        if (_probe.Stat(pid) is not { } stat)
            return null;
        // Who started it is met first, so that its agent is known.
        if (stat.Parent > 1 && table.Find(stat.Parent) is null && _probe.Cgroup(stat.Parent) is { } above)
        {
            if (SurfaceOf(above) is { } shared && shared == surface)
                Meet(stat.Parent, above, surface, at);
        }
        var process = table.Found(pid, stat.Parent, at - _probe.Age(stat.Start), surface, cgroup, at);
        ProcessTable.Read(process, _probe.Program(pid, surface.User), _probe.Uid(pid), stat.Start);
        return process;
    }

    private void Executed(int pid, long at)
    {
        var process = table.Find(pid);
        if (_probe.Cgroup(pid) is not { } cgroup)
        {
            // It has ended already; what it ran is not what its parent runs.
            if (process is not null)
                process.Program = ProgramFacts.Unread;
            return;
        }
        if (SurfaceOf(cgroup) is not { } surface)
            return;
        if (process is null)
        {
            _probe.Begin();
            Meet(pid, cgroup, surface, at);
            return;
        }
        (process.Cgroup, process.Surface) = (cgroup, surface);
        ProcessTable.Read(process, _probe.Program(pid, surface.User), process.Uid < 0 ? _probe.Uid(pid) : -1, 0);
    }

    /// <summary>The same surface is the same object, so that it is found without comparing names.</summary>
    private Surface? SurfaceOf(string cgroup)
    {
        if (_known.TryGetValue(cgroup, out var known))
            return known;
        // Names of cgroups are people's to choose, and without end.
        if (_known.Count > 8192)
            _known.Clear();
        var surface = map.Of(cgroup);
        if (surface is not null && surface.Cgroup != cgroup)
            surface = SurfaceOf(surface.Cgroup);
        return _known[cgroup] = surface;
    }

    private void FindLeaves(
        string folder,
        string cgroup,
        Surface surface,
        HashSet<string> seen,
        int depth,
        ref int left
    )
    {
        if (depth == 0 || left-- <= 0)
            return;
        seen.Add(cgroup);
        if (!_leaves.TryGetValue(cgroup, out var leaf))
            _leaves[cgroup] = leaf = new Leaf(surface, new KernelFile($"{folder}/cgroup.procs"));
        leaf.Cap = CgroupNumber.TryParse(KernelFile.Once($"{folder}/memory.max", _buffer), out var cap) ? cap : null;
        foreach (var below in Folders(folder, "*"))
            FindLeaves(below, $"{cgroup}/{Path.GetFileName(below)}", surface, seen, depth - 1, ref left);
    }

    private IEnumerable<string> Candidates()
    {
        var tree = paths[SurfaceReader.Tree];
        foreach (var unit in Folders($"{tree}/{ServerUnits.SliceFolder}", $"*{ServerUnits.InstanceMark}*.service"))
            yield return unit;
        foreach (var slice in Folders($"{tree}/system.slice", "system-*.slice"))
        {
            foreach (var unit in Folders(slice, $"*{ServerUnits.InstanceMark}*.service"))
                yield return unit;
        }
        foreach (var slice in Folders($"{tree}/user.slice", "user-*.slice"))
            yield return slice;
        if (Directory.Exists($"{tree}/{settings.Containers}"))
            yield return $"{tree}/{settings.Containers}";
    }

    /// <summary>A cgroup may go while it is looked into.</summary>
    private static string[] Folders(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : [];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
