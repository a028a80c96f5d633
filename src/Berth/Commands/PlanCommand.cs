using System.CommandLine;
using Berth.Host;
using Berth.Planning;

namespace Berth.Commands;

/// <summary><c>berth plan</c>: everything that apply would do, and nothing done.</summary>
public static class PlanCommand
{
    public static Command Create()
    {
        var command = new Command(
            "plan",
            "Show everything that 'apply' would do, whom it interrupts, and the memory arithmetic"
        )
        {
            Shared.Root,
            ApplyCommand.OverwriteDrift,
            ApplyCommand.Restart,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var planned = new Preview(parse.Host(), ProcessRunner.Default).Of(roster, ApplyCommand.Options(parse));
        Console.Out.Write(
            parse.GetValue(Shared.Json)
                ? PlanJson.Render(planned.Plan) + "\n"
                : PlanText.Render(planned.Plan, Terminal.Width)
        );
        return ApplyCommand.Judge(planned.Plan);
    }
}
