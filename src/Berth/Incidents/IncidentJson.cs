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
    IReadOnlyList<string> Evidence,
    IReadOnlyList<DeathFacts> Deaths
)
{
    public static IncidentRow Of(Incident incident, IncidentStore store) =>
        new(
            Incident.Name(incident.Kind),
            incident.User,
            incident.Start,
            incident.End,
            incident.Count,
            incident.Sentence,
            incident.Outcome,
            incident.NextStep,
            incident.Evidence,
            incident.Kind is IncidentKind.OomKill ? store.Deaths(incident) : []
        );
}

public static class IncidentJson
{
    /// <summary>All of them as one list.</summary>
    public static string Render(IEnumerable<Incident> incidents, IncidentStore store) =>
        JsonSerializer.Serialize(
            [.. incidents.Select(incident => IncidentRow.Of(incident, store))],
            IncidentContext.Default.ListIncidentRow
        );

    /// <summary>One on one line.</summary>
    public static string Line(Incident incident, IncidentStore store) =>
        JsonSerializer.Serialize(IncidentRow.Of(incident, store), IncidentLineContext.Default.IncidentRow);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<IncidentRow>))]
internal sealed partial class IncidentContext : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IncidentRow))]
internal sealed partial class IncidentLineContext : JsonSerializerContext;
