using System.CommandLine;
using Berth;
using Berth.Commands;

// Answered before anything else is touched: scripts ask for it often.
if (args is ["--version"])
{
    Console.Out.WriteLine($"berth {BuildInfo.Version}");
    return ExitCodes.Ok;
}

var root = new RootCommand("One Linux box, several people, always-on coding agents: contained, signed in, private, up.")
{
    Shared.RosterFile,
    Shared.Json,
    InitCommand.Create(),
    CheckCommand.Create(),
    PlanCommand.Create(),
    ApplyCommand.Create(),
    StatusCommand.Create(),
    UsersCommand.Create(),
    UninstallCommand.Create(),
    UpCommand.Create(),
    HoldCommand.Create(),
};

var parse = root.Parse(args);
if (parse.Errors.Count > 0)
{
    foreach (var error in parse.Errors)
        Console.Error.WriteLine($"berth: {error.Message}");
    Console.Error.WriteLine("berth: see 'berth --help'");
    return ExitCodes.Usage;
}
return await parse.InvokeAsync();
