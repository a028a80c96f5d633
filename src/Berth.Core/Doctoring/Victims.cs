namespace Berth.Doctoring;

/// <summary>Whom the kernel would kill. What counts is resident memory plus <c>oom_score_adj</c> thousandths of the limit
/// that was reached (oom_badness in mm/oom_kill.c; page tables and swap are left out here).</summary>
public static class Victims
{
    private const int Never = -1000;

    /// <summary>The points of a process at a limit, in bytes; null for one that is never killed.</summary>
    public static long? Points(ProcessSeen process, long limit) =>
        process.Adj <= Never ? null : process.Rss + (long)(limit / 1000.0 * process.Adj);

    /// <summary>The first choice among some.</summary>
    public static ProcessSeen? First(IEnumerable<ProcessSeen> processes, long limit) =>
        processes.Where(process => Points(process, limit) is not null).MaxBy(process => Points(process, limit));

    /// <summary>The first choice when the whole machine is out of memory.</summary>
    public static ProcessSeen? OfTheBox(Landscape host) =>
        host.Snapshot.Memory is { } memory ? First(host.Snapshot.Processes, memory.Total + memory.Swap) : null;
}
