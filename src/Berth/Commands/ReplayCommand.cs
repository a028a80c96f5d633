using System.CommandLine;
using Berth.Host;
using Berth.Recording;

namespace Berth.Commands;

/// <summary><c>berth replay NAME --at 14:05</c>: what ran then.</summary>
public static class ReplayCommand
{
    private static readonly Argument<string?> s_user = new("name")
    {
        Description = "Whose; nobody for everybody's",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> s_at = new("--at")
    {
        Description = "The moment: 14:05, 14:05:30, 2026-11-25 14:05, 10m (ago)",
        HelpName = "TIME",
        DefaultValueFactory = _ => "now",
    };

    public static Command Create()
    {
        var command = new Command("replay", "Who ran what at a moment, and who had started it") { s_user, s_at };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var text = parse.GetValue(s_at)!;
        if (TimeWords.Past(text, TimeProvider.System.GetUtcNow(), TimeZoneInfo.Local) is not { } at)
        {
            Console.Error.WriteLine($"berth: '{text}' is no time; write 14:05, 2026-11-25 14:05 or 10m");
            return ExitCodes.Usage;
        }
        var file = HostPaths.Live[Ring.Path];
        try
        {
            if (Ring.At(file, at.ToUnixTimeMilliseconds()) is { } scene)
            {
                Console.Out.Write(ReplayText.Render(scene, parse.GetValue(s_user), TimeZoneInfo.Local, Terminal.Width));
                return ExitCodes.Ok;
            }
            Console.Error.WriteLine(
                $"berth: nothing was recorded at {text} or before, or it has been overwritten since"
            );
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            Console.Error.WriteLine("berth: nothing was recorded on this host yet: systemctl status berth-recorder");
        }
        catch (UnauthorizedAccessException)
        {
            Console.Error.WriteLine("berth: what ran is read by root; run it with sudo");
        }
        return ExitCodes.Failed;
    }
}
