using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>SWAP-LEAK and FILE-THRASH: what happens to a machine before anything is killed.</summary>
internal static class Swapping
{
    public static IEnumerable<Finding> Leak(Landscape host)
    {
        if (host.Snapshot.Memory is not { Swap: > 0 } memory)
            yield break;
        foreach (var surface in host.Surfaces)
        {
            var places = host
                .Work.Where(process => CgroupTree.Holds(surface.Path, process.Cgroup))
                .Select(process => host.Tree.SwapMax(process.Cgroup))
                .ToList();
            if (places.Count == 0 || places.Max() == 0)
                continue;
            var most = places.Max();
            var finding = Finding.Of(
                "SWAP-LEAK",
                surface.Path,
                $"memory.swap.max {(most == HostFacts.Unlimited ? "max" : Size.Show(most))}; swap {Size.Show(memory.Swap)}, {Size.Show(memory.SwapUsed)} used",
                $"a runaway there pushes up to {Size.Show(Math.Min(most, memory.Swap))} to the swap before its cap binds, and everybody waits for that disk",
                Fixes.Set(surface.Path, "MemorySwapMax=0")
            );
            yield return memory.CompressedSwap
                ? finding with
                {
                    Severity = Severity.Warning,
                    Hurts =
                        "a runaway there keeps the processors busy with compressing its memory before its cap binds",
                }
                : finding;
        }
    }

    /// <summary>Where caps and reserve together fit into the machine, it does not come to that.</summary>
    public static IEnumerable<Finding> Files(Landscape host)
    {
        if (
            host.Snapshot is not { Memory: { Swap: 0 } memory, Settings.KeepMilliseconds: 0 }
            || !host.AnyPeople
            || !(CanFill(host) || UncappedTrees.Uncapped(host).Any())
        )
            yield break;
        yield return Finding.Of(
            "FILE-THRASH",
            "host",
            $"swap 0 and no working set is kept (lru_gen/min_ttl_ms 0, or lru_gen off); work can fill the {Size.Show(memory.Total)} of RAM",
            "without swap the kernel evicts the programs that run, reads them from disk again, and goes on so for minutes before it kills",
            "caps that fit into the RAM; or: echo y > /sys/kernel/mm/lru_gen/enabled; echo 1000 > /sys/kernel/mm/lru_gen/min_ttl_ms"
        );
    }

    private static bool CanFill(Landscape host) =>
        CapSum.OverRam(host).Any(finding => finding.Severity > Severity.Info);
}
