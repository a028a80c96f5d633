using Berth.Recording;

namespace Berth.Doctoring;

/// <summary>One thing that is wrong on a host.</summary>
/// <param name="Code">The rule's.</param>
/// <param name="Severity">How much it hurts here.</param>
/// <param name="Subject">What it is wrong with: a cgroup, a unit, a file. With the code, its name in a baseline.</param>
/// <param name="Read">What was read.</param>
/// <param name="Hurts">Why that hurts, with the predicted stall or victim where it can be computed.</param>
/// <param name="Fix">What to do: a command or a line of the roster.</param>
public sealed record Finding(string Code, Severity Severity, string Subject, string Read, string Hurts, string Fix)
{
    /// <summary>The rule's page, from the top of the source tree.</summary>
    public string Page => Rules.Of(Code).Page;

    /// <summary>A finding that weighs as much as its rule. Names in it are people's choice, and a bundle is anybody's: none
    /// brings control characters to a terminal or a second line to a baseline.</summary>
    public static Finding Of(string code, string subject, string read, string hurts, string fix) =>
        new(
            code,
            Rules.Of(code).Severity,
            Printable.Text(subject),
            Printable.Text(read),
            Printable.Text(hurts),
            Printable.Text(fix)
        );
}
