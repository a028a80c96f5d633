using System.CommandLine;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Commands;

/// <summary><c>berth why NAME</c>: the last incident of a person, in plain words.</summary>
public static class WhyCommand
{
    private static readonly Argument<string?> s_user = new("name")
    {
        Description = "Whose; nobody for the last incident of all",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("why", "What happened last, to whom, and what to do") { s_user };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        using var store = IncidentsCommand.Open();
        if (store is null)
            return ExitCodes.Failed;
        var user = parse.GetValue(s_user);
        var last = store.Find(new IncidentQuery(User: user, Most: 1)) is [.., var newest] ? newest : null;
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(last is null ? "null" : IncidentJson.Line(last, store));
        else if (last is null)
            Console.Out.WriteLine(user is null ? "Nothing has happened." : $"Nothing has happened to {user}.");
        else
            Console.Out.Write(IncidentText.Whole(last, TimeZoneInfo.Local));
        return ExitCodes.Ok;
    }
}
