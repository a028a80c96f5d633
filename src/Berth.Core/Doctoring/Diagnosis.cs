namespace Berth.Doctoring;

/// <summary>What the doctor says of a host.</summary>
/// <param name="Snapshot">What was read.</param>
/// <param name="Open">Findings that nobody has accepted, the worst first.</param>
/// <param name="Accepted">Those that the baseline accepts.</param>
/// <param name="Stale">What the baseline accepts and is no longer found.</param>
/// <param name="AnyPeople">Whether anybody has something to lose here.</param>
public sealed record Diagnosis(
    HostSnapshot Snapshot,
    IReadOnlyList<Finding> Open,
    IReadOnlyList<Finding> Accepted,
    IReadOnlyList<(string Code, string Subject)> Stale,
    bool AnyPeople
)
{
    public static Diagnosis Of(HostSnapshot snapshot, Baseline baseline)
    {
        var known = baseline.Accepted.ToHashSet();
        var host = new Landscape(snapshot);
        var findings = Rules.Find(host);
        var present = findings.Select(finding => (finding.Code, finding.Subject)).ToHashSet();
        return new Diagnosis(
            snapshot,
            [.. findings.Where(finding => !known.Contains((finding.Code, finding.Subject)))],
            [.. findings.Where(finding => known.Contains((finding.Code, finding.Subject)))],
            [.. baseline.Accepted.Where(accepted => !present.Contains(accepted))],
            host.AnyPeople
        );
    }

    /// <summary>The worst that nobody has accepted; null for none.</summary>
    public Severity? Worst => Open.Count == 0 ? null : Open.Max(finding => finding.Severity);
}
