using Berth.Planning;

namespace Berth.Doctoring;

/// <summary>The cgroup tree with what holds at each place: a limit of an ancestor limits all below it.</summary>
public sealed class CgroupTree
{
    private readonly Dictionary<string, CgroupSeen> _byPath = new(StringComparer.Ordinal);

    public CgroupTree(IEnumerable<CgroupSeen> cgroups)
    {
        foreach (var cgroup in cgroups)
            _byPath[cgroup.Path] = cgroup;
    }

    public IEnumerable<CgroupSeen> All => _byPath.Values;

    /// <summary>The cgroup of a path; null when there is none.</summary>
    public CgroupSeen? At(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>A cgroup and what is above it, innermost first.</summary>
    public IEnumerable<CgroupSeen> Line(string path)
    {
        for (var at = path; at.Length > 0; at = Above(at))
        {
            if (_byPath.TryGetValue(at, out var cgroup))
                yield return cgroup;
        }
    }

    /// <summary>The hard limit that holds there, in bytes.</summary>
    public long Max(string path) => Least(path, cgroup => cgroup.Max);

    /// <summary>How much swap may be used there, in bytes.</summary>
    public long SwapMax(string path) => Least(path, cgroup => cgroup.SwapMax);

    /// <summary>How many tasks there may be.</summary>
    public long PidsMax(string path) => Least(path, cgroup => cgroup.PidsMax);

    /// <summary>The cgroup whose hard limit holds there; null where none does.</summary>
    public CgroupSeen? Binding(string path)
    {
        CgroupSeen? binding = null;
        foreach (var cgroup in Line(path))
        {
            if (cgroup.Max is { } max and not HostFacts.Unlimited && max < (binding?.Max ?? HostFacts.Unlimited))
                binding = cgroup;
        }
        return binding;
    }

    /// <summary>The path of what a cgroup is in; empty at the top.</summary>
    public static string Above(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "";

    /// <summary>Whether a cgroup is this one or below it.</summary>
    public static bool Holds(string above, string path) =>
        path.StartsWith(above, StringComparison.Ordinal) && (path.Length == above.Length || path[above.Length] == '/');

    private long Least(string path, Func<CgroupSeen, long?> limit)
    {
        var least = HostFacts.Unlimited;
        foreach (var cgroup in Line(path))
            least = Math.Min(least, limit(cgroup) ?? HostFacts.Unlimited);
        return least;
    }
}
