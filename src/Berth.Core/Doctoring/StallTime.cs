using System.Globalization;

namespace Berth.Doctoring;

/// <summary>How long a soft limit holds a task up before the hard one ends it. The kernel lets a task sleep after each
/// batch of 64 pages that it takes over <c>memory.high</c>: 64 s times the square of the overage (as a share of the limit),
/// at most 2 s (calculate_high_delay in mm/memcontrol.c). Reclaim, which takes its own time, is not in it.</summary>
public static class StallTime
{
    private const double Batch = 64 * 4096;
    private const double Longest = 2;
    private const double Slope = 64;

    /// <summary>Seconds of sleep for one task that takes all memory from the soft limit to the hard one.</summary>
    /// <param name="high">The soft limit in bytes, 0 or more.</param>
    /// <param name="max">The hard limit in bytes; none never ends it.</param>
    public static double Seconds(long high, long max)
    {
        if (max == long.MaxValue)
            return double.PositiveInfinity;
        // The kernel takes a limit of nothing for one page.
        high = Math.Max(high, 4096);
        var band = Math.Max(0, (max - high) / (double)high);
        // The overage from which on each batch costs the longest sleep.
        var knee = Math.Min(band, Math.Sqrt(Longest / Slope));
        return high / Batch * ((Slope * knee * knee * knee / 3) + (Longest * (band - knee)));
    }

    /// <summary>The same in words.</summary>
    public static string Words(double seconds) =>
        seconds switch
        {
            double.PositiveInfinity => "for ever",
            < 1 => "under a second",
            < 120 => seconds.ToString("0 s", CultureInfo.InvariantCulture),
            < 7200 => (seconds / 60).ToString("0 min", CultureInfo.InvariantCulture),
            _ => (seconds / 3600).ToString("0 h", CultureInfo.InvariantCulture),
        };
}
