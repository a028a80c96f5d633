using System.CommandLine;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary>Options that several verbs share.</summary>
public static class Shared
{
    public const string DefaultRoster = "/etc/berth/roster.yaml";

    public static Option<string> RosterFile { get; } =
        new("--roster", "-r")
        {
            Description = "The roster file",
            HelpName = "FILE",
            DefaultValueFactory = _ => DefaultRoster,
            Recursive = true,
        };

    public static Option<bool> Json { get; } =
        new("--json") { Description = "Print JSON, for programs", Recursive = true };

    public static Option<string> Root { get; } =
        new("--root")
        {
            Description = "Work on the system image below this folder instead of the running host",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "/",
        };

    public static HostPaths Host(this ParseResult parse) => new(Path.GetFullPath(parse.GetValue(Root) ?? "/"));

    /// <summary>Reads the roster; on any problem prints all of them and gives null.</summary>
    public static Roster? LoadRoster(this ParseResult parse)
    {
        var reading = RosterFiles.Load(parse.GetValue(RosterFile) ?? DefaultRoster);
        foreach (var problem in reading.Problems)
            Console.Error.WriteLine(problem);
        return reading.Problems.Count == 0 ? reading.Roster : null;
    }

    /// <summary>What to add to the next command so that it reads the same roster; empty for the default one.</summary>
    public static string RosterOption(this ParseResult parse) =>
        parse.GetValue(RosterFile) is { } roster and not DefaultRoster ? $" --roster {roster}" : "";

    /// <summary>Takes the lock that one change of the host at a time holds; on failure says so and gives null.</summary>
    public static HostLock? TakeHost(HostPaths host)
    {
        if (host.IsLive && Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine(
                "berth: this changes the host and needs root; run it with sudo ('berth plan' needs no root)"
            );
            return null;
        }
        if (HostLock.TryTake(host) is { } held)
            return held;
        Console.Error.WriteLine("berth: another berth is changing this host; wait for it, then run this again");
        return null;
    }
}
