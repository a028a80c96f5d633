using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Watching;

/// <summary>How one person's server is.</summary>
/// <param name="State"><c>running</c>, <c>starting</c>, <c>stopped</c>, <c>failed</c>, <c>parked</c>, <c>removed</c> or
/// <c>none</c>.</param>
/// <param name="AsWanted">Whether that is what the roster says.</param>
/// <param name="UpSeconds">Time since it became active, in seconds.</param>
/// <param name="PeakBytes">Highest <c>memory.current</c> since start (kernel 5.19).</param>
/// <param name="StallPercent">Share of the last 10 s in which every task of it waited for memory.</param>
/// <param name="Restarts">Automatic restarts by systemd since it was started.</param>
/// <param name="HandsOff">Why the watchdog does not restart it any more; null while it does.</param>
/// <param name="LastExit">How its main process ended last, such as <c>killed by 9</c>; null when it never did.</param>
public sealed record ServerStatus(
    string User,
    string? Server,
    int? Port,
    string State,
    bool AsWanted,
    long? UpSeconds,
    long? MemoryBytes,
    long? PeakBytes,
    long? CapBytes,
    int? Tasks,
    double? StallPercent,
    int? Restarts,
    string? LastExit,
    string? HandsOff = null
);

/// <summary>Reads the state of every server: one call to systemctl, and the kernel's own counters.</summary>
public sealed class StatusReader(HostPaths paths, ProcessRunner run)
{
    private const string Properties =
        "Id,ActiveState,SubState,ControlGroup,NRestarts,ExecMainCode,ExecMainStatus,ActiveEnterTimestampMonotonic,ExecMainExitTimestampMonotonic";

    public IReadOnlyList<ServerStatus> Read(Roster roster, Manifest manifest)
    {
        var units = roster
            .Users.Where(user => user.Server is not null)
            .Select(user => ServerUnits.UnitName(user.Server!, user.Name))
            .ToArray();
        var shown = units.Length == 0 ? [] : Show(units);
        var off = HandsOff();
        return
        [
            .. roster
                .Users.Select(user => One(user, manifest, shown))
                .Select(status =>
                    status.Server is not null
                    && off.TryGetValue(ServerUnits.UnitName(status.Server, status.User), out var why)
                        ? status with
                        {
                            HandsOff = why,
                            AsWanted = false,
                        }
                        : status
                ),
        ];
    }

    /// <summary>Servers that the watchdog has taken its hands off, by unit.</summary>
    private Dictionary<string, string> HandsOff()
    {
        var off = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var server in WatchMemory.Parse(new Files(paths).Text(WatchMemory.Path)).Servers)
        {
            if (server.State.Stance is Stance.Exhausted)
                off[server.Unit] = "it was restarted too often and is wedged again (docs/runbooks/exhausted.md)";
            else if (server.State.Stance is Stance.Looping)
                off[server.Unit] = "it ended again and again and was stopped (docs/runbooks/crash-loop.md)";
        }
        return off;
    }

    private Dictionary<string, Dictionary<string, string>> Show(string[] units)
    {
        var answer = run.Run("systemctl", ["show", $"--property={Properties}", .. units]);
        var shown = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var block in answer.Stdout.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var properties = block
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
            if (properties.TryGetValue("Id", out var id))
                shown[id] = properties;
        }
        return shown;
    }

    private ServerStatus One(User user, Manifest manifest, Dictionary<string, Dictionary<string, string>> shown)
    {
        var wanted =
            user.Removed ? "removed"
            : user.Parked ? "parked"
            : user.Server is null ? "none"
            : "running";
        if (user.Server is not { } server || !shown.TryGetValue(ServerUnits.UnitName(server, user.Name), out var unit))
            return new ServerStatus(
                user.Name,
                user.Server,
                null,
                wanted is "running" ? "unknown" : wanted,
                wanted is not "running",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null
            );
        var state = State(unit, wanted);
        var cgroup = paths[SurfaceReader.Tree + unit.GetValueOrDefault("ControlGroup", "/none")];
        var alive = state is "running" or "starting";
        return new ServerStatus(
            user.Name,
            server,
            manifest.Ports.TryGetValue(PortAllocator.Key(server, user.Name), out var port) ? port : null,
            state,
            state == wanted,
            alive ? Up(unit) : null,
            alive ? Number(cgroup, "memory.current") : null,
            alive ? Number(cgroup, "memory.peak") : null,
            alive ? Number(cgroup, "memory.max") : null,
            alive ? (int?)Number(cgroup, "pids.current") : null,
            alive ? Stall(cgroup) : null,
            int.TryParse(unit.GetValueOrDefault("NRestarts"), out var restarts) ? restarts : null,
            LastExit(unit)
        );
    }

    private static string State(Dictionary<string, string> unit, string wanted) =>
        (unit.GetValueOrDefault("ActiveState"), unit.GetValueOrDefault("SubState")) switch
        {
            ("active", _) => "running",
            ("activating", _) => "starting",
            ("failed", _) => "failed",
            ("deactivating", _) => "stopping",
            _ => wanted is "running" ? "stopped" : wanted,
        };

    private static long? Up(Dictionary<string, string> unit)
    {
        // CLOCK_MONOTONIC in microseconds, which is what .NET's tick count reads as well.
        if (!long.TryParse(unit.GetValueOrDefault("ActiveEnterTimestampMonotonic"), out var since) || since == 0)
            return null;
        return Math.Max(0, (Environment.TickCount64 * 1000 - since) / 1_000_000);
    }

    private static string? LastExit(Dictionary<string, string> unit)
    {
        if (unit.GetValueOrDefault("ExecMainExitTimestampMonotonic") is null or "0")
            return null;
        var status = unit.GetValueOrDefault("ExecMainStatus", "?");
        // CLD_EXITED, CLD_KILLED, CLD_DUMPED of waitid(2).
        return unit.GetValueOrDefault("ExecMainCode") switch
        {
            "1" => $"exit {status}",
            "2" => $"killed by {status}",
            "3" => $"core dumped by {status}",
            _ => null,
        };
    }

    private static long? Number(string cgroup, string file)
    {
        try
        {
            var text = File.ReadAllText(Path.Join(cgroup, file)).AsSpan().Trim();
            return text is "max" ? HostFacts.Unlimited : long.Parse(text);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double? Stall(string cgroup)
    {
        try
        {
            foreach (var line in File.ReadLines(Path.Join(cgroup, "memory.pressure")))
            {
                if (line.StartsWith("full avg10=", StringComparison.Ordinal))
                    return double.Parse(
                        line["full avg10=".Length..line.IndexOf(" avg60", StringComparison.Ordinal)],
                        CultureInfo.InvariantCulture
                    );
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return null;
    }
}

/// <summary>The state of every server as a program reads it.</summary>
public static class StatusJson
{
    public static string Render(IReadOnlyList<ServerStatus> states) =>
        JsonSerializer.Serialize(states, StatusJsonContext.Default.IReadOnlyListServerStatus);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<ServerStatus>))]
public sealed partial class StatusJsonContext : JsonSerializerContext;
