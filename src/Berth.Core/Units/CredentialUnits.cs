using Berth.Credentials;

namespace Berth.Units;

/// <summary>The units that keep people signed in. They exist only where the roster names a store.</summary>
public static class CredentialUnits
{
    public const string Sync = "berth-tokens.service";
    public const string Timer = "berth-tokens.timer";
    public const string LoginTemplate = "berth-login@.service";

    /// <summary>Below it each person's login watch has a folder of its own.</summary>
    public const string LoginState = "/var/lib/berth-login";

    public static string Path(string unit) => $"{ServerUnits.SystemFolder}/{unit}";

    public static string Login(string user) => $"berth-login@{user}.service";

    public static string LoginWantsPath(string user) =>
        $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Login(user)}";

    public const string SyncWantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Sync}";
    public const string TimerWantsPath = $"{ServerUnits.SystemFolder}/timers.target.wants/{Timer}";

    /// <summary>Delivers tokens: at boot, before each start of a server, and once a day for the forecast. It reaches no
    /// network and no home.</summary>
    /// <param name="program">Where berth is on this host.</param>
    public static string SyncUnit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Deliver people's tokens to their own servers and sessions")
            .Section("Service")
            .Set("Type", "oneshot")
            .Set("ExecStart", $"{UnitText.Word(program)} token sync")
            // A token is whole or not there; a server starts without it rather than not at all.
            .Set("SuccessExitStatus", "1")
            .Set("RuntimeDirectory", "berth")
            .Set("RuntimeDirectoryPreserve", "yes")
            .Set("StateDirectory", "berth")
            .Set("ProtectSystem", "strict")
            .Set("ProtectHome", "yes")
            .Set("PrivateNetwork", "yes")
            .Set("PrivateTmp", "yes")
            .Set("NoNewPrivileges", "yes")
            .Set("CapabilityBoundingSet", "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER")
            .Set("RestrictAddressFamilies", "AF_UNIX")
            .Set("LimitCORE", 0)
            .Set("UMask", "0077")
            .ToString();

    public static string TimerUnit() =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Look at people's tokens once a day")
            .Section("Timer")
            .Set("OnCalendar", "daily")
            .Set("Persistent", "yes")
            .Set("RandomizedDelaySec", "1h")
            .ToString();

    /// <summary>Each person's login watch runs as that person, and can reach nothing that is not theirs.</summary>
    /// <param name="program">Where berth is on this host.</param>
    public static string LoginUnit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Keep %i's agent logins whole")
            .Section("Service")
            .Set("User", "%i")
            .Set("ExecStart", $"{UnitText.Word(program)} login watch")
            .Set("WorkingDirectory", "~")
            .Set("Restart", "on-failure")
            .Set("RestartSec", 10)
            .Set("StateDirectory", "berth-login/%i")
            .Set("StateDirectoryMode", "0700")
            .Set("MemoryMax", "1G")
            .Set("MemorySwapMax", 0)
            .Set("OOMPolicy", "continue")
            .Set("TasksMax", 256)
            .Set("ProtectSystem", "full")
            .Set("ProtectProc", "invisible")
            .Set("PrivateTmp", "yes")
            .Set("NoNewPrivileges", "yes")
            .Set("LimitCORE", 0)
            .Set("UMask", "0077")
            .ToString();

    /// <summary>The line of a server's template that gives it its owner's token. The folder is root's: the service
    /// manager never reads a path that a person can rearrange.</summary>
    public static string EnvironmentFile => $"-{TokenFile.UnitPath("%i")}";
}
