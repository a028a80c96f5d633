using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Opening, restarting and closing the way in, and keeping the fence up.</summary>
internal static class GatewaySteps
{
    private static readonly string[] s_units =
    [
        GatewayUnits.TlsWatch,
        GatewayUnits.People,
        GatewayUnits.Control,
        GatewayUnits.Service,
        GatewayUnits.DaemonSocket,
        GatewayUnits.Daemon,
    ];

    /// <summary>Stops what the roster no longer asks for.</summary>
    public static void AddStops(PlanDraft draft, Roster roster, HostFacts facts, Manifest manifest)
    {
        if (!facts.Live)
            return;
        if (roster.Gateway is null)
            Stop(draft, manifest, s_units);
        else if (roster.Gateway.Certificate is null)
            Stop(draft, manifest, [GatewayUnits.TlsWatch]);
        if (roster.Servers.Count == 0 || !facts.Firewall.Installed)
            Stop(draft, manifest, [FirewallUnit.Service]);
    }

    /// <summary>The account, in an image as well: units and the fence name it.</summary>
    public static void AddAccount(PlanDraft draft, Roster roster, HostFacts facts, Manifest manifest)
    {
        if (roster.Gateway is null)
            DropGateway(draft, facts, manifest);
        else if (!facts.Accounts.ContainsKey(GatewayUnits.Account))
            draft.Steps.Add(new MakeSystemAccount(GatewayUnits.Account));
    }

    /// <summary>After systemd has read its files anew: the fence first, then who stands in front of it.</summary>
    public static void AddStarts(
        PlanDraft draft,
        Roster roster,
        HostFacts facts,
        Desired desired,
        Manifest manifest,
        HashSet<string> changed
    )
    {
        bool Changed(params ReadOnlySpan<string> paths)
        {
            foreach (var path in paths)
            {
                if (changed.Contains(path))
                    return true;
            }
            return manifest.Unfinished;
        }

        if (roster.Servers.Count == 0 || !facts.Firewall.Installed)
            DropFence(draft, facts, manifest);
        else
        {
            var fences = Fence.Of(desired.Routes, roster.Gateway is not null);
            if (
                Changed(Firewall.Path, GatewayUnits.Path(FirewallUnit.Service))
                || (facts.Firewall.Loaded is { } loaded && loaded != LoadedTable.Wanted(fences))
            )
                draft.Steps.Add(new LoadFirewall(fences.Count));
        }
        if (roster.Gateway is null)
            return;
        Front(draft, facts, Changed, GatewayUnits.Daemon, GatewayUnits.DaemonSocket);
        Front(draft, facts, Changed, GatewayUnits.Service, GatewayUnits.People, GatewayUnits.Control);
        if (roster.Gateway.Certificate is not null && Changed(GatewayUnits.Path(GatewayUnits.TlsWatch)))
            draft.Steps.Add(new StartOwnUnits([GatewayUnits.TlsWatch]));
    }

    public static void AddEndStops(PlanDraft draft, Manifest manifest) =>
        Stop(draft, manifest, [.. s_units, FirewallUnit.Service]);

    private static void Stop(PlanDraft draft, Manifest manifest, IEnumerable<string> units)
    {
        var ours = units.Where(unit => manifest.Files.ContainsKey(GatewayUnits.Path(unit))).ToList();
        if (ours.Count > 0)
            draft.Steps.Add(new StopOwnUnits(ours));
    }

    private delegate bool Asked(params ReadOnlySpan<string> paths);

    private static void Front(PlanDraft draft, HostFacts facts, Asked changed, string service, params string[] sockets)
    {
        if (changed([.. sockets.Select(GatewayUnits.Path)]))
            draft.Steps.Add(new RestartFront(service, sockets));
        else if (changed(GatewayUnits.Path(service)))
            draft.Steps.Add(new RestartFront(service, []));
        else if (!facts.OwnUnits.Contains(service))
            draft.Steps.Add(new StartOwnUnits([service]));
    }

    public static void DropFence(PlanDraft draft, HostFacts facts, Manifest manifest)
    {
        if (
            facts.Firewall.Loaded is { Length: > 0 }
            || (facts.Firewall.Installed && manifest.Files.ContainsKey(Firewall.Path))
        )
            draft.Steps.Add(new DeleteFirewall());
    }

    public static void DropGateway(PlanDraft draft, HostFacts facts, Manifest manifest)
    {
        var made =
            manifest.SystemAccounts.Contains(GatewayUnits.Account, StringComparer.Ordinal)
            && facts.Accounts.ContainsKey(GatewayUnits.Account);
        if (made || manifest.Files.ContainsKey(GatewayUnits.Path(GatewayUnits.Service)))
            draft.Steps.Add(new RemoveGatewayState(made));
    }
}
