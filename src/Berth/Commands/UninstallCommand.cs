using System.CommandLine;
using Berth.Host;
using Berth.Planning;

namespace Berth.Commands;

/// <summary><c>berth uninstall</c>: takes away exactly what the manifest lists; accounts and homes stay.</summary>
public static class UninstallCommand
{
    private static readonly Option<bool> s_dryRun = new("--dry-run")
    {
        Description = "Show what would be taken away, and do nothing",
    };

    public static Command Create()
    {
        var command = new Command("uninstall", "Take away everything Berth wrote on this host; accounts and homes stay")
        {
            Shared.Root,
            ApplyCommand.OverwriteDrift,
            s_dryRun,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var host = parse.Host();
        var preview = new Preview(host, ProcessRunner.Default);
        if (parse.GetValue(s_dryRun))
        {
            var plan = preview.OfUninstall(ApplyCommand.Options(parse)).Plan;
            Console.Out.Write(
                parse.GetValue(Shared.Json) ? PlanJson.Render(plan) + "\n" : PlanText.Render(plan, Terminal.Width)
            );
            return ApplyCommand.Judge(plan);
        }
        using var hold = Shared.TakeHost(host);
        if (hold is null)
            return ExitCodes.Failed;
        var planned = preview.OfUninstall(ApplyCommand.Options(parse));
        var show = new ApplyView(parse.GetValue(Shared.Json));
        var report = new Applier(preview, new StepRunner(host, preview.Files, ProcessRunner.Default)).Apply(
            planned,
            show.Progress
        );
        show.Conclude(planned.Plan, report, []);
        return report.Failures.Any() ? ExitCodes.Failed : ApplyCommand.Judge(planned.Plan);
    }
}
