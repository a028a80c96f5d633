using Berth.Planning;

namespace Berth.Commands;

/// <summary>Shows an apply while it runs: a line a step, or with <c>--json</c> one object at the end.</summary>
public sealed class ApplyView(bool json)
{
    public void Progress(Step step, StepResult? result)
    {
        if (json || result is null)
            return;
        Console.Out.WriteLine(
            result.Failure is null ? $"  done    {step.Says}" : $"  FAILED  {step.Says}: {result.Failure}"
        );
    }

    public void Say(string line)
    {
        if (!json)
            Console.Out.WriteLine(line);
    }

    /// <param name="plan">What was planned.</param>
    /// <param name="report">What became of it.</param>
    /// <param name="complaints">What is not as it should be although its steps succeeded.</param>
    public void Conclude(Plan plan, ApplyReport report, IReadOnlyList<string> complaints)
    {
        if (json)
        {
            Console.Out.WriteLine(ApplyJson.Render(plan, report, complaints));
            return;
        }
        foreach (var drift in plan.Drift)
            Console.Out.WriteLine(
                $"  drift   {drift.Path} {drift.What}; left as it is ('--overwrite-drift' replaces it)"
            );
        foreach (var step in plan.Waiting)
            Console.Out.WriteLine($"  waits   {step.Says} ('--restart' does it, and interrupts {step.Interrupts})");
        foreach (var problem in plan.Problems)
            Console.Error.WriteLine($"berth: {problem}");
        foreach (var user in report.Skipped.GroupBy(step => step.User))
            Console.Error.WriteLine($"berth: {user.Key}: {user.Count()} further steps left out after the failure");
        foreach (var complaint in complaints)
            Console.Error.WriteLine($"berth: {complaint}");
        foreach (var note in plan.Notes)
            Console.Out.WriteLine($"  note    {note}");
        var failed = report.Failures.Count();
        Console.Out.WriteLine(
            report.Results.Count == 0 ? "Nothing to do."
            : failed == 0 ? $"Applied {report.Results.Count} step{(report.Results.Count == 1 ? "" : "s")}."
            : $"Applied {report.Results.Count - failed} of {plan.Steps.Count} steps; {failed} failed. Solve what is said above and run 'berth apply' again."
        );
    }
}
