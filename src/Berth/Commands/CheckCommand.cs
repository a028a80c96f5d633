using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth check</c>: reads the roster and tells every problem.</summary>
public static class CheckCommand
{
    private static readonly Argument<string?> s_file = new("FILE")
    {
        Description = "The roster; the same as --roster FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Option<bool> s_schema = new("--schema")
    {
        Description = "Print the JSON schema of a roster, for editors",
    };

    public static Command Create()
    {
        var command = new Command("check", "Read the roster and tell every problem, each with its place")
        {
            s_file,
            s_schema,
        };
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
        var file = parse.GetValue(s_file) ?? parse.GetValue(Shared.RosterFile)!;
        var reading = RosterFiles.Load(file);
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(CheckJson.Render(reading));
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
            if (reading.Problems.Count > 1)
                Console.Error.WriteLine($"berth: {reading.Problems.Count} problems; nothing was changed");
            return;
        }
        var (users, servers) = (roster.Users.Count, roster.Servers.Count);
        var next = file == Shared.DefaultRoster ? "berth plan" : $"berth plan --roster {file}";
        Console.Out.WriteLine(
            $"{file}: {users} user{(users == 1 ? "" : "s")}, {servers} server{(servers == 1 ? "" : "s")}, no problems. Next: {next}"
        );
    }
}

/// <summary>What a check found, as a program reads it.</summary>
public static class CheckJson
{
    public static string Render(RosterReading reading) =>
        JsonSerializer.Serialize(
            new CheckDocument(
                reading.Roster is not null,
                reading.Roster?.Users.Count,
                reading.Roster?.Servers.Count,
                reading.Problems
            ),
            CheckJsonContext.Default.CheckDocument
        );
}

/// <param name="Users">How many; null when there are problems, as with <paramref name="Servers"/>.</param>
public sealed record CheckDocument(bool Ok, int? Users, int? Servers, IReadOnlyList<Problem> Problems);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckDocument))]
public sealed partial class CheckJsonContext : JsonSerializerContext;
