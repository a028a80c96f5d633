using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>TREE-UNCAPPED and CAP-TOO-LOW-IN-TREE: work of a person that no hard limit holds.</summary>
internal static class UncappedTrees
{
    public static IEnumerable<Finding> Uncapped(Landscape host)
    {
        foreach (var surface in host.Surfaces)
        {
            var free = host
                .Work.Where(process => CgroupTree.Holds(surface.Path, process.Cgroup))
                .Where(process => host.Tree.Max(process.Cgroup) == HostFacts.Unlimited)
                .ToList();
            if (free.Count == 0)
                continue;
            yield return Finding.Of(
                "TREE-UNCAPPED",
                surface.Path,
                $"memory.max is max up to the top for {Words.Processes(free.Count)} of {host.NameOf(surface.Uid)}, {Words.Largest(free)}",
                Consequence(host),
                Fixes.Set(surface.Path, $"MemoryMax={Suggested(host)} MemorySwapMax=0")
            );
        }
    }

    /// <summary>A limit on the service manager alone, which leaves ssh sessions outside.</summary>
    public static IEnumerable<Finding> TooLow(Landscape host)
    {
        foreach (
            var surface in host.Surfaces.Where(surface =>
                surface.Path.EndsWith($"/user-{surface.Uid}.slice", StringComparison.Ordinal)
            )
        )
        {
            var manager = $"{surface.Path}/user@{surface.Uid}.service";
            if (
                host.Tree.Max(surface.Path) == HostFacts.Unlimited
                && host.Tree.At(manager)?.Max is { } cap and not HostFacts.Unlimited
            )
                yield return Finding.Of(
                    "CAP-TOO-LOW-IN-TREE",
                    surface.Path,
                    $"memory.max is {Size.Show(cap)} for user@{surface.Uid}.service and max for the slice around it",
                    $"an ssh login of {host.NameOf(surface.Uid)} runs in session-*.scope beside that service: what starts there has no limit",
                    Fixes.Set(surface.Path, $"MemoryMax={Size.Directive(cap)} MemorySwapMax=0")
                );
        }
    }

    private static string Consequence(Landscape host)
    {
        var victim = Victims.OfTheBox(host);
        var swap = host.Snapshot.Memory is { Swap: > 0 } memory
            ? $"first fills {Size.Show(memory.Swap)} of swap, then "
            : "";
        return $"a runaway there {swap}takes all of the machine's memory: everybody stalls until the kernel or a guard picks a victim"
            + (victim is null ? "" : $"; as things stand the kernel's first choice is {Words.Of(victim)}");
    }

    /// <summary>A quarter of what is left beside the reserve: a place to start from, not a truth.</summary>
    private static string Suggested(Landscape host) =>
        Size.Directive(Math.Max(64L << 20, ((host.Snapshot.Memory?.Total ?? 0) - host.Reserve) / 4 >> 20 << 20));
}
