using Berth.Gateway;

namespace Berth.Units;

/// <summary>Loads the table <c>inet berth</c> at boot, before any server, and again whenever somebody else's ruleset has
/// flushed it.</summary>
public static class FirewallUnit
{
    public const string Service = "berth-firewall.service";

    /// <summary>Debian's own; its ruleset begins with a flush of everybody's tables.</summary>
    private const string Others = "nftables.service";

    /// <summary>To stop it leaves the table where it is: a stop must not open anybody's port.</summary>
    public static string Text() =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Only the gateway and its owner reach a person's server")
            .Set("After", Others)
            .Set("PartOf", Others)
            .Set("ReloadPropagatedFrom", Others)
            .Section("Service")
            .Set("Type", "oneshot")
            .Set("RemainAfterExit", "yes")
            .Set("ExecStart", $"{Firewall.Program} -f {Firewall.Path}")
            .Set("ExecReload", $"{Firewall.Program} -f {Firewall.Path}")
            .Set("CapabilityBoundingSet", "CAP_NET_ADMIN")
            // The kernel's tables; whoever knows the gateway's account.
            .Set("RestrictAddressFamilies", "AF_NETLINK AF_UNIX")
            .Set("ProtectSystem", "strict")
            .Sandboxed()
            .ToString();
}
