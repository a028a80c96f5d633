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
    private readonly List<CgroupSeen> _seen = [];

    private string Top => paths[SurfaceReader.Tree];

    /// <summary><c>v2</c>, <c>hybrid</c>, <c>v1</c> or <c>none</c>.</summary>
    public string Hierarchy() =>
        File.Exists(Path.Join(Top, "cgroup.controllers")) ? "v2"
        : File.Exists(Path.Join(Top, "unified/cgroup.controllers")) ? "hybrid"
        : Directory.Exists(Path.Join(Top, "memory")) || Directory.Exists(Path.Join(Top, "systemd")) ? "v1"
        : "none";

    public IReadOnlyList<string> Controllers() =>
        Text(Path.Join(Top, "cgroup.controllers")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<CgroupSeen> Read()
    {
        if (Hierarchy() is "v2")
            Walk(Top, "", 0);
        if (_seen.Count >= Most)
            unread.Add(
                new Unread(Aspect.Cgroups, SurfaceReader.Tree, $"more than {Most} cgroups; the rest was left out")
            );
        return _seen;
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

    private void Walk(string folder, string path, int depth)
    {
        foreach (var below in Below(folder))
        {
            if (_seen.Count >= Most || depth > Deepest)
                return;
            var name = Path.GetFileName(below);
            var its = path.Length == 0 ? name : $"{path}/{name}";
            _seen.Add(One(below, its));
            Walk(below, its, depth + 1);
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
            return [.. Directory.EnumerateDirectories(folder)];
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
