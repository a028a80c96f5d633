using System.CommandLine;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth init</c>: writes a roster to start from.</summary>
public static class InitCommand
{
    private static readonly Argument<string?> s_file = new("FILE")
    {
        Description = "Where to write it; the same as --roster FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("init", "Write a commented roster to start from") { s_file };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var file = parse.GetValue(s_file) ?? parse.GetValue(Shared.RosterFile)!;
        var option = file == Shared.DefaultRoster ? "" : $" --roster {file}";
        if (Path.Exists(file))
        {
            Console.Error.WriteLine($"berth: {file} is there already; 'berth check{option}' reads it");
            return ExitCodes.Failed;
        }
        var person = InvokingUser.Find();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            // CreateNew: what somebody else puts there in this moment is not overwritten either.
            using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
            using var writer = new StreamWriter(stream);
            writer.Write(StarterRoster.Text(HostReader.Ram(), person ?? "alice"));
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"berth: {failure.Message}; name another place ('berth init FILE') or run with sudo"
            );
            return ExitCodes.Failed;
        }
        Console.Out.WriteLine(
            $"""
            Wrote {file} for {(person is null ? "a person called alice" : $"{person}, you")}.
            Next: put your people and their logins in it, then
              berth check{option}
              berth plan{option}
              sudo berth apply{option}
            """
        );
        return ExitCodes.Ok;
    }
}
