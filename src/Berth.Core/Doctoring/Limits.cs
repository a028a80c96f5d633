using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>PIDS, DELEGATION, DOCKER-PARENT and TMPFS: other ways out of a cap.</summary>
internal static class Limits
{
    public static IEnumerable<Finding> Pids(Landscape host)
    {
        foreach (var surface in host.Surfaces.Where(surface => host.Tree.PidsMax(surface.Path) == HostFacts.Unlimited))
            yield return Finding.Of(
                "PIDS",
                surface.Path,
                "pids.max is max up to the top",
                "a fork bomb there takes every process id of the machine: nobody can log in, or start anything",
                Fixes.Set(surface.Path, "TasksMax=4096")
            );
    }

    public static IEnumerable<Finding> Delegation(Landscape host)
    {
        if (!host.AnyPeople || host.Snapshot.Hierarchy is not { } hierarchy)
            yield break;
        if (hierarchy is "v2" && host.Snapshot.Controllers.Contains("memory", StringComparer.Ordinal))
            yield break;
        yield return Finding.Of(
            "DELEGATION",
            "host",
            hierarchy is "v2"
                ? $"cgroup v2 without a memory controller (it has {(host.Snapshot.Controllers.Count == 0 ? "none" : string.Join(' ', host.Snapshot.Controllers))})"
                : $"cgroup hierarchy: {hierarchy}",
            "no cap that systemd is asked for is in force as it says; no tool is contained",
            hierarchy is "v2"
                ? "boot with cgroup_enable=memory, without cgroup_disable=memory and without anything that mounts the memory controller of cgroup v1"
                : "boot with systemd.unified_cgroup_hierarchy=1"
        );
    }

    public static IEnumerable<Finding> Docker(Landscape host)
    {
        if (!host.AnyPeople)
            yield break;
        var free = host
            .Snapshot.Processes.Where(process => Landscape.IsContainer(process.Cgroup))
            .Where(process => host.Tree.Max(process.Cgroup) == HostFacts.Unlimited)
            .Select(process => CgroupTree.Above(process.Cgroup))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (free.Count == 0)
            yield break;
        yield return Finding.Of(
            "DOCKER-PARENT",
            "host",
            $"containers run in {string.Join(", ", free.Take(3))}{(free.Count > 3 ? ", …" : "")} without a memory limit; cgroup-parent is {host.Snapshot.DockerParent ?? "not set"}",
            "what an agent starts in a container is outside of its cap, and takes all of the machine's memory",
            "berth apply with docker installed puts all containers under one cap; by hand: a slice with MemoryMax=, its name as cgroup-parent in /etc/docker/daemon.json, then new containers"
        );
    }

    /// <summary>What a capped process writes to a tmpfs is charged to its cap; only work without one can fill them.</summary>
    public static IEnumerable<Finding> Tmpfs(Landscape host)
    {
        var sum = host.Snapshot.Tmpfs.Sum(tmpfs => tmpfs.Size);
        if (sum <= host.Reserve || host.Snapshot.Memory is null)
            yield break;
        var free = UncappedTrees.Uncapped(host).FirstOrDefault();
        if (free is null)
            yield break;
        yield return Finding.Of(
            "TMPFS",
            "host",
            $"{string.Join(", ", host.Snapshot.Tmpfs.Select(tmpfs => $"{tmpfs.Path} {Size.Show(tmpfs.Size)}"))}; reserve {Size.Show(host.Reserve)}",
            $"files there are memory, and from {free.Subject} nothing limits them; killing processes does not free them",
            "a cap on that surface (then files count against it), or a smaller size= for these mounts"
        );
    }
}
