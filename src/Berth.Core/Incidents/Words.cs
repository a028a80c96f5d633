using System.Globalization;

namespace Berth.Incidents;

/// <summary>Amounts as a sentence says them.</summary>
public static class Words
{
    /// <summary>Memory: <c>6.0 GiB</c>, <c>212 MiB</c>.</summary>
    public static string Memory(long bytes) =>
        bytes switch
        {
            >= 1L << 40 => Number(bytes, 40, "0.0") + " TiB",
            >= 1L << 30 => Number(bytes, 30, "0.0") + " GiB",
            >= 1L << 20 => Number(bytes, 20, "0") + " MiB",
            _ => Number(bytes, 10, "0") + " KiB",
        };

    /// <summary>A cap, which is a round number more often than not: <c>6 GiB</c>.</summary>
    public static string Cap(long bytes)
    {
        var text = Memory(bytes);
        return text.Replace(".0 ", " ", StringComparison.Ordinal);
    }

    /// <summary>Growth: <c>150 MiB/s</c>.</summary>
    public static string Rate(double bytesPerSecond) => Memory((long)bytesPerSecond) + "/s";

    /// <summary>A time: <c>25 ms</c>, <c>0.8 s</c>, <c>41 s</c>, <c>3 min</c>, <c>2 h</c>, <c>5 days</c>.</summary>
    public static string Time(TimeSpan time) =>
        time.TotalSeconds switch
        {
            < 0.1 => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + " ms",
            < 1 => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
            < 120 => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + " s",
            < 7200 => ((long)time.TotalMinutes).ToString(CultureInfo.InvariantCulture) + " min",
            < 172_800 => ((long)time.TotalHours).ToString(CultureInfo.InvariantCulture) + " h",
            _ => ((long)time.TotalDays).ToString(CultureInfo.InvariantCulture) + " days",
        };

    /// <summary><c>1 agent</c>, <c>4 agents</c>.</summary>
    public static string Count(long number, string what) =>
        number.ToString("N0", CultureInfo.InvariantCulture) + " " + what + (number == 1 ? "" : "s");

    /// <summary>The beginning of a command, as much as a sentence carries.</summary>
    public static string Short(string text, int limit = 80) =>
        text.Length <= limit ? text : string.Concat(text.AsSpan(0, limit - 1).TrimEnd(), "…");

    private static string Number(long bytes, int shift, string format) =>
        (bytes / (double)(1L << shift)).ToString(format, CultureInfo.InvariantCulture);
}
