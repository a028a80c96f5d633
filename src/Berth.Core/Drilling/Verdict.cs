namespace Berth.Drilling;

public enum Outcome
{
    Pass,
    Fail,

    /// <summary>It could not be asked: never a pass.</summary>
    Refused,
}

/// <summary>One row of the result.</summary>
/// <param name="Promise">The promise it belongs to.</param>
/// <param name="Check">What was asked.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Says">What should hold, in plain words.</param>
/// <param name="Figure">What was measured; empty for nothing.</param>
/// <param name="Words">Why it failed or was refused, and what to look at; empty for a pass.</param>
public sealed record Verdict(Promise Promise, Check Check, Outcome Outcome, string Says, string Figure, string Words);

/// <summary>A point of a curve.</summary>
/// <param name="At">Seconds since the drill began.</param>
public readonly record struct Point(double At, double Value);

/// <param name="Name">What it is of.</param>
/// <param name="Points">In order of time.</param>
public sealed record Curve(string Name, IReadOnlyList<Point> Points);

/// <summary>One drill and how it came out.</summary>
/// <param name="Scenario">What was done.</param>
/// <param name="Refusal">Why it was not done; null where it was.</param>
/// <param name="Verdicts">A row for each check.</param>
/// <param name="Silences">Milliseconds without an answer, a curve for each who was asked.</param>
/// <param name="Memory">MiB held, a curve for each surface.</param>
/// <param name="Injected">When the fault was made, in seconds since the drill began.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record DrillResult(
    Scenario Scenario,
    string? Refusal,
    IReadOnlyList<Verdict> Verdicts,
    IReadOnlyList<Curve> Silences,
    IReadOnlyList<Curve> Memory,
    double Injected,
    double Seconds
)
{
    public Outcome Outcome =>
        Verdicts.Any(verdict => verdict.Outcome is Outcome.Fail) ? Outcome.Fail
        : Refusal is not null || Verdicts.Count == 0 || Verdicts.Any(verdict => verdict.Outcome is Outcome.Refused)
            ? Outcome.Refused
        : Outcome.Pass;

    public static DrillResult Refused(Scenario scenario, string why) => new(scenario, why, [], [], [], 0, 0);
}

/// <summary>A whole run.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Begun">When.</param>
/// <param name="Scale"><c>small</c> or <c>full</c>.</param>
/// <param name="Surface">Whose surface was drilled, in plain words.</param>
/// <param name="Results">One for each drill.</param>
/// <param name="Seconds">How long all of it took.</param>
public sealed record DrillRun(
    string Host,
    DateTimeOffset Begun,
    string Scale,
    string Surface,
    IReadOnlyList<DrillResult> Results,
    double Seconds
)
{
    /// <summary>The run failed where one drill did; it has passed only where every one has.</summary>
    public Outcome Outcome =>
        Results.Any(result => result.Outcome is Outcome.Fail) ? Outcome.Fail
        : Results.Count > 0 && Results.All(result => result.Outcome is Outcome.Pass) ? Outcome.Pass
        : Outcome.Refused;
}
