using Berth.Units;

namespace Berth.Doctoring;

/// <summary>ADJ-NEGATIVE, ADJ-ORDER and RESCUE: who should die last, and does not.</summary>
internal static class Protection
{
    public static IEnumerable<Finding> Negative(Landscape host)
    {
        foreach (
            var surface in host
                .Work.Where(process => process.Adj < 0 && !host.IsServer(process))
                .GroupBy(
                    process =>
                        host.Surfaces.FirstOrDefault(surface => CgroupTree.Holds(surface.Path, process.Cgroup))?.Path
                        ?? "host",
                    StringComparer.Ordinal
                )
        )
        {
            var protectedOnes = surface.ToList();
            yield return Finding.Of(
                "ADJ-NEGATIVE",
                surface.Key,
                $"oom_score_adj {protectedOnes.Min(process => process.Adj)} for {Words.Processes(protectedOnes.Count)} that are no server, {Words.Largest(protectedOnes)}",
                "children inherit it: a runaway tool is spared, and the kernel kills somebody who is not protected",
                "no negative OOMScoreAdjust= on a unit that starts tools; start them with: choom -n 0 -- COMMAND"
            );
        }
    }

    public static IEnumerable<Finding> Order(Landscape host)
    {
        foreach (var surface in host.Surfaces)
        {
            var servers = host.Work.Where(process =>
                CgroupTree.Holds(surface.Path, process.Cgroup) && host.IsServer(process)
            );
            foreach (var server in servers)
            {
                var spared = host
                    .Work.Where(process => process.Cgroup == server.Cgroup && process.Adj < server.Adj)
                    .ToList();
                if (spared.Count > 0)
                    yield return Finding.Of(
                        "ADJ-ORDER",
                        surface.Path,
                        $"oom_score_adj {server.Adj} for the server {Words.Of(server)}, {spared.Min(process => process.Adj)} for {Words.Processes(spared.Count)} that it started",
                        "at the cap the kernel takes the server before its tools, and every conversation with it",
                        server.Adj <= 0
                                ? $"{string.Join("; ", spared.Take(3).Select(tool => $"choom -p {tool.Pid} -n {server.Adj}"))}, and no lower value in what starts them"
                            : surface.Server is { } unit ? Fixes.Edit(unit.Name, "OOMScoreAdjust=0")
                            : $"choom -p {server.Pid} -n 0"
                    );
            }
        }
    }

    public static IEnumerable<Finding> Rescue(Landscape host)
    {
        if (!host.AnyPeople)
            yield break;
        foreach (
            var process in host.Snapshot.Processes.Where(process =>
                process.Uid == 0 && process.Adj >= 0 && IsWayIn(process)
            )
        )
            yield return Finding.Of(
                "RESCUE",
                process.Cgroup[(process.Cgroup.LastIndexOf('/') + 1)..],
                $"oom_score_adj {process.Adj} for {process.Name} (pid {process.Pid})",
                "when memory runs out it may be killed with the rest: then nobody gets in to help, or restarts what died",
                Landscape.UnitOf(process.Cgroup) is { } unit
                    ? Fixes.Edit(unit, "OOMScoreAdjust=-900")
                    : $"choom -p {process.Pid} -n -900"
            );
    }

    /// <summary>The listening sshd, and Berth's own that restart servers; not what they start: while somebody signs in, an
    /// sshd of root's stands beside the listening one.</summary>
    private static bool IsWayIn(ProcessSeen process) =>
        process.Parent == 1 && (IsListener(process) || IsSupervisor(process));

    private static bool IsListener(ProcessSeen process) =>
        process.Name is "sshd" && Landscape.UnitOf(process.Cgroup) is "ssh.service" or "sshd.service";

    private static bool IsSupervisor(ProcessSeen process) =>
        process.Name is "berth"
        && Landscape.UnitOf(process.Cgroup) is GatewayUnits.Daemon or WatchdogUnits.Service or AgentUnits.Service;
}
