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
    DoctorCommand.Create(),
    UsersCommand.Create(),
    UninstallCommand.Create(),
    UpCommand.Create(),
    HoldCommand.Create(),
    DaemonCommand.Create(),
    AgentsCommand.Create(),
    TokenCommand.Create(),
    StoreCommand.Create(),
    SyncCommand.Create(),
    GatewayCommand.Create(),
    LoginCommand.Create(),
    LaunchCommand.Create(),
    LinkCommand.Create(),
    WhyCommand.Create(),
    IncidentsCommand.Create(),
    ReplayCommand.Create(),
    MetricsCommand.Create(),
    HooksCommand.Create(),
    DrillCommand.Create(),
    DrillPartCommand.Create(),
    RecordCommand.Create(),
    WatchCommand.Create(),
};

var parse = root.Parse(args);
if (parse.Errors.Count > 0)
{
    // A verb that is not known comes with the remark that a verb is missing: once is enough.
    foreach (var error in parse.UnmatchedTokens.Count > 0 ? parse.Errors.TakeLast(1) : parse.Errors)
        Console.Error.WriteLine($"berth: {error.Message}");
    Console.Error.WriteLine("berth: see 'berth --help'");
    return ExitCodes.Usage;
}
try
{
    // Verbs that run on end themselves when they are told to; a second handler would race with theirs.
    return await parse.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }
    );
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
{
    // What a verb cannot go on without: a full disk, a manifest that is no JSON. The message carries the path.
    Console.Error.WriteLine(
        $"berth: {failure.Message}; nothing further was changed, solve this and run the command again"
    );
    return ExitCodes.Failed;
}
