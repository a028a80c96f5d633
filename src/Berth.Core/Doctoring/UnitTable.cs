using System.Globalization;

namespace Berth.Doctoring;

/// <summary>A unit and the files that its service manager reads for it.</summary>
/// <param name="Seen">Its properties.</param>
/// <param name="Command">The words of its first <c>ExecStart=</c>.</param>
/// <param name="Files">Paths of its <c>EnvironmentFile=</c>.</param>
public sealed record ShownUnit(UnitSeen Seen, IReadOnlyList<string> Command, IReadOnlyList<string> Files);

/// <summary>Reads what <c>systemctl show</c> printed of many units.</summary>
public static class UnitTable
{
    public const string Properties =
        "Id,ActiveState,User,ControlGroup,MainPID,ExecStart,OOMPolicy,PrivateTmp,WatchdogUSec,ManagedOOMSwap,ManagedOOMMemoryPressure,EnvironmentFiles";

    public static IReadOnlyList<ShownUnit> Parse(string text)
    {
        var units = new List<ShownUnit>();
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new List<string>();
        void Take()
        {
            if (properties.GetValueOrDefault("Id", "") is { Length: > 0 } name)
                units.Add(Unit(name, properties, [.. files]));
            properties.Clear();
            files.Clear();
        }
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var sign = line.IndexOf('=');
            if (line.IsEmpty)
                Take();
            else if (sign > 0 && line[..sign] is "EnvironmentFiles")
                files.Add(Path(line[(sign + 1)..]));
            else if (sign > 0)
                // A unit with several commands prints several lines: the first is the one it starts with.
                properties.TryAdd(line[..sign].ToString(), line[(sign + 1)..].ToString());
        }
        Take();
        return units;
    }

    private static ShownUnit Unit(string name, Dictionary<string, string> properties, IReadOnlyList<string> files)
    {
        string Of(string property) => properties.GetValueOrDefault(property, "");
        var command = Command(Of("ExecStart"));
        var seen = new UnitSeen(name)
        {
            Active = Of("ActiveState") is "active" or "reloading" or "activating",
            User = Of("User"),
            Cgroup = Of("ControlGroup").Trim('/'),
            MainPid = int.TryParse(Of("MainPID"), CultureInfo.InvariantCulture, out var pid) ? pid : 0,
            Server = AgentServers.Of(command),
            OomPolicy = Of("OOMPolicy"),
            PrivateTmp = Of("PrivateTmp") is not ("" or "no"),
            Watchdog = Of("WatchdogUSec") is not ("" or "0" or "infinity"),
            OomdKills = Of("ManagedOOMSwap") is "kill" || Of("ManagedOOMMemoryPressure") is "kill",
        };
        return new ShownUnit(seen, command, files);
    }

    /// <summary><c>{ path=/usr/bin/t3 ; argv[]=/usr/bin/t3 serve ; ignore_errors=no ; … }</c>.</summary>
    private static string[] Command(string start)
    {
        const string mark = "argv[]=";
        var from = start.IndexOf(mark, StringComparison.Ordinal);
        if (from < 0)
            return [];
        var rest = start[(from + mark.Length)..];
        var end = rest.IndexOf(" ; ", StringComparison.Ordinal);
        return (end < 0 ? rest : rest[..end]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary><c>/etc/default/ssh (ignore_errors=yes)</c>.</summary>
    private static string Path(ReadOnlySpan<char> value)
    {
        var end = value.LastIndexOf(" (ignore_errors=");
        return (end < 0 ? value : value[..end]).ToString();
    }
}
