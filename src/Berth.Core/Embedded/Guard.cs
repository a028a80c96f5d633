namespace Berth.Embedded;

/// <summary>One process of a server's tree at one moment.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Rss">Resident memory in bytes.</param>
/// <param name="IsServer">Whether this is the server itself.</param>
public readonly record struct TreeProcess(int Pid, long Rss, bool IsServer);

/// <summary>Stands in for the kernel's memory cap where no cgroup can be used. It looks now and then, so what grows
/// faster than it looks can overshoot: the kernel's cap cannot.</summary>
public static class Guard
{
    /// <summary>How near its cap a tree may come before the guard looks more often.</summary>
    private const double Near = 0.7;

    /// <returns>The process to kill, null for none: the largest one that is not the server, or the server itself when
    /// it alone is over the cap.</returns>
    public static TreeProcess? Victim(IReadOnlyList<TreeProcess> tree, long cap)
    {
        var (sum, server, largest) = (0L, (TreeProcess?)null, (TreeProcess?)null);
        foreach (var process in tree)
        {
            sum += process.Rss;
            if (process.IsServer)
                server = process;
            else if (largest is null || process.Rss > largest.Value.Rss)
                largest = process;
        }
        if (sum <= cap)
            return null;
        return server is { } main && main.Rss > cap ? main : largest ?? server;
    }

    /// <summary>How long until the next look.</summary>
    public static TimeSpan Pause(long sum, long cap) =>
        sum > cap * Near ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1);
}
