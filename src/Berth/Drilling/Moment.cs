using System.Diagnostics;

namespace Berth.Drilling;

/// <summary>The clock of a drill: milliseconds since boot. It is the same for every process, so that a heart's beats and a
/// server's answers are on one axis, and nobody sets it.</summary>
internal static class Moment
{
    /// <summary>Between two questions, in milliseconds.</summary>
    public const double Pause = 25;

    public static double Now => Stopwatch.GetTimestamp() * 1000.0 / Stopwatch.Frequency;
}
