using System.CommandLine;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Watching;
using Spectre.Console;

namespace Berth.Commands;

/// <summary><c>berth status</c>: how every person's server is.</summary>
public static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Each person's server: state, memory, tasks, pressure, last exit");
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (!Directory.Exists("/run/systemd/system"))
        {
            Console.Error.WriteLine("berth: this host does not run systemd; 'berth up' shows its own servers");
            return ExitCodes.Failed;
        }
        var manifest = new ManifestFile(new Files(HostPaths.Live)).Read();
        var states = new StatusReader(HostPaths.Live, ProcessRunner.Default).Read(roster, manifest);
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(StatusJson.Render(states));
        else
            Terminal.Write(Table(states));
        return states.All(state => state.AsWanted) ? ExitCodes.Ok : ExitCodes.Warnings;
    }

    private static Table Table(IReadOnlyList<ServerStatus> states)
    {
        var wide = Terminal.Width >= 100;
        var table = new Table().Border(TableBorder.None).AddColumns("USER", "SERVER", "STATE", "UP", "MEMORY", "CAP");
        if (wide)
            table.AddColumns("PEAK", "TASKS", "STALL", "RESTARTS", "LAST EXIT");
        foreach (var state in states)
        {
            var cells = new List<string>
            {
                state.User,
                state.Port is { } port ? $"{state.Server}:{port}" : state.Server ?? "-",
                state.AsWanted ? state.State : $"[red]{state.State}[/]",
                state.UpSeconds is { } up ? Duration(up) : "-",
                Amount(state.MemoryBytes),
                Amount(state.CapBytes),
            };
            if (wide)
                cells.AddRange([
                    Amount(state.PeakBytes),
                    state.Tasks?.ToString() ?? "-",
                    state.StallPercent is { } stall ? $"{stall:0.0}%" : "-",
                    state.Restarts?.ToString() ?? "-",
                    state.LastExit ?? "-",
                ]);
            table.AddRow([.. cells]);
        }
        return table;
    }

    private static string Amount(long? bytes) =>
        bytes switch
        {
            null => "-",
            HostFacts.Unlimited => "none",
            { } value => Rosters.Size.Show(value),
        };

    private static string Duration(long seconds) =>
        seconds switch
        {
            < 60 => $"{seconds}s",
            < 3600 => $"{seconds / 60}m",
            < 86400 => $"{seconds / 3600}h{seconds % 3600 / 60:00}m",
            _ => $"{seconds / 86400}d{seconds % 86400 / 3600}h",
        };
}
