using System.Globalization;

namespace Berth.Recording;

/// <summary>Times as a person types them: <c>14:05</c>, <c>14:05:30</c>, <c>2026-11-25 14:05</c>, <c>30m</c>, <c>2h</c>,
/// <c>3d</c> (that long ago).</summary>
public static class TimeWords
{
    private static readonly string[] s_clock = ["H:mm", "H:mm:ss"];
    private static readonly string[] s_date =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd H:mm",
        "yyyy-MM-dd H:mm:ss",
        "yyyy-MM-ddTHH:mm",
        "yyyy-MM-ddTHH:mm:ss",
    ];

    /// <param name="text">What was typed.</param>
    /// <param name="now">Now, where the person is: a time of day that is still to come was yesterday's.</param>
    /// <param name="zone">Where the person is.</param>
    /// <returns>Null when it is no time.</returns>
    public static DateTimeOffset? Past(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        text = text.Trim();
        if (text is "now")
            return now;
        if (
            text.Length > 1
            && double.TryParse(
                text.AsSpan(0, text.Length - 1),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var count
            )
            && count is >= 0 and < 100_000
        )
        {
            var unit = text[^1] switch
            {
                's' => TimeSpan.FromSeconds(1),
                'm' => TimeSpan.FromMinutes(1),
                'h' => TimeSpan.FromHours(1),
                'd' => TimeSpan.FromDays(1),
                _ => TimeSpan.Zero,
            };
            return unit == TimeSpan.Zero ? null : now - (unit * count);
        }
        var here = TimeZoneInfo.ConvertTime(now, zone);
        if (TimeOnly.TryParseExact(text, s_clock, CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            var today = At(here.Date.Add(clock.ToTimeSpan()), zone);
            return today <= now ? today : At(here.Date.AddDays(-1).Add(clock.ToTimeSpan()), zone);
        }
        return DateTime.TryParseExact(text, s_date, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? At(date, zone)
            : null;
    }

    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone) => new(local, zone.GetUtcOffset(local));
}
