using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>SUM-OVER-RAM and NO-HEADROOM: limits that cannot bind, because the machine runs out before them.</summary>
public static class CapSum
{
    /// <summary>A cap of this share of the machine is no cap: the kernel itself and everybody else need the rest.</summary>
    private const double Whole = 0.95;

    public static IEnumerable<Finding> OverRam(Landscape host)
    {
        if (host.Snapshot.Memory is not { } memory || host.Surfaces.Count == 0)
            yield break;
        var paths = host.Surfaces.Select(surface => surface.Path).ToList();
        var sum = Worst(host.Tree, paths);
        if (sum <= memory.Total - host.Reserve)
            yield break;
        var finding = Finding.Of(
            "SUM-OVER-RAM",
            "host",
            $"the caps of {paths.Count} surfaces come to {Size.Show(sum)}; RAM {Size.Show(memory.Total)} less {Size.Show(host.Reserve)} reserve is {Size.Show(memory.Total - host.Reserve)}",
            $"before all of them bind the machine is short of {Size.Show(sum + host.Reserve - memory.Total)}: then only a box-wide guard acts, on whom it likes",
            "smaller caps, or one cap on a slice around them; in the roster: memory: and session-memory:, or host: {overcommit: true} to accept it"
        );
        yield return host.Snapshot.Roster is { Overcommit: true } ? finding with { Severity = Severity.Info } : finding;
    }

    /// <summary>The most that these surfaces can take together under their limits and those around them. A surface
    /// without any limit is left out (TREE-UNCAPPED tells of it).</summary>
    public static long Worst(CgroupTree tree, IReadOnlyList<string> surfaces)
    {
        var totals = new Dictionary<string, long>(StringComparer.Ordinal);
        // Inner cgroups before outer ones: what is within a surface or limit is counted when that is reached.
        var open = surfaces
            .Where(path => tree.Max(path) != HostFacts.Unlimited)
            .Where(path => !surfaces.Any(other => other != path && CgroupTree.Holds(other, path)))
            .ToDictionary(path => path, tree.Max, StringComparer.Ordinal);
        while (open.Count > 0)
        {
            var deepest = open.Keys.MaxBy(path => path.Count(letter => letter == '/'))!;
            open.Remove(deepest, out var sum);
            var bound = Math.Min(sum, tree.At(deepest)?.Max ?? HostFacts.Unlimited);
            var above = CgroupTree.Above(deepest);
            if (above.Length == 0)
                totals[deepest] = bound;
            else
                open[above] = open.TryGetValue(above, out var before) ? Add(before, bound) : bound;
        }
        return totals.Values.Aggregate(0L, Add);
    }

    public static IEnumerable<Finding> NoHeadroom(Landscape host)
    {
        if (host.Snapshot.Memory is not { } memory)
            yield break;
        foreach (var surface in host.Surfaces)
        {
            var cap = host.Tree.Max(surface.Path);
            if (cap == HostFacts.Unlimited || cap < memory.Total * Whole)
                continue;
            yield return Finding.Of(
                "NO-HEADROOM",
                surface.Path,
                $"memory.max {Size.Show(cap)} of {Size.Show(memory.Total)} RAM",
                "the machine is out of memory before this cap binds: everybody stalls, and the victim may be anybody's",
                Fixes.Set(surface.Path, $"MemoryMax={Size.Directive((memory.Total - host.Reserve) / 2 >> 20 << 20)}")
            );
        }
    }

    private static long Add(long sum, long more) => sum > long.MaxValue - more ? long.MaxValue : sum + more;
}
