using System.Globalization;
using Berth.Servers;

namespace Berth.Rosters;

/// <summary><c>servers:</c> as read.</summary>
/// <param name="Settings">The servers without a problem that hides what they are.</param>
/// <param name="Names">The names of all, so that one broken server gives no second problem at each of its users.</param>
internal sealed record ServerReading(
    IReadOnlyDictionary<string, ServerSettings> Settings,
    IReadOnlyCollection<string> Names
)
{
    /// <summary>The names that could be servers, to be shown.</summary>
    public IEnumerable<string> Declared => Names.Where(Rosters.Names.IsServer);

    /// <summary>The value of a key <c>server</c>: a declared server; null for <c>none</c> and for a reported
    /// problem.</summary>
    public string? Named(Section keys, string whose)
    {
        if (keys.Text("server") is not { } name || name is "none")
            return null;
        if (Names.Contains(name, StringComparer.Ordinal))
            return name;
        keys.Report(
            "server",
            $"{whose}: there is no server {Rosters.Names.Shown(name)}",
            Declared.Any() ? Section.Suggest(name, [.. Declared, "none"])
                : Presets.All.ContainsKey(name) ? $"declare it: 'servers: {{{name}: {{ports: 4000-4999}}}}'"
                : "declare it below 'servers:'"
        );
        return null;
    }
}

/// <summary>Reads <c>servers:</c>.</summary>
internal static class ServerReader
{
    /// <summary>Names that would collide with what Berth itself calls so.</summary>
    private static readonly string[] s_reserved = ["none", "user", "berth"];

    public static ServerReading Read(Section section, List<Problem> problems)
    {
        var servers = new Dictionary<string, ServerSettings>(StringComparer.Ordinal);
        var ranges = new List<(string Server, PortRange Ports)>();
        foreach (var entry in section.Entries)
        {
            var name = entry.Key.Value;
            if (!Names.IsServer(name))
            {
                section.Report(
                    entry.Key,
                    $"{Names.Shown(name)} cannot name a server",
                    "use lower-case letters, digits and -, at most 31, a letter first"
                );
                continue;
            }
            if (s_reserved.Contains(name, StringComparer.Ordinal))
            {
                section.Report(
                    entry.Key,
                    $"{Names.Shown(name)} cannot name a server: the word is taken",
                    "choose another"
                );
                continue;
            }
            var keys = new Section(section.File, $"server {name}", entry.Value, RosterKeys.Server, problems);
            if (keys.Malformed)
                continue;
            var ports = Ports(keys, entry.Key);
            if (ports is { } range)
            {
                Overlap(keys, range, ranges);
                ranges.Add((name, range));
            }
            if (Server(name, entry.Key, keys, ports) is { } server)
                servers[name] = server;
        }
        return new ServerReading(servers, [.. section.Entries.Select(entry => entry.Key.Value)]);
    }

    private static ServerSettings? Server(string name, YamlText key, Section keys, PortRange? ports)
    {
        var preset = keys.Has("preset") ? keys.Choice("preset") : name;
        if (preset is null || !Presets.All.TryGetValue(preset, out var known))
        {
            var all = Presets.All.Keys.Order(StringComparer.Ordinal).ToList();
            if (keys.Lacks("preset"))
                keys.Report(
                    key,
                    $"server {name} needs a preset: none is called {name}",
                    Nearest.To(name, all) is { } near
                        ? $"did you mean 'preset: {near}'?"
                        : $"one of: {string.Join(", ", all)}"
                );
            known = null;
        }
        var host = keys.Text("host") ?? "localhost";
        if (host is "localhost")
            host = "127.0.0.1";
        else if (!Addresses.IsPlain(host))
            keys.Report(
                "host",
                $"server {name}: host {Names.Shown(host)} is no IP address",
                "write one such as 127.0.0.1"
            );
        var command = ServerCommand.Read(keys);
        if (known == Presets.Custom && keys.Lacks("command"))
            keys.Report(
                key,
                $"server {name}: the custom preset needs a command",
                "for example command: [/opt/agent, --port, \"{port}\"]"
            );
        var ready = keys.Text("ready");
        if (ready is not (null or "tcp") && !(ready.StartsWith('/') && ready.All(c => c is > ' ' and <= '~')))
            keys.Report(
                "ready",
                $"server {name}: ready is {Names.Shown(ready)}",
                "write an HTTP path such as /healthz, or tcp"
            );
        var tasks = keys.Number("tasks") ?? 4096;
        var environment = ServerEnvironment.Read(keys, known);
        return known is null || ports is null
            ? null
            : new ServerSettings(name, known.Name, ports.Value, host, command, environment, ready, tasks);
    }

    private static PortRange? Ports(Section keys, YamlText name)
    {
        if (keys.Lacks("ports"))
        {
            keys.Report(name, $"{keys.Name} needs ports", "for example ports: 3773-3999, or 3773- for 1,000 ports");
            return null;
        }
        if (keys.Text("ports") is not { } text)
            return null;
        var (least, most) = RosterKeys.PortRange;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var first = Port(dash < 0 ? text : text[..dash]);
        var last =
            dash < 0 ? first
            : text[(dash + 1)..].Trim().Length == 0 ? Math.Min(first + 999, most)
            : Port(text[(dash + 1)..]);
        if (first < 0 || last < 0)
            keys.Report(
                "ports",
                $"{keys.Name}: ports is {Names.Shown(text)}",
                "write FIRST-LAST, FIRST- or one PORT, such as 3773-3999"
            );
        else if (first < least || last < least || first > most || last > most)
            keys.Report("ports", $"{keys.Name}: ports {Names.Shown(text)} leave {least} to {most}", "stay within it");
        else if (last < first)
            keys.Report(
                "ports",
                $"{keys.Name}: ports {Names.Shown(text)} end before they start",
                $"did you mean '{last}-{first}'?"
            );
        else
            return new PortRange(first, last);
        return null;
    }

    private static int Port(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : -1;

    private static void Overlap(Section keys, PortRange range, List<(string Server, PortRange Ports)> others)
    {
        foreach (var (name, other) in others)
        {
            if (range.First > other.Last || other.First > range.Last)
                continue;
            var hint =
                other.First < range.First
                    ? $"end {name} earlier: 'ports: {new PortRange(other.First, range.First - 1)}'"
                : range.First < other.First
                    ? $"end this one earlier: 'ports: {new PortRange(range.First, other.First - 1)}'"
                : "give each server a range of its own";
            keys.Report("ports", $"{keys.Name}: ports {range} overlap those of {name} ({other})", hint);
            return;
        }
    }
}
