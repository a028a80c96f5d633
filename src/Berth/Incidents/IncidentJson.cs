using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Incidents;

/// <summary>An incident as a program reads it.</summary>
public sealed record IncidentRow(
    string Kind,
    string? User,
    DateTimeOffset Start,
    DateTimeOffset? End,
    int Count,
    string Sentence,
    string Outcome,
    string NextStep,
    IReadOnlyList<string> Evidence
)
{
    public static IncidentRow Of(Incident incident) =>
        new(
            Incident.Name(incident.Kind),
            incident.User,
            incident.Start,
            incident.End,
            incident.Count,
            incident.Sentence,
            incident.Outcome,
            incident.NextStep,
            incident.Evidence
        );
}

public static class IncidentJson
{
    /// <summary>All of them as one list.</summary>
    public static string Render(IEnumerable<Incident> incidents) =>
        JsonSerializer.Serialize([.. incidents.Select(IncidentRow.Of)], IncidentContext.Default.ListIncidentRow);

    /// <summary>One on one line.</summary>
    public static string Line(Incident incident) =>
        JsonSerializer.Serialize(IncidentRow.Of(incident), IncidentLineContext.Default.IncidentRow);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<IncidentRow>))]
internal sealed partial class IncidentContext : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IncidentRow))]
internal sealed partial class IncidentLineContext : JsonSerializerContext;
