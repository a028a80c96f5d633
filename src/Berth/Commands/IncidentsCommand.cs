using System.CommandLine;
using Berth.Host;
using Berth.Incidents;
using Berth.Recording;

namespace Berth.Commands;

/// <summary><c>berth incidents</c>: what has happened, oldest first.</summary>
public static class IncidentsCommand
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(500);

    private static readonly Option<string?> s_since = new("--since")
    {
        Description = "From then on: 14:05, 2026-11-25, 2h, 3d",
        HelpName = "TIME",
    };

    private static readonly Option<string?> s_user = new("--user") { Description = "Of one person", HelpName = "NAME" };

    private static readonly Option<string?> s_kind = new("--kind")
    {
        Description = "Of one kind, such as oom-kill, stall, cap-near, fork-storm",
        HelpName = "KIND",
    };

    private static readonly Option<bool> s_follow = new("--follow") { Description = "Go on, and show what is new" };

    public static Command Create()
    {
        var command = new Command("incidents", "What has happened on this host") { s_since, s_user, s_kind, s_follow };
        command.SetAction((parse, stop) => RunAsync(parse, stop));
        return command;
    }

    /// <summary>The incidents of this host; where they cannot be read says so and gives null.</summary>
    internal static IncidentStore? Open()
    {
        try
        {
            if (IncidentStore.Read(HostPaths.Live[IncidentStore.Path]) is { } store)
                return store;
            Console.Error.WriteLine(
                Native.EffectiveUser() == 0
                    ? "berth: nothing was recorded on this host yet: systemctl status berth-recorder"
                    : "berth: incidents are read by root; run it with sudo"
            );
        }
        catch (IOException refused)
        {
            Console.Error.WriteLine($"berth: {refused.Message}");
        }
        return null;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken stop)
    {
        if (Query(parse) is not { } query)
            return ExitCodes.Usage;
        using var store = Open();
        if (store is null)
            return ExitCodes.Failed;
        var (json, follow) = (parse.GetValue(Shared.Json), parse.GetValue(s_follow));
        var change = store.LastChange();
        var found = store.Find(query);
        if (json && !follow)
            Console.Out.WriteLine(IncidentJson.Render(found, store));
        else
            Show(found, store, json);
        if (!follow && !json && found.Count == 0)
            Console.Out.WriteLine("Nothing has happened.");
        while (follow)
        {
            try
            {
                await Task.Delay(s_often, stop);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Ok;
            }
            var next = store.LastChange();
            Show(store.Find(query with { Since = null, After = change }), store, json);
            change = next;
        }
        return ExitCodes.Ok;
    }

    private static void Show(IReadOnlyList<Incident> incidents, IncidentStore store, bool json)
    {
        foreach (var incident in incidents)
            Console.Out.WriteLine(
                json ? IncidentJson.Line(incident, store) : IncidentText.Line(incident, TimeZoneInfo.Local)
            );
    }

    private static IncidentQuery? Query(ParseResult parse)
    {
        var query = new IncidentQuery(User: parse.GetValue(s_user));
        if (parse.GetValue(s_since) is { } since)
        {
            if (TimeWords.Past(since, TimeProvider.System.GetUtcNow(), TimeZoneInfo.Local) is not { } time)
            {
                Console.Error.WriteLine($"berth: '{since}' is no time; write 14:05, 2026-11-25, 2h or 3d");
                return null;
            }
            query = query with { Since = time };
        }
        if (parse.GetValue(s_kind) is { } name)
        {
            if (Incident.Kinds(name) is not { } kind)
            {
                Console.Error.WriteLine(
                    $"berth: there is no kind '{name}'; kinds are {string.Join(", ", Enum.GetValues<IncidentKind>().Select(Incident.Name))}"
                );
                return null;
            }
            query = query with { Kind = kind };
        }
        return query;
    }
}
