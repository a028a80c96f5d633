using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Doctoring;

/// <summary>A diagnosis as a program reads it.</summary>
public static class DoctorJson
{
    public static string Render(Diagnosis diagnosis) =>
        JsonSerializer.Serialize(
            new DoctorDocument(
                diagnosis.Snapshot.System,
                diagnosis.Snapshot.Kernel,
                diagnosis.Snapshot.Systemd,
                diagnosis.Snapshot.Root,
                diagnosis.AnyPeople,
                [
                    .. diagnosis.Open.Select(finding => Row(finding, accepted: false)),
                    .. diagnosis.Accepted.Select(finding => Row(finding, accepted: true)),
                ],
                [.. diagnosis.Stale.Select(stale => $"{stale.Code} {stale.Subject}")],
                diagnosis.Snapshot.Unread,
                [.. Rules.MoreForRoot(diagnosis.Snapshot).Select(rule => rule.Code)]
            ),
            DoctorContext.Default.DoctorDocument
        );

    private static FindingRow Row(Finding finding, bool accepted) =>
        new(
            finding.Code,
            finding.Severity,
            finding.Subject,
            finding.Read,
            finding.Hurts,
            finding.Fix,
            finding.Page,
            accepted
        );
}

/// <param name="AnyPeople">Whether anybody runs an agent here or a roster names somebody.</param>
/// <param name="Stale">Lines of the baseline that no longer apply.</param>
/// <param name="MoreForRoot">Codes of rules that see more with sudo.</param>
public sealed record DoctorDocument(
    string System,
    string Kernel,
    int Systemd,
    bool Root,
    bool AnyPeople,
    IReadOnlyList<FindingRow> Findings,
    IReadOnlyList<string> Stale,
    IReadOnlyList<Unread> NotRead,
    IReadOnlyList<string> MoreForRoot
);

/// <param name="Accepted">The baseline accepts it.</param>
public sealed record FindingRow(
    string Code,
    Severity Severity,
    string Subject,
    string Read,
    string Hurts,
    string Fix,
    string Page,
    bool Accepted
);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(DoctorDocument))]
internal sealed partial class DoctorContext : JsonSerializerContext;
