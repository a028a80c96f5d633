using System.CommandLine;
using Berth.Host;
using Berth.Rosters;
using Spectre.Console;

namespace Berth.Commands;

/// <summary><c>berth users</c>: the people of the roster. Changes go to <c>users.d/NAME.yaml</c> beside it, so that a
/// person's own file with its comments is never rewritten.</summary>
public static class UsersCommand
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "Account name" };
    private static readonly Option<string?> s_login = new("--login")
    {
        Description = "What the identity provider sends",
        HelpName = "LOGIN",
    };
    private static readonly Option<string?> s_server = new("--server")
    {
        Description = "Server they get",
        HelpName = "NAME",
    };
    private static readonly Option<string?> s_memory = new("--memory")
    {
        Description = "Cap of their server, such as 16G",
        HelpName = "SIZE",
    };
    private static readonly Option<bool> s_admin = new("--admin") { Description = "May see and act for everybody" };

    public static Command Create()
    {
        var users = new Command("users", "List, add, park, unpark, remove or purge people");
        var list = new Command("list", "The people of the roster");
        list.SetAction(List);
        var add = new Command("add", "Add a person, or bring a removed one back")
        {
            s_name,
            s_login,
            s_server,
            s_memory,
            s_admin,
        };
        add.SetAction(Add);
        users.Add(list);
        users.Add(add);
        users.Add(Change("park", "Stop a person's server and keep it stopped; the account works", ("parked", "true")));
        users.Add(Change("unpark", "Start a parked person's server again", ("parked", "false")));
        users.Add(
            Change("remove", "The reversible cut: server stopped, account locked, home untouched", ("removed", "true"))
        );
        users.Add(PurgeCommand.Create());
        return users;
    }

    private static Command Change(string verb, string description, params (string Key, string Value)[] keys)
    {
        var command = new Command(verb, description) { s_name };
        command.SetAction(parse =>
        {
            var name = parse.GetValue(s_name)!;
            if (parse.LoadRoster() is not { } roster)
                return ExitCodes.Failed;
            if (roster.Users.All(user => user.Name != name))
                return Unknown(name, roster);
            return Edit(parse, name, keys);
        });
        return command;
    }

    private static int Add(ParseResult parse)
    {
        var name = parse.GetValue(s_name)!;
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var known = roster.Users.FirstOrDefault(user => user.Name == name);
        if (known is { Removed: false })
        {
            Console.Error.WriteLine($"berth: {name} is in the roster already; 'berth users list' shows everybody");
            return ExitCodes.Failed;
        }
        var keys = new List<(string, string)>();
        if (known is not null)
            keys.Add(("removed", "false"));
        if (parse.GetValue(s_login) is { } login)
            keys.Add(("login", login));
        if (parse.GetValue(s_server) is { } server)
            keys.Add(("server", server));
        if (parse.GetValue(s_memory) is { } memory)
            keys.Add(("memory", memory));
        if (parse.GetValue(s_admin))
            keys.Add(("admin", "true"));
        return Edit(parse, name, keys);
    }

    private static int Edit(ParseResult parse, string name, IReadOnlyList<(string Key, string Value)> keys)
    {
        var roster = parse.GetValue(Shared.RosterFile)!;
        var file = Path.Join(RosterFiles.DropInFolder(roster), $"{name}.yaml");
        var before = File.Exists(file) ? File.ReadAllText(file) : null;
        var edit = new RosterText(file, UserDropIn.With(name, before, keys));
        var reading = RosterFiles.Load(roster, edit);
        foreach (var problem in reading.Problems)
            Console.Error.WriteLine(problem);
        if (reading.Roster is null)
        {
            Console.Error.WriteLine("berth: nothing was changed");
            return ExitCodes.Failed;
        }
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var temporary = file + ".new";
            File.WriteAllText(temporary, edit.Text);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"berth: {failure.Message}; run with sudo");
            return ExitCodes.Failed;
        }
        Console.Out.WriteLine(
            $"Wrote {file}. Next: berth apply{(roster == Shared.DefaultRoster ? "" : $" --roster {roster}")}"
        );
        return ExitCodes.Ok;
    }

    private static int Unknown(string name, Roster roster)
    {
        var names = roster.Users.Select(user => user.Name).ToList();
        var hint = Nearest.To(name, names) is { } near
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
        {
            Console.Out.WriteLine(UsersJson.Render(roster));
            return ExitCodes.Ok;
        }
        var table = new Table()
            .Border(TableBorder.None)
            .AddColumns("USER", "LOGIN", "SERVER", "MEMORY", "SESSIONS", "STATE");
        foreach (var user in roster.Users)
            table.AddRow(
                Markup.Escape(user.Name),
                Markup.Escape(user.Login),
                user.Server ?? "-",
                user.Memory.ToString(),
                user.SessionMemory.ToString(),
                State(user)
            );
        Terminal.Write(table);
        return ExitCodes.Ok;
    }

    public static string State(User user) =>
        (
            user.Removed ? "removed"
            : user.Parked ? "parked"
            : user.Server is null ? "no server"
            : "active"
        ) + (user.Admin ? ", admin" : "");
}
