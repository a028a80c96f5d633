namespace Berth.Units;

/// <summary>What no unit of Berth's own needs.</summary>
internal static class Sandbox
{
    public static UnitText Sandboxed(this UnitText unit) =>
        unit.Set("ProtectHome", "yes")
            .Set("PrivateTmp", "yes")
            .Set("PrivateDevices", "yes")
            .Set("ProtectKernelTunables", "yes")
            .Set("ProtectKernelModules", "yes")
            .Set("ProtectKernelLogs", "yes")
            .Set("ProtectControlGroups", "yes")
            .Set("ProtectClock", "yes")
            .Set("ProtectHostname", "yes")
            .Set("NoNewPrivileges", "yes")
            .Set("RestrictNamespaces", "yes")
            .Set("RestrictRealtime", "yes")
            .Set("RestrictSUIDSGID", "yes")
            .Set("LockPersonality", "yes")
            .Set("SystemCallArchitectures", "native")
            .Set("SystemCallFilter", "@system-service")
            .Set("LimitCORE", 0)
            .Set("UMask", "0077");
}
