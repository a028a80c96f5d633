using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>EARLYOOM-SWAP, -OLD, -COMM and -ARGV: a box-wide guard that is set up so that it harms.</summary>
internal static class EarlyoomRules
{
    private const string Unit = "earlyoom.service";

    public static IEnumerable<Finding> Swap(Landscape host)
    {
        if (
            host is
            { AnyPeople: true, Snapshot: { Earlyoom: { SwapPercent: < 100 } earlyoom, Memory: { Swap: > 0 } memory } }
        )
            yield return Finding.Of(
                "EARLYOOM-SWAP",
                Unit,
                $"-s {earlyoom.SwapPercent} with {Size.Show(memory.Swap)} of swap",
                $"it waits until free swap is below {earlyoom.SwapPercent} % as well: by then {Size.Show(memory.Swap / 100 * (100 - earlyoom.SwapPercent))} were written to it, and the machine has stood still meanwhile",
                "-s 100,100 in /etc/default/earlyoom, then systemctl restart earlyoom"
            );
    }

    public static IEnumerable<Finding> Old(Landscape host)
    {
        if (host is { AnyPeople: true, Snapshot.Earlyoom: { CanSort: false } })
            yield return Finding.Of(
                "EARLYOOM-OLD",
                Unit,
                "this earlyoom does not know --sort-by-rss (1.8 does)",
                "it goes by oom_score, in which oom_score_adj makes a small agent look larger than a hog",
                "earlyoom 1.8 or newer (Debian 13 has it)"
            );
    }

    public static IEnumerable<Finding> Comm(Landscape host)
    {
        if (host.Snapshot.Earlyoom is not { Prefer: { } prefer } earlyoom || !host.AnyPeople)
            yield break;
        var matched = host.Snapshot.Processes.Where(process => process.Preferred).ToList();
        var agents = matched.Where(process => process.IsAgentOrServer()).ToList();
        // With --sort-by-rss a preference still comes first.
        if (agents.Count > 0)
            yield return Finding.Of(
                "EARLYOOM-COMM",
                Unit,
                $"--prefer '{prefer}' matches {agents.Count} running agents or servers, {Words.Largest(agents)}",
                $"it adds 300 points, as much as {Size.Show((host.Snapshot.Memory?.Total ?? 0) / 1000 * 300)} of memory: agents are killed one after the other while the hog, whose name is another, lives",
                $"no --prefer{(earlyoom.Sorts ? "" : ", but --sort-by-rss")} in /etc/default/earlyoom, then systemctl restart earlyoom"
            );
        else if (matched.Count == 0)
            yield return Finding.Of(
                "EARLYOOM-COMM",
                Unit,
                $"--prefer '{prefer}' matches no running process",
                "names lie: a hog is called by a version number, or by the tool that it plays; the preference will not find it",
                "--sort-by-rss in place of --prefer in /etc/default/earlyoom, then systemctl restart earlyoom"
            ) with
            {
                Severity = Severity.Warning,
            };
    }

    public static IEnumerable<Finding> Argv(Landscape host)
    {
        if (host is { AnyPeople: true, Snapshot.Earlyoom: { AsConfigured: false } })
            yield return Finding.Of(
                "EARLYOOM-ARGV",
                Unit,
                "the running earlyoom has other arguments than its unit and /etc/default/earlyoom give",
                "what the file says is not in force: it was not restarted, or systemd took the quotes and backslashes of the file away (write [.] for \\.)",
                "systemctl daemon-reload; systemctl restart earlyoom; then compare: tr '\\0' ' ' </proc/$(pidof earlyoom)/cmdline"
            );
    }
}
