using System.Globalization;
using System.Text;

namespace Berth.Incidents;

/// <summary>Incidents as a person reads them.</summary>
public static class IncidentText
{
    /// <summary>One incident, with everything that is known of it.</summary>
    public static string Whole(Incident incident, TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        text.Append(When(incident, zone)).Append('\n').Append(Sentence(incident)).Append(".\n");
        if (incident.Outcome.Length > 0)
            text.Append("Outcome: ").Append(incident.Outcome).Append(".\n");
        foreach (var evidence in incident.Evidence)
            text.Append("  ").Append(evidence).Append('\n');
        if (incident.NextStep.Length > 0)
            text.Append("Next: ").Append(incident.NextStep).Append('\n');
        return text.ToString();
    }

    /// <summary>One incident on one line.</summary>
    public static string Line(Incident incident, TimeZoneInfo zone) =>
        $"{Time(incident.Start, zone):yyyy-MM-dd HH:mm:ss}  {Incident.Name(incident.Kind), -11}  {incident.User ?? "-", -10}  {Sentence(incident)}{(GoesOn(incident) ? " (goes on)" : "")}";

    private static string Sentence(Incident incident) =>
        incident is { Count: > 1, Kind: IncidentKind.OomKill or IncidentKind.Restart or IncidentKind.LogGap }
            ? $"{incident.Sentence} ({incident.Count.ToString("N0", CultureInfo.InvariantCulture)} times within {Words.Time(incident.Last - incident.Start)}; this is the last)"
            : incident.Sentence;

    private static string When(Incident incident, TimeZoneInfo zone)
    {
        var start = Time(incident.Start, zone);
        var end = incident.End is { } over ? Time(over, zone) : (DateTimeOffset?)null;
        return $"{start:yyyy-MM-dd HH:mm:ss}"
            + (
                GoesOn(incident) ? ", goes on"
                : end is null ? ""
                : end.Value - start < TimeSpan.FromSeconds(1) ? ""
                : $" to {end:HH:mm:ss} ({Words.Time(end.Value - start)})"
            )
            + $"  {Incident.Name(incident.Kind)}";
    }

    /// <summary>A kill is over when it is told; that its incident is still open only means that the next one of its kind
    /// is told with it.</summary>
    private static bool GoesOn(Incident incident) =>
        incident.End is null
        && incident.Kind is not (IncidentKind.OomKill or IncidentKind.LogGap or IncidentKind.Restart);

    private static DateTimeOffset Time(DateTimeOffset time, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(time, zone);
}
