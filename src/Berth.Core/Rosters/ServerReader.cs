using System.Globalization;
using System.Net;
using Berth.Servers;

namespace Berth.Rosters;

/// <summary>Reads <c>servers:</c>.</summary>
internal static class ServerReader
{
    private static readonly string[] s_placeholders = ["port", "host", "home", "user"];

    public static IReadOnlyDictionary<string, ServerSettings> Read(string file, Section section, List<Problem> problems)
    {
        var servers = new Dictionary<string, ServerSettings>(StringComparer.Ordinal);
        foreach (var entry in section.Entries)
        {
            var name = entry.Key.Value;
            if (!Names.IsServer(name) || name is "none" or "user" or "berth")
            {
                section.Report(
                    entry.Key,
                    $"{Names.Shown(name)} cannot name a server",
                    "use lower-case letters, digits and -, at most 31, starting with a letter"
                );
                continue;
            }
            var keys = new Section(file, $"server {name}", entry.Value, RosterKeys.Server, problems);
            if (Server(name, keys) is { } server)
                servers[name] = server;
            if (
                servers.Values.FirstOrDefault(other =>
                    other.Name != name && Overlap(other.Ports, servers.GetValueOrDefault(name)?.Ports)
                ) is
                { } taken
            )
                keys.Report(
                    "ports",
                    $"server {name}: its ports overlap those of {taken.Name} ({taken.Ports})",
                    "give each server a range of its own"
                );
        }
        return servers;
    }

    private static bool Overlap(PortRange a, PortRange? b) =>
        b is { } other && a.First <= other.Last && other.First <= a.Last;

    private static ServerSettings? Server(string name, Section keys)
    {
        var preset = keys.Has("preset")
            ? keys.Choice("preset", [.. Presets.All.Keys.Order(StringComparer.Ordinal)])
            : name;
        if (preset is not null && !Presets.All.ContainsKey(preset))
        {
            keys.Report(
                keys.Node,
                $"server {name} needs a preset",
                $"add 'preset:' with one of {string.Join(", ", Presets.All.Keys.Order(StringComparer.Ordinal))}"
            );
            preset = null;
        }
        var ports = Ports(keys);
        var host = keys.Text("host") ?? "127.0.0.1";
        if (host is not "localhost" && !IPAddress.TryParse(host, out _))
            keys.Report("host", $"server {name}: host is {Names.Shown(host)}", "write an IP address such as 127.0.0.1");
        var command = keys.Words("command");
        foreach (var word in command)
            Command(keys, name, word);
        if (preset is "custom" && command.Count == 0)
            keys.Report(
                keys.Node,
                $"server {name}: the custom preset needs a command",
                "add 'command: [/path/to/server, --port, \"{port}\"]'"
            );
        var ready = keys.Text("ready");
        if (ready is not null and not "tcp" && !ready.StartsWith('/'))
            keys.Report(
                "ready",
                $"server {name}: ready is {Names.Shown(ready)}",
                "write an HTTP path such as /healthz, or tcp"
            );
        var tasks = keys.Number("tasks", 64, 1_000_000) ?? 4096;
        var environment = Environment(keys, name);
        return preset is null
            ? null
            : new ServerSettings(name, preset, ports, host, command, environment, ready, tasks);
    }

    private static PortRange Ports(Section keys)
    {
        if (keys.Text("ports") is not { } text)
        {
            if (keys.Value("ports") is null)
                keys.Report(
                    keys.Node,
                    $"{keys.Name} needs ports",
                    "add 'ports: 3773-' (1,000 ports from there) or 'ports: 3773-3999'"
                );
            return new PortRange(65535, 65535);
        }
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var first = Port(dash < 0 ? text : text[..dash]);
        var last =
            dash < 0 ? first
            : dash == text.Length - 1 ? Math.Min(first + 999, 65535)
            : Port(text[(dash + 1)..]);
        if (first > 0 && last >= first)
            return new PortRange(first, last);
        keys.Report(
            "ports",
            $"{keys.Name}: ports is {Names.Shown(text)}",
            "write FIRST-LAST or FIRST- within 1024 to 65535, such as 3773-3999"
        );
        return new PortRange(65535, 65535);
    }

    private static int Port(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && port is >= 1024 and <= 65535
            ? port
            : -1;

    private static void Command(Section keys, string name, string word)
    {
        if (word.Any(char.IsControl))
            keys.Report("command", $"server {name}: command holds a control character", "write one line");
        for (var open = word.IndexOf('{', StringComparison.Ordinal); open >= 0; open = word.IndexOf('{', open + 1))
        {
            var close = word.IndexOf('}', open);
            var inner = close < 0 ? word[(open + 1)..] : word[(open + 1)..close];
            if (
                inner.Length > 0
                && inner.All(char.IsAsciiLetterLower)
                && close > 0
                && !s_placeholders.Contains(inner, StringComparer.Ordinal)
            )
                keys.Report(
                    "command",
                    $"server {name}: there is no place-holder {{{inner}}}",
                    Section.Suggest(inner, s_placeholders)
                );
        }
    }

    private static Dictionary<string, string> Environment(Section keys, string name)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (keys.Value("environment"))
        {
            case null or YamlText { IsNull: true }:
                return variables;
            case YamlMap map:
                foreach (var entry in map.Entries)
                    Variable(keys, name, entry, variables);
                return variables;
            case var other:
                keys.Report(other, $"server {name}: environment must hold NAME: value", "");
                return variables;
        }
    }

    private static void Variable(Section keys, string name, YamlEntry entry, Dictionary<string, string> variables)
    {
        var variable = entry.Key.Value;
        if (
            variable.Length == 0
            || char.IsAsciiDigit(variable[0])
            || !variable.All(c => char.IsAsciiLetterOrDigit(c) || c is '_')
        )
            keys.Report(
                entry.Key,
                $"server {name}: {Names.Shown(variable)} cannot name a variable",
                "use letters, digits and _"
            );
        else if (LooksSecret(variable))
            keys.Report(
                entry.Key,
                $"server {name}: {variable} looks like a secret, and unit files are readable by everybody",
                "keep it out of the roster"
            );
        else if (entry.Value is not YamlText { Value: var value } || value.Any(char.IsControl))
            keys.Report(entry.Value, $"server {name}: {variable} must be one line of text", "");
        else if (!variables.TryAdd(variable, value))
            keys.Report(entry.Key, $"server {name}: {variable} stands twice", "keep one");
    }

    private static bool LooksSecret(string variable)
    {
        string[] endings = ["TOKEN", "_KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS"];
        return endings.Any(ending => variable.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }
}
