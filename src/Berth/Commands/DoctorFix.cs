using System.CommandLine;
using Berth.Doctoring;
using Berth.Host;
using Berth.Planning;

namespace Berth.Commands;

/// <summary><c>berth doctor --fix</c>: what is safe and can be taken back is what <c>berth apply</c> does, so it is that and
/// nothing else: its plan is shown, and carried out when a person says yes.</summary>
internal static class DoctorFix
{
    public static int Run(ParseResult parse, Diagnosis before, bool yes, Func<Diagnosis?> again)
    {
        if (before.Snapshot.Roster is null)
        {
            Console.Error.WriteLine(
                "berth: without a roster there is nothing to apply: the commands above are for you to run ('berth init' writes a roster to start from)"
            );
            return DoctorCommand.Judge(before);
        }
        var byApply = before.Open.Where(finding => Rules.Of(finding.Code).ByApply).ToList();
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var plan = new Preview(HostPaths.Live, ProcessRunner.Default).Of(roster, new PlanOptions()).Plan;
        if (plan.IsEmpty)
        {
            Console.Out.WriteLine(
                "'berth apply' has nothing to do on this host: what is left is for a person, by the commands above."
            );
            return DoctorCommand.Judge(before);
        }
        Console.Out.WriteLine(
            byApply.Count == 0
                ? "\n'berth apply' would do this; it is not known to set right anything that was found:"
                : $"\n'berth apply' would do this, and may set right {string.Join(", ", byApply.Select(finding => finding.Code).Distinct(StringComparer.Ordinal))}:"
        );
        Console.Out.Write(PlanText.Render(plan, Terminal.Width));
        if (plan.Refused || (!yes && !Confirmed()))
            return ExitCodes.Failed;
        if (ApplyCommand.Run(parse) == ExitCodes.Failed)
            return ExitCodes.Failed;
        if (again() is not { } after)
            return ExitCodes.Failed;
        var left = after.Open.Select(finding => (finding.Code, finding.Subject)).ToHashSet();
        foreach (var finding in before.Open.Where(finding => !left.Contains((finding.Code, finding.Subject))))
            Console.Out.WriteLine($"  cured   {finding.Code} {finding.Subject}");
        foreach (var finding in after.Open.Where(finding => finding.Severity > Severity.Info))
            Console.Out.WriteLine($"  left    {finding.Code} {finding.Subject}: {finding.Fix}");
        return DoctorCommand.Judge(after);
    }

    private static bool Confirmed()
    {
        Console.Out.Write("Apply this plan? Type yes to go on: ");
        if (Console.In.ReadLine()?.Trim() is "yes")
            return true;
        Console.Error.WriteLine("berth: not confirmed; nothing was changed ('--yes' does not ask)");
        return false;
    }
}
