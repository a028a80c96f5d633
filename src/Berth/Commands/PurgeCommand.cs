using System.CommandLine;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth users purge</c>: deletes a removed person's account and home, after an archive and a question.</summary>
public static class PurgeCommand
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "Account name of a removed person" };
    private static readonly Option<bool> s_yes = new("--yes") { Description = "Do not ask" };

    public static Command Create()
    {
        var command = new Command("purge", "Archive a removed person's home, then delete account and home")
        {
            s_name,
            s_yes,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var name = parse.GetValue(s_name)!;
        using var hold = Shared.TakeHost(HostPaths.Live);
        if (hold is null)
            return ExitCodes.Failed;
        var preview = new Preview(HostPaths.Live, ProcessRunner.Default);
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (Purge.Refusal(name, roster, preview) is { } refusal)
        {
            Console.Error.WriteLine($"berth: {refusal}");
            return ExitCodes.Failed;
        }
        if (!parse.GetValue(s_yes) && !Confirmed(name))
            return ExitCodes.Failed;
        var (archive, failure) = new Purge(preview, ProcessRunner.Default).Run(name, TimeProvider.System.GetLocalNow());
        if (failure is not null)
        {
            Console.Error.WriteLine($"berth: {failure}");
            return ExitCodes.Failed;
        }
        Console.Out.WriteLine(
            $"Archived {name}'s home in {archive} and deleted the account. Take {name} out of the roster next."
        );
        return ExitCodes.Ok;
    }

    private static bool Confirmed(string name)
    {
        Console.Out.Write($"This archives and then deletes the account and home of {name}. Type the name to go on: ");
        if (Console.In.ReadLine()?.Trim() == name)
            return true;
        Console.Error.WriteLine("berth: not confirmed; nothing was changed ('--yes' does not ask)");
        return false;
    }
}
