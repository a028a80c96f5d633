namespace Berth.Doctoring;

/// <summary>One thing that the doctor knows to look for.</summary>
/// <param name="Code">Its stable name, as in <c>BAND</c>: what baselines, pages and drills call it by.</param>
/// <param name="Severity">The most that a finding of it weighs; a rule may weigh less where less is at stake.</param>
/// <param name="Title">What is wrong, in a few words.</param>
/// <param name="Find">What of it is on a host.</param>
/// <param name="Needs">What it must have read.</param>
public sealed record Rule(
    string Code,
    Severity Severity,
    string Title,
    Func<Landscape, IEnumerable<Finding>> Find,
    params IReadOnlyList<Aspect> Needs
)
{
    /// <summary>Its page, from the top of the source tree.</summary>
    public string Page => $"docs/doctor/{Code.ToLowerInvariant()}.md";

    /// <summary>Whether <c>berth apply</c> sets right what it finds with people of the roster and their servers.</summary>
    public bool ByApply { get; init; }
}
