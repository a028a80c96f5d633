using System.Text;
using Berth.Host;
using Berth.Planning;
using Berth.Recording;

namespace Berth.Doctoring;

/// <summary>Reads the cgroup v2 tree as the kernel has it.</summary>
internal sealed class CgroupWalk(HostPaths paths, List<Unread> unread)
{
    /// <summary>More than 500 people's; beyond it the rest is left out, and said.</summary>
    private const int Most = 6000;

    private const int Deepest = 24;
    private readonly byte[] _buffer = new byte[4096];
    private readonly Dictionary<string, CgroupSeen> _seen = new(StringComparer.Ordinal);
    private bool _leftOut;

    private string Top => paths[SurfaceReader.Tree];

    /// <summary><c>v2</c>, <c>hybrid</c>, <c>v1</c> or <c>none</c>.</summary>
    public string Hierarchy() =>
        File.Exists(Path.Join(Top, "cgroup.controllers")) ? "v2"
        : File.Exists(Path.Join(Top, "unified/cgroup.controllers")) ? "hybrid"
        : Directory.Exists(Path.Join(Top, "memory")) || Directory.Exists(Path.Join(Top, "systemd")) ? "v1"
        : "none";

    public IReadOnlyList<string> Controllers() =>
        Text(Path.Join(Top, "cgroup.controllers")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="places">Cgroups of processes. They and what is around them are read in any case: whoever may make
    /// cgroups can make so many, or so deep ones, that the walk ends before it comes to others'.</param>
    public IReadOnlyList<CgroupSeen> Read(IEnumerable<string> places)
    {
        if (Hierarchy() is not "v2")
            return [];
        Walk();
        foreach (var place in places.Distinct(StringComparer.Ordinal))
            Also(place);
        if (_leftOut)
            unread.Add(
                new Unread(
                    Aspect.Cgroups,
                    SurfaceReader.Tree,
                    $"more than {Most} cgroups, or deeper ones than {Deepest}; of the rest only those with processes were read"
                )
            );
        return [.. _seen.Values];
    }

    /// <summary>Looks again at those that seem to stall.</summary>
    public IReadOnlyList<CgroupSeen> Again(IReadOnlyList<CgroupSeen> before) =>
        [
            .. before.Select(cgroup =>
                cgroup.Full10 > Wounds.Stalls
                && MemoryEvents.TryParse(Once(Path.Join(Top, cgroup.Path, "memory.events")), out var events)
                    ? cgroup with
                    {
                        Later = new EventsSeen(events.High, events.Max, events.OomKill),
                    }
                    : cgroup
            ),
        ];

    /// <summary>The outer ones first: they are the service manager's.</summary>
    private void Walk()
    {
        var open = new Queue<(string Folder, string Path, int Depth)>([(Top, "", 0)]);
        while (open.TryDequeue(out var at))
        {
            foreach (var below in Below(at.Folder))
            {
                if (_seen.Count >= Most || at.Depth > Deepest)
                {
                    _leftOut = true;
                    break;
                }
                // As it is at its processes: fit to be shown.
                var name = Printable.Text(Path.GetFileName(below));
                var path = at.Path.Length == 0 ? name : $"{at.Path}/{name}";
                _seen[path] = One(below, path);
                open.Enqueue((below, path, at.Depth + 1));
            }
        }
    }

    private void Also(string place)
    {
        for (var path = place; path.Length > 0 && !_seen.ContainsKey(path); path = CgroupTree.Above(path))
        {
            var folder = Path.Join(Top, path);
            // Of what is outside of a container its processes have names with dots.
            if (!path.Contains("..", StringComparison.Ordinal) && Directory.Exists(folder))
                _seen[path] = One(folder, path);
        }
    }

    private CgroupSeen One(string folder, string path)
    {
        var hasEvents = MemoryEvents.TryParse(Once(Path.Join(folder, "memory.events")), out var events);
        return new CgroupSeen(path)
        {
            High = Number(folder, "memory.high"),
            Max = Number(folder, "memory.max"),
            SwapMax = Number(folder, "memory.swap.max"),
            PidsMax = Number(folder, "pids.max"),
            Current = Number(folder, "memory.current") ?? 0,
            Group = Number(folder, "memory.oom.group") is 1,
            // Of an idle cgroup nothing is waiting.
            Full10 =
                hasEvents && Pressure.TryParse(Once(Path.Join(folder, "memory.pressure")), out var pressure)
                    ? pressure.Full10
                    : 0,
            HighEvents = events.High,
            MaxEvents = events.Max,
            Kills = events.OomKill,
        };
    }

    private static IEnumerable<string> Below(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Take(Most + 1)];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private long? Number(string folder, string name) =>
        CgroupNumber.TryParse(Once(Path.Join(folder, name)), out var value) ? value : null;

    private string Text(string path) => Encoding.UTF8.GetString(Once(path)).Trim();

    private ReadOnlySpan<byte> Once(string path) => KernelFile.Once(path, _buffer);
}
