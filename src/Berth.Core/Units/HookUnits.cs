namespace Berth.Units;

/// <summary>The unit that tells hooks of incidents. It exists only where the roster has <c>hooks:</c>.</summary>
public static class HookUnits
{
    public const string Service = "berth-hooks.service";
    public const string Path = $"{ServerUnits.SystemFolder}/{Service}";

    /// <summary>How far each hook was told.</summary>
    public const string State = "/var/lib/berth/hooks";

    public const string WantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Service}";

    /// <summary>Reads the incidents, which only root may, and has no network. Each message leaves in a process of its own
    /// that systemd runs with nobody's rights.</summary>
    /// <param name="program">Where berth is on this host.</param>
    public static string Unit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Tell hooks of incidents")
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "exec")
            .Set("ExecStart", $"{UnitText.Word(program)} hooks run")
            .Set("Restart", "always")
            .Set("RestartSec", 5)
            // Readers of the incidents take part in their locks.
            .Set("StateDirectory", "berth")
            .Set("MemoryMax", "128M")
            .Set("MemorySwapMax", 0)
            .Set("OOMScoreAdjust", -500)
            .Set("TasksMax", 64)
            .Set("CapabilityBoundingSet", "")
            .Set("PrivateNetwork", "yes")
            .Set("IPAddressDeny", "any")
            .Set("RestrictAddressFamilies", "AF_UNIX")
            .Set("ProtectSystem", "strict")
            .Set("MemoryDenyWriteExecute", "yes")
            .Sandboxed()
            .ToString();
}
