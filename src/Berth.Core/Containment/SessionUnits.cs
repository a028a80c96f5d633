using Berth.Rosters;
using Berth.Units;

namespace Berth.Containment;

/// <summary>Caps for what people do outside their server: ssh and tmux sessions, cron, user units. The whole
/// <c>user-&lt;uid&gt;.slice</c> is capped, not <c>user@.service</c>, because ssh sessions live beside it.</summary>
public static class SessionUnits
{
    private const string System = ServerUnits.SystemFolder;

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

    public static string Slice(long cap) =>
        new UnitText()
            .Section("Slice")
            .Set("MemoryHigh", "infinity")
            .Set("MemoryMax", Size.Directive(cap))
            .Set("MemorySwapMax", 0)
            .ToString();

    /// <summary>root keeps an uncapped way in: the person who repairs the box logs in as root.</summary>
    public static string RootSlice() =>
        new UnitText().Section("Slice").Set("MemoryMax", "infinity").Set("MemorySwapMax", "infinity").ToString();

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
