using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>BAND: between a soft limit and the hard one, memory that cannot be given back is neither freed nor killed. The
/// kernel slows down every task of the cgroup, the server's event loop as well, for as long as that lasts.</summary>
internal static class Band
{
    public static IEnumerable<Finding> Find(Landscape host)
    {
        var bands = new SortedDictionary<string, CgroupSeen>(StringComparer.Ordinal);
        foreach (var place in host.Work.Select(process => process.Cgroup).Distinct(StringComparer.Ordinal))
        {
            // With swap, memory can be given back: slow, and SWAP-LEAK's matter.
            if (host.Snapshot.Memory is { Swap: > 0 } && host.Tree.SwapMax(place) > 0)
                continue;
            foreach (var cgroup in host.Tree.Line(place).Where(cgroup => IsBand(host.Tree, cgroup)))
                bands[cgroup.Path] = cgroup;
        }
        foreach (var (path, cgroup) in bands)
        {
            var (high, max) = (cgroup.High!.Value, host.Tree.Max(path));
            var hard = max == HostFacts.Unlimited ? "no hard limit" : $"the hard limit {Size.Show(max)}";
            yield return Finding.Of(
                "BAND",
                path,
                $"memory.high {Size.Show(high)}, below {hard}; swap 0",
                $"a task that grows there sleeps {StallTime.Words(StallTime.Seconds(high, max))} before the kernel kills it, and one that stays in between is never killed: everything in this cgroup stalls with it",
                Fixes.Set(path, "MemoryHigh=infinity")
            );
        }
    }

    private static bool IsBand(CgroupTree tree, CgroupSeen cgroup) =>
        cgroup.High is { } high and not HostFacts.Unlimited && high < tree.Max(cgroup.Path);
}
