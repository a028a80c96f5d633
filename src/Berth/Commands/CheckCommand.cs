using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth check</c>: reads the roster and tells every problem.</summary>
public static class CheckCommand
{
    private static readonly Option<bool> s_schema = new("--schema")
    {
        Description = "Print the JSON schema of a roster, for editors",
    };

    public static Command Create()
    {
        var command = new Command("check", "Read the roster and tell every problem, each with its place") { s_schema };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.GetValue(s_schema))
        {
            Console.Out.Write(RosterSchema.Text());
            return ExitCodes.Ok;
        }
        var file = parse.GetValue(Shared.RosterFile)!;
        var reading = RosterFiles.Load(file);
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(
                JsonSerializer.Serialize(
                    new CheckDocument(reading.Roster is not null, reading.Problems),
                    CheckJsonContext.Default.CheckDocument
                )
            );
        else
            Print(file, reading);
        return reading.Roster is null ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static void Print(string file, RosterReading reading)
    {
        foreach (var problem in reading.Problems)
            Console.Error.WriteLine(problem);
        if (reading.Roster is not { } roster)
        {
            Console.Error.WriteLine(
                $"berth: {reading.Problems.Count} problem{(reading.Problems.Count == 1 ? "" : "s")} in {file}; nothing was changed"
            );
            return;
        }
        var serving = roster.Users.Count(user => user.Serves);
        Console.Out.WriteLine(
            $"{file}: {roster.Users.Count} user{(roster.Users.Count == 1 ? "" : "s")}, {serving} with a server ({string.Join(", ", roster.Servers.Keys)}). Next: berth plan"
        );
    }
}

public sealed record CheckDocument(bool Ok, IReadOnlyList<Problem> Problems);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckDocument))]
public sealed partial class CheckJsonContext : JsonSerializerContext;
