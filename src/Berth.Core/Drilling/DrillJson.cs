using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>A run as a program reads it.</summary>
public sealed record DrillRunRow(
    string Host,
    DateTimeOffset Begun,
    string Scale,
    string Surface,
    string Outcome,
    double Seconds,
    IReadOnlyList<DrillRow> Drills
);

public sealed record DrillRow(
    string Name,
    string? Shape,
    string Does,
    string Outcome,
    string? Refusal,
    double Seconds,
    IReadOnlyList<CheckRow> Checks
);

public sealed record CheckRow(string Promise, string Check, string Outcome, string Says, string Figure, string Words);

/// <summary>A drill as the list of all shows it.</summary>
public sealed record ScenarioRow(
    string Name,
    string? Shape,
    string Does,
    IReadOnlyList<string> Needs,
    string? Incident,
    IReadOnlyList<string> Checks
);

public static class DrillJson
{
    public static string Render(DrillRun run) =>
        JsonSerializer.Serialize(
            new DrillRunRow(
                run.Host,
                run.Begun,
                run.Scale,
                run.Surface,
                Name(run.Outcome),
                Math.Round(run.Seconds, 1),
                [.. run.Results.Select(Row)]
            ),
            DrillJsonContext.Default.DrillRunRow
        );

    public static string Render(IReadOnlyList<Scenario> scenarios) =>
        JsonSerializer.Serialize(
            [
                .. scenarios.Select(scenario => new ScenarioRow(
                    scenario.Name,
                    scenario.Shape,
                    scenario.Does,
                    [.. scenario.Needs.Select(need => Name(need))],
                    scenario.Incident is { } kind ? Incident.Name(kind) : null,
                    [.. scenario.Checks.Select(check => Name(check))]
                )),
            ],
            DrillJsonContext.Default.ListScenarioRow
        );

    /// <summary>Kebab-case, as all of Berth's JSON has it.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static DrillRow Row(DrillResult result) =>
        new(
            result.Scenario.Name,
            result.Scenario.Shape,
            result.Scenario.Does,
            Name(result.Outcome),
            result.Refusal,
            Math.Round(result.Seconds, 1),
            [
                .. result.Verdicts.Select(verdict => new CheckRow(
                    Name(verdict.Promise),
                    Name(verdict.Check),
                    Name(verdict.Outcome),
                    verdict.Says,
                    verdict.Figure,
                    verdict.Words
                )),
            ]
        );
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DrillRunRow))]
[JsonSerializable(typeof(List<ScenarioRow>))]
internal sealed partial class DrillJsonContext : JsonSerializerContext;
