using System.Globalization;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>STALL-NOW and WOUNDED: what is already going wrong.</summary>
public static class Wounds
{
    /// <summary>A tenth of the time, in hundredths of a percent.</summary>
    public const int Stalls = 1000;

    public static IEnumerable<Finding> StallsNow(Landscape host)
    {
        foreach (var cgroup in host.Tree.All.OrderBy(cgroup => cgroup.Path, StringComparer.Ordinal))
        {
            if (
                cgroup.Full10 <= Stalls
                || cgroup.Later is not { } later
                || later.Kills > cgroup.Kills
                || (later.HighEvents <= cgroup.HighEvents && later.MaxEvents <= cgroup.MaxEvents)
                // The innermost one is where it happens; those around it count the same.
                || host.Tree.All.Any(below =>
                    below.Path != cgroup.Path
                    && CgroupTree.Holds(cgroup.Path, below.Path)
                    && below is { Full10: > Stalls, Later: not null }
                )
            )
                continue;
            var largest = host.In(cgroup.Path).MaxBy(process => process.Rss);
            yield return Finding.Of(
                "STALL-NOW",
                cgroup.Path,
                $"in the last 10 s nothing went on for {(cgroup.Full10 / 100).ToString(CultureInfo.InvariantCulture)} % of the time; memory.events rise (high {cgroup.HighEvents} to {later.HighEvents}, max {cgroup.MaxEvents} to {later.MaxEvents}), oom_kill stays {later.Kills}",
                "it is livelocked: it frees nothing and nothing is killed, and it can go on so for hours"
                    + (largest is null ? "" : $"; the most memory has {Words.Of(largest)}"),
                largest is null
                    ? $"{Fixes.Write(cgroup.Path, "cgroup.kill", 1)} ends everything in it"
                    : $"kill -KILL {largest.Pid}"
            );
        }
    }

    public static IEnumerable<Finding> Wounded(Landscape host)
    {
        var watchdog = host.Snapshot.Units.Any(unit => unit is { Name: WatchdogUnits.Service, Active: true });
        foreach (var server in host.Servers.Where(server => server.Cgroup.Length > 0))
        {
            var kills = host.Tree.At(server.Cgroup)?.Kills ?? 0;
            var probed =
                server.Watchdog
                || (
                    watchdog
                    && (
                        host.Snapshot.Roster is not { } roster
                        || roster.Watched.Contains(server.User, StringComparer.Ordinal)
                    )
                );
            if (kills == 0 || probed)
                continue;
            yield return Finding.Of(
                "WOUNDED",
                server.Name,
                $"memory.events: oom_kill {kills} since it started; nothing asks it whether it still answers",
                "a server that has lost a child can drop its listener hours later: the unit stays active and the port is dead",
                "berth apply (its watchdog asks every server), or WatchdogSec= where the server supports it"
            );
        }
    }
}
