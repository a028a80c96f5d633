using System.CommandLine;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth users add</c>: a new person, or a removed one back.</summary>
public static class UsersAddCommand
{
    private static readonly Option<string?> s_login = Text(
        "--login",
        "LOGIN",
        "What the identity provider sends; default NAME"
    );
    private static readonly Option<string?> s_server = Text("--server", "SERVER", "Server they get, or none");
    private static readonly Option<string?> s_memory = Text("--memory", "SIZE", "Cap of their server, such as 16G");
    private static readonly Option<string?> s_session = Text("--session-memory", "SIZE", "Cap of all their sessions");
    private static readonly Option<string?> s_pane = Text("--pane-memory", "SIZE", "Cap of one of their panes");
    private static readonly Option<string?> s_port = Text("--port", "PORT", "A fixed port in place of a sticky one");
    private static readonly Option<string?> s_uid = Text("--uid", "UID", "Uid of the account, if it has to be created");
    private static readonly Option<string[]> s_groups = new("--group")
    {
        Description = "An extra group; may be given several times",
        HelpName = "GROUP",
    };
    private static readonly Option<bool> s_admin = new("--admin") { Description = "May see and act for everybody" };

    public static Command Create()
    {
        var command = new Command("add", "Add a person, or bring a removed one back")
        {
            UsersCommand.Name,
            s_login,
            s_server,
            s_memory,
            s_session,
            s_pane,
            s_port,
            s_uid,
            s_groups,
            s_admin,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var name = parse.GetValue(UsersCommand.Name)!;
        // Before anything is made of it: it becomes part of a path and of a YAML text.
        if (Names.WrongUser(name) is var (message, hint))
        {
            Console.Error.WriteLine($"berth: {message}; {hint}");
            return ExitCodes.Failed;
        }
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var known = roster.Users.FirstOrDefault(user => user.Name == name);
        if (known is { Removed: false })
        {
            Console.Error.WriteLine($"berth: {name} is in the roster already; 'berth users list' shows everybody");
            return ExitCodes.Failed;
        }
        var keys = Keys(parse);
        var edit = new UserEdit(parse.GetValue(Shared.RosterFile)!, name);
        if (known is not null && keys.Count == 0)
            return UsersCommand.Tell(parse, edit.Set("removed", false, user => user.Removed));
        if (known is not null)
            keys.Insert(0, ("removed", "false"));
        else if (parse.GetValue(s_login) is null)
            // A drop-in adds somebody only when it gives a login (UserEntries.Complete).
            keys.Insert(0, ("login", name));
        return UsersCommand.Tell(parse, edit.Set(keys));
    }

    private static List<(string Key, string Value)> Keys(ParseResult parse)
    {
        var keys = new List<(string, string)>();
        foreach (var option in (Option<string?>[])[s_login, s_server, s_memory, s_session, s_pane, s_port, s_uid])
        {
            if (parse.GetValue(option) is { } value)
                keys.Add((option.Name.TrimStart('-'), value));
        }
        if (parse.GetValue(s_groups) is { Length: > 0 } groups)
            keys.Add(("groups", string.Join(' ', groups)));
        if (parse.GetValue(s_admin))
            keys.Add(("admin", "true"));
        return keys;
    }

    private static Option<string?> Text(string name, string help, string description) =>
        new(name) { Description = description, HelpName = help };
}
