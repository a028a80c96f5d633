namespace Berth.Units;

/// <summary>The unit that keeps agents in a cgroup beside their server
/// (<see cref="Berth.Containment.AgentCgroup"/>).</summary>
public static class AgentUnits
{
    public const string Service = "berth-agents.service";
    public const string Path = $"{ServerUnits.SystemFolder}/{Service}";
    public const string WantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Service}";

    /// <param name="program">Where berth is on this host.</param>
    public static string Unit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Agents in a cgroup beside their server")
            .Section("Service")
            .Set("ExecStart", $"{UnitText.Word(program)} agents")
            .Set("Restart", "always")
            .Set("RestartSec", 1)
            .Set("OOMScoreAdjust", -900)
            .Set("CPUQuota", "50%")
            .Set("MemoryMax", "64M")
            .Set("MemorySwapMax", 0)
            .Set("TasksMax", 32)
            // The kernel's word of forks; cgroups that belong to people.
            .Set("CapabilityBoundingSet", "CAP_NET_ADMIN CAP_DAC_OVERRIDE")
            .Set("RestrictAddressFamilies", "AF_NETLINK")
            .Set("NoNewPrivileges", "yes")
            .Set("ProtectSystem", "strict")
            .Set("ProtectHome", "yes")
            .Set("PrivateTmp", "yes")
            .Set("PrivateDevices", "yes")
            .Set("ProtectKernelTunables", "no")
            .Set("ProtectKernelModules", "yes")
            .Set("ProtectKernelLogs", "yes")
            .Set("ProtectClock", "yes")
            .Set("RestrictNamespaces", "yes")
            .Set("LockPersonality", "yes")
            .Set("SystemCallArchitectures", "native")
            .Set("SystemCallFilter", "@system-service")
            .Set("LimitCORE", 0)
            .Set("UMask", "0077")
            .ToString();
}
