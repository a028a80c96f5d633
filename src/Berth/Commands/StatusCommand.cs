using System.CommandLine;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Units;
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
        var planned = new Preview(HostPaths.Live, ProcessRunner.Default).Of(roster, new PlanOptions());
        var manifest = planned.Manifest;
        var states = new StatusReader(HostPaths.Live, ProcessRunner.Default).Read(roster, manifest);
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(StatusJson.Render(states));
        else
            Terminal.Write(Table(states));
        var wrong = WayIn(roster, planned).ToList();
        wrong.AddRange(
            states
                .Where(state => state.HandsOff is not null)
                .Select(state =>
                    $"{state.User}: the watchdog has taken its hands off their server: {state.HandsOff}; next: berth why {state.User}"
                )
        );
        foreach (var line in wrong)
            Console.Error.WriteLine($"berth: {line}");
        return wrong.Count == 0 && states.All(state => state.AsWanted) ? ExitCodes.Ok : ExitCodes.Warnings;
    }

    /// <summary>What is not as applied between people and their servers.</summary>
    private static IEnumerable<string> WayIn(Roster roster, Planned planned)
    {
        if (planned.Plan.Steps.Any(step => step is LoadFirewall))
            yield return "the firewall is not loaded as the roster wants it: others on this host may reach people's servers; next: berth apply";
        if (!planned.Facts.OwnUnits.Contains(RecorderUnits.Service))
            yield return $"{RecorderUnits.Service} is not running: nobody records what happens (journalctl -u {RecorderUnits.Service} -n 20); next: berth apply";
        if (roster.Servers.Count > 0 && !planned.Facts.OwnUnits.Contains(WatchdogUnits.Service))
            yield return $"{WatchdogUnits.Service} is not running: a wedged server stays wedged (journalctl -u {WatchdogUnits.Service} -n 20)";
        if (roster.Gateway is null)
            yield break;
        foreach (var unit in new[] { GatewayUnits.Service, GatewayUnits.Daemon })
        {
            if (!planned.Facts.OwnUnits.Contains(unit))
                yield return $"{unit} is not running (journalctl -u {unit} -n 20)";
        }
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
