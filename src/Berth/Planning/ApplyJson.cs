using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Planning;

/// <summary>An apply as a program reads it.</summary>
public static class ApplyJson
{
    public static string Render(Plan plan, ApplyReport report, IReadOnlyList<string> complaints) =>
        JsonSerializer.Serialize(
            new ApplyDocument(
                [
                    .. report.Results.Select(result => new ResultDocument(
                        result.Step.Kind,
                        result.Step.User,
                        result.Step.Says,
                        result.Failure
                    )),
                ],
                [.. report.Skipped.Select(step => step.Says)],
                [.. plan.Waiting.Select(step => step.Says)],
                plan.Problems,
                plan.Drift,
                complaints
            ),
            ApplyJsonContext.Default.ApplyDocument
        );
}

public sealed record ResultDocument(string Kind, string? User, string Says, string? Failure);

public sealed record ApplyDocument(
    IReadOnlyList<ResultDocument> Steps,
    IReadOnlyList<string> Skipped,
    IReadOnlyList<string> Waiting,
    IReadOnlyList<PlanProblem> Problems,
    IReadOnlyList<Drift> Drift,
    IReadOnlyList<string> Complaints
);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ApplyDocument))]
public sealed partial class ApplyJsonContext : JsonSerializerContext;
