using Berth.Planning;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>ADJ-SKEW: <c>oom_score_adj</c> counts in thousandths of the limit that was reached, so a difference of a few
/// hundred outweighs any agent. Each place with a limit is played through: one process grows until the limit is reached;
/// the rule fires when the kernel's first choice is then another, smaller one.</summary>
public static class AdjSkew
{
    /// <summary>What earlyoom adds for a name that <c>--prefer</c> matches; <c>--avoid</c> takes as much away.</summary>
    private const int EarlyoomPoints = 300;

    public static IEnumerable<Finding> Find(Landscape host)
    {
        var domains = host
            .Work.Select(process => host.Tree.Binding(process.Cgroup)?.Path)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        foreach (var path in domains)
        {
            if (Worst([.. host.In(path)], host.Tree.At(path)!.Max!.Value) is { } skew)
                yield return Told(path, skew, "oom_score_adj");
        }
        // Where caps and reserve fit into the machine it is never out of memory, and a guard that goes by resident
        // memory acts before the kernel would choose.
        if (
            host.Snapshot.Memory is { } memory
            && host.Snapshot.Earlyoom is not { Sorts: true }
            && host.Surfaces.Any(surface => host.Tree.Max(surface.Path) == HostFacts.Unlimited)
            && Worst(
                [.. host.Snapshot.Processes.Select(process => AsChosen(host, process))],
                memory.Total,
                process => host.IsPersonOfHost(process.Uid)
            )
                is { } box
        )
            yield return Told(
                "host",
                box,
                host.Snapshot.Earlyoom is null
                    ? "oom_score_adj"
                    : "oom_score_adj, with what earlyoom's preferences add,"
            );
    }

    /// <summary>A process that grew, and the smaller one that dies for it.</summary>
    public sealed record Skew(ProcessSeen Grown, ProcessSeen Victim, long Limit);

    /// <summary>The worst that can come of one of these growing until the limit is reached; null when it is always the
    /// grown one that dies.</summary>
    /// <param name="processes">All that count against the limit.</param>
    /// <param name="limit">The limit in bytes.</param>
    /// <param name="grows">Which of them may turn out to be the hog; all by default.</param>
    public static Skew? Worst(IReadOnlyList<ProcessSeen> processes, long limit, Func<ProcessSeen, bool>? grows = null)
    {
        var sum = processes.Sum(process => process.Rss);
        // The two that count most: whoever grows, the victim is the first of the others.
        var ranked = processes
            .Where(process => Victims.Points(process, limit) is not null)
            .OrderByDescending(process => Victims.Points(process, limit))
            .ThenBy(process => process.Pid)
            .Take(2)
            .ToList();
        Skew? worst = null;
        foreach (var process in processes.Where(process => process.Adj > -1000 && grows?.Invoke(process) != false))
        {
            var grown = process with { Rss = Math.Max(process.Rss, limit - (sum - process.Rss)) };
            var other = ranked.Find(candidate => candidate.Pid != process.Pid);
            if (
                other is null
                || other.Rss >= grown.Rss
                || Victims.Points(other, limit) <= Victims.Points(grown, limit)
                || (worst is not null && worst.Grown.Rss - worst.Victim.Rss >= grown.Rss - other.Rss)
            )
                continue;
            worst = new Skew(grown, other, limit);
        }
        return worst;
    }

    private static ProcessSeen AsChosen(Landscape host, ProcessSeen process) =>
        host.Snapshot.Earlyoom is null ? process
        : process.Preferred ? process with { Adj = process.Adj + EarlyoomPoints }
        : process.Avoided ? process with { Adj = Math.Max(-999, process.Adj - EarlyoomPoints) }
        : process;

    private static Finding Told(string subject, Skew skew, string points)
    {
        var handicap = (long)(skew.Limit / 1000.0 * (skew.Victim.Adj - skew.Grown.Adj));
        return Finding.Of(
            "ADJ-SKEW",
            subject,
            $"{points} {skew.Victim.Adj} for {Words.Of(skew.Victim)}, {skew.Grown.Adj} for {skew.Grown.Name} (pid {skew.Grown.Pid}); limit {Size.Show(skew.Limit)}",
            $"the difference counts as {Size.Show(handicap)}: when {skew.Grown.Name} grows to {Size.Show(skew.Grown.Rss)} and the limit is reached, {skew.Victim.Name} with {Size.Show(skew.Victim.Rss)} is killed and the hog lives",
            "one oom_score_adj for all work (OOMScoreAdjust= on user@.service and the servers), and a guard that goes by resident memory (earlyoom --sort-by-rss)"
        );
    }
}
