using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;
using Berth.Watching;

namespace Berth.Planning;

/// <summary>The watchdog's files, its start and its end.</summary>
internal static class WatchdogSteps
{
    public static void AddFiles(List<DesiredFile> files, Roster roster, HostFacts facts, IReadOnlyList<Route> routes)
    {
        var watched = roster
            .Users.Where(user => user.Watched)
            .Select(user => user.Name)
            .ToHashSet(StringComparer.Ordinal);
        var config = new WatchConfig(
            roster.Watchdog.Restarts,
            roster.Watchdog.Minutes,
            roster.Gateway is not null,
            [
                .. routes
                    .Where(route => route is { State: RouteState.Serving, Port: > 0 } && watched.Contains(route.User))
                    // How somebody is led there is nothing to the watchdog.
                    .Select(route => route with { Login = "" }),
            ]
        );
        files.Add(DesiredFile.Public(WatchConfig.Path, config.ToJson(), "whose server is watched"));
        files.Add(
            DesiredFile.Public(
                WatchdogUnits.Path,
                WatchdogUnits.Unit(facts.Berth, facts.Systemd, roster.Gateway is not null),
                "restarts wedged servers"
            )
        );
        files.Add(DesiredFile.AtBoot(WatchdogUnits.WantsPath, WatchdogUnits.Path));
    }

    /// <summary>Whom it watches is taken up by itself; only a changed unit starts it anew.</summary>
    public static void AddStart(PlanDraft draft, HostFacts facts, HashSet<string> changed)
    {
        if (changed.Contains(WatchdogUnits.Path) || !facts.OwnUnits.Contains(WatchdogUnits.Service))
            draft.Steps.Add(new StartOwnUnits([WatchdogUnits.Service]));
    }

    /// <summary>First of all: what is stopped next is to stay stopped.</summary>
    public static void AddEnd(PlanDraft draft, HostFacts facts, Manifest manifest)
    {
        if (facts.Live && manifest.Files.ContainsKey(WatchdogUnits.Path))
            draft.Steps.Add(new StopOwnUnits([WatchdogUnits.Service]));
    }
}
