using Berth.Planning;

namespace Berth.Doctoring;

/// <summary>OOMD-RELIED-ON, OOMD-BLAST, TWO-KILLERS and BACKSTOP-MISSING: who acts when the whole machine is short.</summary>
internal static class Backstops
{
    /// <summary>Holds everything; its cgroup is the top of the tree, which has no name.</summary>
    private const string Top = "-.slice";

    public static IEnumerable<Finding> ReliedOn(Landscape host)
    {
        if (!host.Snapshot.Oomd || host.Snapshot.Earlyoom is not null || host.Snapshot.OtherKiller is not null)
            yield break;
        var free = host.Surfaces.Where(surface => host.Tree.Max(surface.Path) == HostFacts.Unlimited).ToList();
        if (free.Count > 0)
            yield return Finding.Of(
                "OOMD-RELIED-ON",
                "systemd-oomd.service",
                $"systemd-oomd runs; no hard limit on {free[0].Path}{(free.Count > 1 ? $" and {free.Count - 1} more" : "")}",
                "it acts only where the kernel has just scanned for memory; anonymous memory without swap is not scanned reliably, so a runaway may fill the machine and it does nothing",
                Fixes.Set(free[0].Path, "MemoryMax=… MemorySwapMax=0") + "; a hard limit needs no daemon"
            );
    }

    public static IEnumerable<Finding> Blast(Landscape host)
    {
        if (!host.Snapshot.Oomd)
            yield break;
        foreach (
            var unit in host.Snapshot.Units.Where(unit =>
                unit is { OomdKills: true, Active: true } && (unit.Cgroup.Length > 0 || unit.Name == Top)
            )
        )
        {
            var leaf = host
                .Work.Where(process => IsBelow(unit, process.Cgroup))
                .GroupBy(process => process.Cgroup, StringComparer.Ordinal)
                .Select(group => (Path: group.Key, Agents: group.Count(process => process.IsAgentOrServer())))
                .OrderByDescending(leaf => leaf.Agents)
                .FirstOrDefault();
            if (leaf.Agents > 1)
                yield return Finding.Of(
                    "OOMD-BLAST",
                    unit.Name,
                    $"systemd-oomd may kill below it; {leaf.Path} holds {leaf.Agents} agents or servers",
                    $"it kills a cgroup as a whole: {leaf.Agents} conversations for one hog",
                    Fixes.Set(unit.Name == Top ? Top : unit.Cgroup, "ManagedOOMSwap=auto ManagedOOMMemoryPressure=auto")
                );
        }
    }

    /// <summary>What is given to it is where it looks, and not itself a candidate: only what is below
    /// (systemd-oomd.service(8)).</summary>
    private static bool IsBelow(UnitSeen unit, string cgroup) =>
        unit.Cgroup.Length == 0
            ? cgroup.Length > 0
            : cgroup.Length > unit.Cgroup.Length && CgroupTree.Holds(unit.Cgroup, cgroup);

    public static IEnumerable<Finding> TwoKillers(Landscape host)
    {
        if (
            !host.AnyPeople
            || !host.Snapshot.Oomd
            || (host.Snapshot.Earlyoom is null && host.Snapshot.OtherKiller is null)
        )
            yield break;
        if (!host.Snapshot.Units.Any(unit => unit is { OomdKills: true, Active: true }))
            yield break;
        yield return Finding.Of(
            "TWO-KILLERS",
            "host",
            $"systemd-oomd and {host.Snapshot.OtherKiller ?? "earlyoom"} both run, and units are given to systemd-oomd",
            "they go by different signs and kill one after the other: two victims for one shortage",
            "systemctl disable --now systemd-oomd.service systemd-oomd.socket"
        );
    }

    public static IEnumerable<Finding> Missing(Landscape host)
    {
        var snapshot = host.Snapshot;
        if (
            !host.AnyPeople
            || snapshot.Earlyoom is not null
            || snapshot.OtherKiller is not null
            || (snapshot.Oomd && snapshot.Units.Any(unit => unit is { OomdKills: true, Active: true }))
        )
            yield break;
        yield return Finding.Of(
            "BACKSTOP-MISSING",
            "host",
            "no earlyoom; " + (snapshot.Oomd ? "systemd-oomd runs, and no unit is given to it" : "no systemd-oomd"),
            "when the reserve itself is eaten the kernel is alone, and it acts last: the machine may stand still for minutes before",
            "install the package earlyoom, then berth apply (host: {backstop: true} is the default)"
        );
    }
}
