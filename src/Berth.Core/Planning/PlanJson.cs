using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Planning;

/// <summary>A plan as a program reads it.</summary>
public static class PlanJson
{
    public static string Render(Plan plan) =>
        JsonSerializer.Serialize(
            new PlanDocument(
                [.. plan.Steps.Select(Document)],
                [.. plan.Waiting.Select(Document)],
                plan.Problems,
                plan.Drift,
                plan.Notes,
                new CapacityDocument(
                    plan.Capacity.Ram,
                    plan.Capacity.Reserve,
                    plan.Capacity.Caps,
                    plan.Capacity.Ratio,
                    plan.Capacity.Overcommitted,
                    plan.Capacity.WorstCase(),
                    plan.Capacity.Rows
                ),
                plan.Refused
            ),
            PlanJsonContext.Default.PlanDocument
        );

    private static StepDocument Document(Step step) => new(step.Kind, step.User, step.Says, step.Interrupts);
}

/// <summary>One step: what kind, whose, what it does, whom it interrupts.</summary>
public sealed record StepDocument(string Kind, string? User, string Says, string? Interrupts);

/// <summary>The memory arithmetic, in bytes.</summary>
public sealed record CapacityDocument(
    long RamBytes,
    long ReserveBytes,
    long CapsBytes,
    double Ratio,
    bool Overcommitted,
    string WorstCase,
    IReadOnlyList<CapacityRow> Rows
);

public sealed record PlanDocument(
    IReadOnlyList<StepDocument> Steps,
    IReadOnlyList<StepDocument> Waiting,
    IReadOnlyList<PlanProblem> Problems,
    IReadOnlyList<Drift> Drift,
    IReadOnlyList<string> Notes,
    CapacityDocument Memory,
    bool Refused
);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(Manifest))]
public sealed partial class PlanJsonContext : JsonSerializerContext;
