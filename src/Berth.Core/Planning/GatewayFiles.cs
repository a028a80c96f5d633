using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Files of the way in and of the fence around everybody's port.</summary>
internal static class GatewayFiles
{
    private const int Readers = 0x1A0; // 0640

    public static void Add(List<DesiredFile> files, Roster roster, HostFacts facts, IReadOnlyList<Route> routes)
    {
        if (roster.Servers.Count > 0 && facts.Firewall.Installed)
        {
            Add(
                files,
                Firewall.Path,
                Firewall.Text(Fence.Of(routes, roster.Gateway is not null), roster.Gateway is not null),
                "who may connect to whose server"
            );
            Add(files, GatewayUnits.Path(FirewallUnit.Service), FirewallUnit.Text(), "loads it before any server");
            Enable(files, FirewallUnit.Service);
        }
        if (roster.Gateway is { } gateway)
            AddGateway(files, roster, gateway, facts, routes);
    }

    private static void AddGateway(
        List<DesiredFile> files,
        Roster roster,
        GatewaySettings gateway,
        HostFacts facts,
        IReadOnlyList<Route> routes
    )
    {
        void Unit(string unit, string content, string purpose) => Add(files, GatewayUnits.Path(unit), content, purpose);

        var settings = DesiredFile.HashOf(new GatewayConfig(gateway, []).ToJson());
        Add(files, GatewayUnits.SysusersPath, GatewayUnits.Sysusers(), "the account of the gateway");
        var config = new GatewayConfig(gateway, routes)
        {
            Admins = [.. roster.Users.Where(user => user.Admin && !user.Removed).Select(user => user.Name)],
        };
        // It names everybody's login: nobody on this host but the gateway needs those.
        files.Add(
            new DesiredFile(GatewayConfig.Path, config.ToJson(), FileKind.Text, Readers, null, "who is led where")
            {
                Reader = GatewayUnits.Account,
            }
        );
        Unit(GatewayUnits.DaemonSocket, GatewayUnits.DaemonSocketUnit(), "where the daemon is asked");
        Unit(GatewayUnits.Daemon, GatewayUnits.DaemonUnit(facts.Berth), "does for the gateway what only root may");
        Unit(GatewayUnits.People, GatewayUnits.PeopleUnit(gateway), $"people come in on {gateway.Listen}");
        Unit(GatewayUnits.Control, GatewayUnits.ControlUnit(), "where root speaks to the gateway");
        Unit(
            GatewayUnits.Service,
            GatewayUnits.ServiceUnit(facts.Berth, gateway, settings, facts.Systemd),
            "leads people to their own server"
        );
        if (gateway.Certificate is not null)
        {
            Unit(GatewayUnits.Tls, GatewayUnits.TlsUnit(facts.Berth, gateway), "takes a changed certificate up");
            Unit(GatewayUnits.TlsWatch, GatewayUnits.TlsWatchUnit(gateway), "notices a changed certificate");
            Enable(files, GatewayUnits.TlsWatch);
        }
        foreach (
            var unit in (string[])
                [
                    GatewayUnits.DaemonSocket,
                    GatewayUnits.Daemon,
                    GatewayUnits.People,
                    GatewayUnits.Control,
                    GatewayUnits.Service,
                ]
        )
            Enable(files, unit);
    }

    private static void Add(List<DesiredFile> files, string path, string content, string purpose) =>
        files.Add(DesiredFile.Public(path, content, purpose));

    private static void Enable(List<DesiredFile> files, string unit) =>
        files.Add(DesiredFile.AtBoot(GatewayUnits.WantsPath(unit), GatewayUnits.Path(unit)));
}
