using Berth.Containment;

namespace Berth.Doctoring;

/// <summary>GROUP-SHARED and GROUP-LEAF: whether the kernel kills one process or a whole cgroup.</summary>
internal static class OomGroups
{
    public static IEnumerable<Finding> Shared(Landscape host)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var process in host.Work.Where(process => process.Agent is not null || host.IsServer(process)))
        {
            foreach (var cgroup in host.Tree.Line(process.Cgroup).Where(cgroup => cgroup.Group))
            {
                // A leaf of one agent and its tools is meant to go as one.
                if (!told.Add(cgroup.Path) || !(Serves(host, cgroup.Path) || Agents(host, cgroup.Path) > 1))
                    continue;
                yield return Finding.Of(
                    "GROUP-SHARED",
                    cgroup.Path,
                    $"memory.oom.group 1; {Words.Processes(host.In(cgroup.Path).Count())} in it, {Words.Of(process)} among them",
                    "one tool at the cap, and the kernel kills everything here at once, the server and all conversations included",
                    Fixes.UnitOf(cgroup.Path) is ({ } unit, false) && !unit.EndsWith(".slice", StringComparison.Ordinal)
                        ? Fixes.Edit(unit, "OOMPolicy=continue")
                        : $"{Fixes.Write(cgroup.Path, "memory.oom.group", 0)}, and OOMPolicy=continue in what made it"
                );
            }
        }
    }

    public static IEnumerable<Finding> Leaf(Landscape host)
    {
        foreach (var surface in host.Surfaces.Where(surface => surface.Server is not null))
        {
            foreach (var leaf in host.Tree.All.Where(cgroup => IsLeaf(host, surface.Path, cgroup)))
                yield return Finding.Of(
                    "GROUP-LEAF",
                    leaf.Path,
                    "memory.oom.group 0 on the cgroup of one conversation",
                    "the kernel kills one process of it, the rest lives on at the limit and keeps its memory: the conversation hangs instead of ending",
                    $"{Fixes.Write(leaf.Path, "memory.oom.group", 1)}, by whatever makes these cgroups"
                );
        }
    }

    /// <summary>A cgroup below a server's own in which exactly one agent is, and no server.</summary>
    private static bool IsLeaf(Landscape host, string unit, CgroupSeen cgroup)
    {
        if (cgroup.Group || cgroup.Path == unit || !CgroupTree.Holds(unit, cgroup.Path))
            return false;
        var name = cgroup.Path[(cgroup.Path.LastIndexOf('/') + 1)..];
        // Berth's own two are shared on purpose.
        if (name is AgentCgroup.Agents or AgentCgroup.Server || Serves(host, cgroup.Path))
            return false;
        return host.In(cgroup.Path).Count(process => process.Agent is not null) == 1
            && !host.Tree.All.Any(below => below.Path != cgroup.Path && CgroupTree.Holds(cgroup.Path, below.Path));
    }

    private static bool Serves(Landscape host, string path) => host.In(path).Any(host.IsServer);

    private static int Agents(Landscape host, string path) => host.In(path).Count(process => process.Agent is not null);
}
