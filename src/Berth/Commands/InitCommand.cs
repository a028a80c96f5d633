using System.CommandLine;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth init</c>: writes a roster to start from.</summary>
public static class InitCommand
{
    private static readonly Argument<string?> s_file = new("FILE")
    {
        Description = $"Where to write it (default {Shared.DefaultRoster})",
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
        var file = Path.GetFullPath(parse.GetValue(s_file) ?? parse.GetValue(Shared.RosterFile)!);
        if (File.Exists(file))
        {
            Console.Error.WriteLine($"berth: {file} is there already; 'berth check --roster {file}' reads it");
            return ExitCodes.Failed;
        }
        var person = Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName;
        var text = StarterRoster.Text(Planning.HostReader.Ram(), Names.WrongUser(person) is null ? person : "alice");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
            using var writer = new StreamWriter(stream);
            writer.Write(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"berth: {failure.Message}; name another place ('berth init FILE') or run with sudo"
            );
            return ExitCodes.Failed;
        }
        var option = file == Shared.DefaultRoster ? "" : $" --roster {file}";
        Console.Out.WriteLine($"Wrote {file}. Edit the people in it, then: berth check{option} && berth plan{option}");
        return ExitCodes.Ok;
    }
}
