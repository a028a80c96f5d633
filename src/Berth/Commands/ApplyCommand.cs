using System.CommandLine;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth apply</c>: makes the host what the roster says.</summary>
public static class ApplyCommand
{
    public static Option<bool> OverwriteDrift { get; } =
        new("--overwrite-drift")
        {
            Description = "Replace files that are not as Berth wrote them (a foreign one is kept aside for uninstall)",
        };

    public static Option<bool> Restart { get; } =
        new("--restart") { Description = "Restart running servers whose settings changed; without it they wait" };

    private static readonly Option<bool> s_noWait = new("--no-wait")
    {
        Description = "Do not wait until started servers answer",
    };

    public static Command Create()
    {
        var command = new Command("apply", "Make the host what the roster says; interrupts only whom 'plan' names")
        {
            Shared.Root,
            OverwriteDrift,
            Restart,
            s_noWait,
        };
        command.SetAction(Run);
        return command;
    }

    public static PlanOptions Options(ParseResult parse) =>
        new(parse.GetValue(OverwriteDrift), parse.GetValue(Restart));

    /// <summary>Exit code of a plan: failed when somebody is not served as the roster says, a warning for drift.</summary>
    public static int Judge(Plan plan) =>
        plan.Problems.Count > 0 ? ExitCodes.Failed
        : plan.Drift.Count > 0 ? ExitCodes.Warnings
        : ExitCodes.Ok;

    internal static int Run(ParseResult parse)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var host = parse.Host();
        if (host.IsLive && RosterTrust.Complaint(parse.GetValue(Shared.RosterFile)!) is { } complaint)
        {
            Console.Error.WriteLine($"berth: {complaint}");
            return ExitCodes.Failed;
        }
        using var hold = Shared.TakeHost(host);
        if (hold is null)
            return ExitCodes.Failed;
        var preview = new Preview(host, ProcessRunner.Default);
        var planned = preview.Of(roster, Options(parse));
        var json = parse.GetValue(Shared.Json);
        if (planned.Plan.Refused)
        {
            Console.Out.Write(
                json ? PlanJson.Render(planned.Plan) + "\n" : PlanText.Render(planned.Plan, Terminal.Width)
            );
            return ExitCodes.Failed;
        }
        var show = new ApplyView(json);
        var runner = new StepRunner(host, preview.Files, ProcessRunner.Default);
        var report = new Applier(preview, runner).Apply(planned, show.Progress);
        var after = preview.Of(roster, new PlanOptions());
        var overridden = host.IsLive ? LiveCaps.Overridden(roster, after) : [];
        var silent = host.IsLive && !parse.GetValue(s_noWait) ? ReadyWait.For(host, roster, report, show.Say) : [];
        show.Conclude(planned.Plan, report, [.. overridden, .. silent]);
        return report.Failures.Any() || overridden.Count > 0 || silent.Count > 0
            ? ExitCodes.Failed
            : Judge(planned.Plan);
    }
}
