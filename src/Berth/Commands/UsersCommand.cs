using System.CommandLine;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth users</c>: the people of the roster. Changes go to <c>users.d/NAME.yaml</c> beside it, so that a
/// person's own file with its comments is never rewritten.</summary>
public static class UsersCommand
{
    public static Argument<string> Name { get; } = new("NAME") { Description = "Account name" };

    public static Command Create()
    {
        var users = new Command("users", "List, add, park, unpark, remove or purge people");
        var list = new Command("list", "The people of the roster");
        list.SetAction(List);
        users.Add(list);
        users.Add(UsersAddCommand.Create());
        users.Add(
            Change(
                "park",
                "Stop a person's server and keep it stopped; the account works",
                ("parked", true, user => user.Parked)
            )
        );
        users.Add(Change("unpark", "Start a parked person's server again", ("parked", false, user => user.Parked)));
        users.Add(
            Change(
                "remove",
                "The reversible cut: server stopped, account locked, home untouched",
                ("removed", true, user => user.Removed)
            )
        );
        users.Add(PurgeCommand.Create());
        return users;
    }

    /// <summary>Tells what an edit did, and the next step.</summary>
    public static int Tell(ParseResult parse, UserEditOutcome outcome)
    {
        foreach (var problem in outcome.Problems)
            Console.Error.WriteLine(problem);
        if (outcome.Problems.Count > 0)
        {
            Console.Error.WriteLine("berth: nothing was changed");
            return ExitCodes.Failed;
        }
        Console.Out.WriteLine(
            $"{(outcome.Removed ? "Took away" : "Wrote")} {outcome.File}. Next: berth apply{parse.RosterOption()}"
        );
        return ExitCodes.Ok;
    }

    private static Command Change(
        string verb,
        string description,
        (string Key, bool Value, Func<User, bool> Current) flag
    )
    {
        var command = new Command(verb, description) { Name };
        command.SetAction(parse =>
        {
            var name = parse.GetValue(Name)!;
            if (parse.LoadRoster() is not { } roster)
                return ExitCodes.Failed;
            if (roster.Users.FirstOrDefault(user => user.Name == name) is not { } user)
                return Unknown(name, roster);
            if (flag.Current(user) == flag.Value)
            {
                Console.Out.WriteLine($"{name} is {(flag.Value ? "" : "not ")}{flag.Key} already; nothing was changed");
                return ExitCodes.Ok;
            }
            var edit = new UserEdit(parse.GetValue(Shared.RosterFile)!, name);
            return Tell(parse, edit.Set(flag.Key, flag.Value, flag.Current));
        });
        return command;
    }

    private static int Unknown(string name, Roster roster)
    {
        var hint = Nearest.To(name, roster.Users.Select(user => user.Name)) is { } near
            ? $"did you mean '{near}'?"
            : "'berth users list' shows everybody";
        Console.Error.WriteLine($"berth: {Names.Shown(name)} is not in the roster; {hint}");
        return ExitCodes.Failed;
    }

    private static int List(ParseResult parse)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(UsersJson.Render(roster));
        else if (roster.Users.Count == 0)
            Console.Out.WriteLine($"Nobody yet. Next: berth users add NAME --login LOGIN{parse.RosterOption()}");
        else
            Terminal.Write(UsersTable.Of(roster, Terminal.Width));
        return ExitCodes.Ok;
    }
}
