using System.CommandLine;
using Berth.Embedded;

namespace Berth.Commands;

/// <summary><c>berth hold</c>: the process between 'berth up' and one server. Not for people.</summary>
public static class HoldCommand
{
    private static readonly Option<string> s_log = new("--log") { Required = true };
    private static readonly Argument<string[]> s_command = new("COMMAND") { Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        var command = new Command("hold", "Hold one server of 'berth up'") { s_log, s_command };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            using var log = new LogFile(parse.GetValue(s_log)!);
            return new Hold(log, parse.GetValue(s_command)!).Run();
        });
        return command;
    }
}
