namespace Berth.Units;

/// <summary>The unit of the recorder, which explains every kill. It exists on every host that Berth applied.</summary>
public static class RecorderUnits
{
    public const string Service = "berth-recorder.service";
    public const string Path = $"{ServerUnits.SystemFolder}/{Service}";
    public const string WantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Service}";

    /// <summary>The ring of samples and the incidents; root's alone.</summary>
    public const string State = "/var/lib/berth/recorder";

    /// <summary>What people are told of their own kills, a folder for each.</summary>
    public const string Receipts = "/run/berth/receipts";

    /// <summary>Runs beside everything else: it must be able to look when nothing else gets on.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="kills">Whether somebody has <c>on-stall: kill-leaf</c>: only then may it end a process.</param>
    /// <param name="logins">Whether people's login watches report: each in a folder of that person's.</param>
    /// <param name="gateway">Whether there is a gateway, whose account may read the numbers.</param>
    public static string Unit(string program, bool kills, bool logins, bool gateway) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Explains every kill on this workstation")
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "notify")
            // The loop that looks shows that it turns.
            .Set("WatchdogSec", 60)
            .Set("ExecStart", $"{UnitText.Word(program)} record --applied")
            .Set("Restart", "always")
            .Set("RestartSec", "100ms")
            // Below a slice MemoryMin= counts for no more than the slice itself is promised, and system.slice is
            // promised nothing.
            .Set("Slice", "-.slice")
            .Set("Nice", -10)
            .Set("OOMScoreAdjust", -900)
            .Set("MemoryMin", "64M")
            .Set("MemoryMax", "192M")
            .Set("MemorySwapMax", 0)
            .Set("TasksMax", 64)
            .Environment("DOTNET_GCHeapHardLimit", "0x4000000") // 64 MiB
            .Set("StateDirectory", "berth/recorder")
            .Set("StateDirectoryMode", "0700")
            .Set("RuntimeDirectory", "berth/receipts berth/metrics")
            .Set("RuntimeDirectoryMode", "0755")
            .Set("RuntimeDirectoryPreserve", "yes")
            // The kernel's word of forks, runs and exits; its log; what somebody else's process runs.
            .Set(
                "CapabilityBoundingSet",
                "CAP_NET_ADMIN CAP_SYSLOG CAP_SYS_PTRACE"
                    + (kills ? " CAP_KILL" : "")
                    + (logins ? " CAP_DAC_READ_SEARCH" : "")
            )
            // A line on a terminal whose owner lets others write to it, as wall(1) does.
            // And the group that may read its numbers: a file is given to a group by a member of it.
            .Set("SupplementaryGroups", gateway ? $"tty {GatewayUnits.Account}" : "tty")
            .Set("DevicePolicy", "closed")
            .Set("DeviceAllow", "/dev/kmsg r")
            .Set("RestrictAddressFamilies", "AF_UNIX AF_NETLINK")
            .Set("IPAddressDeny", "any")
            .Set("ProtectSystem", "strict")
            // How full the disks below people's homes are.
            .Set("ProtectHome", "read-only")
            .Set("PrivateTmp", "yes")
            .Set("ProtectKernelTunables", "yes")
            .Set("ProtectKernelModules", "yes")
            .Set("ProtectClock", "yes")
            .Set("ProtectHostname", "yes")
            .Set("NoNewPrivileges", "yes")
            .Set("RestrictNamespaces", "yes")
            .Set("RestrictRealtime", "yes")
            .Set("RestrictSUIDSGID", "yes")
            .Set("LockPersonality", "yes")
            .Set("MemoryDenyWriteExecute", "yes")
            .Set("SystemCallArchitectures", "native")
            .Set("SystemCallFilter", "@system-service")
            .Set("LimitNOFILE", 65536)
            .Set("LimitCORE", 0)
            .Set("UMask", "0077")
            .ToString();
}
