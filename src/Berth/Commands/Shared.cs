using System.CommandLine;
using Berth.Host;

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
}
