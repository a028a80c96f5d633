namespace Berth.Planning;

/// <summary>Everything apply would do, and everything it would not do and why. A value: printing it and doing it
/// read the same list.</summary>
/// <param name="Steps">In the order they run.</param>
/// <param name="Waiting">Steps that interrupt somebody and were not asked for (<c>--restart</c>).</param>
/// <param name="Problems">What keeps a user (or the host) from being what the roster says.</param>
/// <param name="Drift">Files that are not as Berth wrote them.</param>
/// <param name="Notes">Worth knowing; nothing to do.</param>
/// <param name="Capacity">The memory arithmetic.</param>
/// <param name="Next">The manifest once every step has succeeded.</param>
public sealed record Plan(
    IReadOnlyList<Step> Steps,
    IReadOnlyList<Step> Waiting,
    IReadOnlyList<PlanProblem> Problems,
    IReadOnlyList<Drift> Drift,
    IReadOnlyList<string> Notes,
    Capacity Capacity,
    Manifest Next
)
{
    public bool IsEmpty => Steps.Count == 0;

    /// <summary>A problem of the whole host: nothing is applied until it is solved.</summary>
    public bool Refused => Problems.Any(problem => problem.User is null);

    public IEnumerable<string> Interrupts => Steps.Select(step => step.Interrupts).OfType<string>();
}

/// <param name="User">Who is concerned; null when the host is, and then nothing is applied.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do.</param>
public sealed record PlanProblem(string? User, string Message, string Hint)
{
    public override string ToString() => User is null ? $"{Message}; {Hint}" : $"{User}: {Message}; {Hint}";
}

/// <summary>A file that Berth wants to own and that is not as Berth wrote it.</summary>
/// <param name="Path">The file.</param>
/// <param name="What">Edited by hand, not ours, a link, wrong owner.</param>
/// <param name="User">Whose it is; null for the host's.</param>
public sealed record Drift(string Path, string What, string? User);

/// <summary>What a person asked of a plan.</summary>
/// <param name="OverwriteDrift">Replace files that are not as Berth wrote them; a foreign one is kept aside.</param>
/// <param name="Restart">Restart running servers whose settings changed.</param>
public sealed record PlanOptions(bool OverwriteDrift = false, bool Restart = false);
