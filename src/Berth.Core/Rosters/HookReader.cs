using Berth.Hooks;
using Berth.Incidents;

namespace Berth.Rosters;

/// <summary>Reads <c>hooks:</c>.</summary>
internal static class HookReader
{
    private static readonly string[] s_ways = ["exec", "webhook", "webhook-file"];

    public static IReadOnlyList<Hook> Read(Section section, List<Problem> problems)
    {
        var hooks = new List<Hook>();
        foreach (var entry in section.Entries)
        {
            var name = entry.Key.Value;
            if (!Names.IsServer(name))
            {
                section.Report(
                    entry.Key,
                    $"{Names.Shown(name)} cannot name a hook",
                    "use lower-case letters, digits and -, at most 31, a letter first"
                );
                continue;
            }
            var keys = new Section(section.File, $"hook {name}", entry.Value, SignalKeys.Hook, problems);
            if (!keys.Malformed)
                hooks.Add(Read(name, entry.Key, keys));
        }
        return hooks;
    }

    private static Hook Read(string name, YamlText key, Section keys)
    {
        var hook = new Hook(
            name,
            keys.Words("exec") ?? [],
            keys.Text("webhook"),
            keys.Text("webhook-file"),
            keys.Text("header-file"),
            keys.Words("kinds") ?? [],
            keys.Choice("format") switch
            {
                "text" => HookFormat.Text,
                "slack" => HookFormat.Slack,
                _ => HookFormat.Json,
            }
        );
        var ways = s_ways.Where(keys.Has).ToList();
        if (ways.Count == 0 && s_ways.All(keys.Lacks))
            keys.Report(key, $"hook {name} has nobody to tell", "add one of 'exec:', 'webhook:' and 'webhook-file:'");
        else if (ways.Count > 1)
            keys.Report(
                ways[1],
                $"hook {name} has {ways[0]} and {ways[1]}",
                "keep one of them; a second hook may have the other"
            );
        if (keys.Has("exec") && hook.Exec is not ([]) && !hook.Exec[0].StartsWith('/'))
            keys.Report(
                "exec",
                $"hook {name}: the program {Names.Shown(hook.Exec[0])} is no absolute path",
                "start it with /"
            );
        else if (hook.Exec.Count > 0)
            Addresses.Trusted(keys, "exec", hook.Exec[0], "/usr/local/bin");
        // It may be a secret: not shown.
        if (hook.Webhook is { } url && !Addresses.IsSecure(url))
            keys.Report(
                "webhook",
                $"hook {name}: webhook is not where incidents may be sent",
                "write an https URL without a user or password in it (http is for loopback alone)"
            );
        Addresses.Trusted(keys, "webhook-file", hook.WebhookFile);
        Addresses.Trusted(keys, "header-file", hook.HeaderFile);
        if (hook.HeaderFile is not null && keys.Has("exec"))
            keys.Report("header-file", $"hook {name}: a program has no headers", "take 'header-file:' out");
        foreach (var kind in hook.Kinds.Where(kind => Incident.Kinds(kind) is null))
            keys.Report(
                "kinds",
                $"hook {name}: there is no kind of incident {Names.Shown(kind)}",
                Section.Suggest(kind, Enum.GetValues<IncidentKind>().Select(Incident.Name))
            );
        return hook;
    }
}
