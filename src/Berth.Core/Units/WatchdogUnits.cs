namespace Berth.Units;

/// <summary>The unit of the watchdog, which restarts wedged servers. It exists on every host that Berth applied.</summary>
public static class WatchdogUnits
{
    public const string Service = "berth-watchdog.service";
    public const string Path = $"{ServerUnits.SystemFolder}/{Service}";
    public const string WantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Service}";

    /// <summary>What it remembers over a restart of its own; gone with the boot, as what it is about is.</summary>
    public const string Run = "/run/berth-watchdog";

    /// <summary>Asks servers on loopback and systemd; nothing that runs depends on it.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="systemd">The host's systemd version.</param>
    /// <param name="gateway">Whether there is a gateway, whose account may read the numbers.</param>
    public static string Unit(string program, int systemd, bool gateway) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Restarts agent servers that are wedged")
            .Set("After", $"{FirewallUnit.Service} network.target")
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "notify")
            // The loop that looks shows that it turns.
            .Set("WatchdogSec", 60)
            .Set("ExecStart", $"{UnitText.Word(program)} watch")
            .Set("Restart", "always")
            .Set("RestartSec", 1)
            .Set("OOMScoreAdjust", -900)
            .Set("CPUWeight", 500)
            .Set("MemoryMax", "192M")
            .Set("MemorySwapMax", 0)
            .Set("TasksMax", 128)
            .Environment("DOTNET_GCHeapHardLimit", "0x4000000") // 64 MiB
            .Set("RuntimeDirectory", "berth-watchdog berth/metrics")
            // A file is given to a group by a member of it.
            .SetIf(gateway, "SupplementaryGroups", GatewayUnits.Account)
            .Set("RuntimeDirectoryMode", "0755")
            .Set("RuntimeDirectoryPreserve", "yes")
            // Incidents lie where the recorder's do.
            .Set("StateDirectory", "berth/recorder")
            .Set("StateDirectoryMode", "0700")
            // In which call of the kernel somebody else's process waits.
            .Set("CapabilityBoundingSet", "CAP_SYS_PTRACE")
            .Set("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK")
            .Set("IPAddressAllow", "localhost")
            .Set("IPAddressDeny", "any")
            .SetIf(systemd >= 249, "SocketBindDeny", "any")
            .Set("LimitNOFILE", 65536)
            .Set("ProtectSystem", "strict")
            .Set("MemoryDenyWriteExecute", "yes")
            .Sandboxed()
            .ToString();
}
