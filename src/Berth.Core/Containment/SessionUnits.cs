using Berth.Rosters;
using Berth.Units;

namespace Berth.Containment;

/// <summary>Caps for what people do outside their server: ssh and tmux sessions, cron, user units. The whole
/// <c>user-&lt;uid&gt;.slice</c> is capped, not <c>user@.service</c>, because ssh sessions live beside it.</summary>
public static class SessionUnits
{
    private const string System = ServerUnits.SystemFolder;

    /// <summary>First version of systemd with rules of who may listen where.</summary>
    public const int BindRules = 249;

    public static string AllSlicesPath => $"{System}/user-.slice.d/{ServerUnits.DropIn}";

    public static string RootSlicePath => $"{System}/user-0.slice.d/60-berth.conf";

    public static string UserScopesPath => $"/etc/systemd/user/scope.d/{ServerUnits.DropIn}";

    public static string SlicePath(int uid) => $"{System}/user-{uid}.slice.d/60-berth.conf";

    public static string SliceName(int uid) => $"user-{uid}.slice";

    /// <summary>Folder of units that only this user's service manager reads, ahead of all others.</summary>
    public static string ManagerUnitsFolder(int uid) => $"/etc/berth/user-units/{uid}";

    public static string ManagerScopesPath(int uid) => $"{ManagerUnitsFolder(uid)}/scope.d/60-berth.conf";

    /// <summary>Points one user's service manager at <see cref="ManagerUnitsFolder"/>.</summary>
    public static string ManagerDropInPath(int uid) => $"{System}/user@{uid}.service.d/{ServerUnits.DropIn}";

    public static string Slice(long cap) => Capped(cap).ToString();

    /// <param name="cap">Cap of everybody who has none of their own.</param>
    /// <param name="assigned">Ports of people's servers (<see cref="Berth.Gateway.AssignedPorts"/>), on which no session
    /// may listen.</param>
    /// <param name="systemd">The host's systemd version.</param>
    public static string AllSlices(long cap, IReadOnlyList<string> assigned, int systemd) =>
        Capped(cap).Deny(assigned, systemd).ToString();

    /// <summary>Refuses to listen on these ports, where systemd knows how.</summary>
    public static UnitText Deny(this UnitText unit, IReadOnlyList<string> assigned, int systemd)
    {
        foreach (var rule in systemd >= BindRules ? assigned : [])
            unit.Set("SocketBindDeny", rule);
        return unit;
    }

    private static UnitText Capped(long cap) =>
        new UnitText()
            .Section("Slice")
            .Set("MemoryHigh", "infinity")
            .Set("MemoryMax", Size.Directive(cap))
            .Set("MemorySwapMax", 0);

    /// <summary>root keeps an uncapped way in: the person who repairs the box logs in as root.</summary>
    /// <param name="systemd">The host's systemd version.</param>
    public static string RootSlice(int systemd = 0) =>
        new UnitText()
            .Section("Slice")
            .Set("MemoryMax", "infinity")
            .Set("MemorySwapMax", "infinity")
            .SetIf(systemd >= BindRules, "SocketBindDeny", "")
            .ToString();

    /// <summary>Cap of one tmux pane or other scope of a user's service manager.</summary>
    public static string UserScopes(long cap, int systemd) =>
        new UnitText()
            .Section("Scope")
            .Set("MemoryHigh", "infinity")
            .Set("MemoryMax", Size.Directive(cap))
            .Set("MemorySwapMax", 0)
            .SetIf(systemd >= 253, "OOMPolicy", "continue")
            .ToString();

    public static string ManagerScopes(long cap) =>
        new UnitText().Section("Scope").Set("MemoryMax", Size.Directive(cap)).ToString();

    /// <summary>A trailing colon keeps systemd's own search path behind ours (systemd.unit(5)).</summary>
    public static string ManagerDropIn(int uid) =>
        new UnitText().Section("Service").Environment("SYSTEMD_UNIT_PATH", ManagerUnitsFolder(uid) + ":").ToString();
}
