using Berth.Credentials;
using Berth.Rosters;

namespace Berth.Units;

/// <summary>The units that keep people signed in. They exist only where the roster names a store.</summary>
public static class CredentialUnits
{
    public const string Sync = "berth-tokens.service";
    public const string Timer = "berth-tokens.timer";
    public const string LoginTemplate = "berth-login@.service";

    /// <summary>Speaks to Vault; where the store is Vault.</summary>
    public const string VaultSync = "berth-sync.service";

    /// <summary>Starts the delivery when <see cref="VaultSync"/> has learnt something.</summary>
    public const string Heard = "berth-tokens.path";

    /// <summary>People's sealed store tokens, a folder of root's; the service manager hands it to
    /// <see cref="VaultSync"/> as the credential <see cref="StoreCredential"/>.</summary>
    public const string StoreTokens = "/var/lib/berth/vault";
    public const string StoreCredential = "vault";

    /// <summary>Where <see cref="VaultSync"/> writes, as root sees it: systemd makes it for a user that exists only while
    /// the service runs.</summary>
    public const string VaultRuntime = "/run/private/berth-sync";

    /// <summary>Tells <see cref="VaultSync"/> the path of one person's entry; Vault's own variables tell the rest.
    /// </summary>
    public const string StorePathVariable = "BERTH_STORE_PATH";

    /// <summary>Below it each person's login watch has a folder of its own.</summary>
    public const string LoginState = "/var/lib/berth-login";

    public static string Path(string unit) => $"{ServerUnits.SystemFolder}/{unit}";

    public static string Login(string user) => $"berth-login@{user}.service";

    public static string LoginWantsPath(string user) =>
        $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Login(user)}";

    public const string SyncWantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{Sync}";
    public const string VaultSyncWantsPath = $"{ServerUnits.SystemFolder}/multi-user.target.wants/{VaultSync}";
    public const string HeardWantsPath = $"{ServerUnits.SystemFolder}/paths.target.wants/{Heard}";
    public const string TimerWantsPath = $"{ServerUnits.SystemFolder}/timers.target.wants/{Timer}";

    /// <summary>Delivers tokens: at boot, before each start of a server, and once a day for the forecast. It reaches no
    /// network and no home.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="vault">Whether berth-sync asks Vault: its word is taken before anything can fail, or systemd would start
    /// this again at once and for ever.</param>
    public static string SyncUnit(string program, bool vault) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Deliver people's tokens to their own servers and sessions")
            // As often as there is something to deliver.
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "oneshot")
            .SetIf(vault, "ExecStartPre", $"-/bin/rm -rf {VaultRuntime}/changed")
            .Set("ExecStart", $"{UnitText.Word(program)} token sync")
            .Set("Restart", "on-failure")
            .Set("RestartSec", 60)
            // A token is whole or not there; a server starts without it rather than not at all.
            .Set("SuccessExitStatus", "1")
            .Set("RuntimeDirectory", "berth")
            .Set("RuntimeDirectoryPreserve", "yes")
            .Set("StateDirectory", "berth")
            .Set("ReadWritePaths", $"-{VaultRuntime}")
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

    /// <summary>Asks Vault about everybody: as a user that exists only while it runs, with nobody's rights and one folder
    /// of its own. People's store tokens are handed to it by the service manager, from a folder of root's.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="store">The roster's store, of kind vault.</param>
    public static string VaultSyncUnit(string program, StoreSettings store) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Ask Vault about people's tokens")
            .Set("After", "network-online.target")
            .Set("Wants", "network-online.target")
            .Set("StartLimitIntervalSec", 0)
            // Nobody is connected yet: 'berth store setup' connects, and starts it.
            .Set("ConditionDirectoryNotEmpty", StoreTokens)
            .Section("Service")
            .Set("ExecStart", $"{UnitText.Word(program)} sync --daemon")
            .Set("Restart", "on-failure")
            .Set("RestartSec", 5)
            .Set("DynamicUser", "yes")
            .Set("User", "berth-sync")
            .Set("LoadCredentialEncrypted", $"{StoreCredential}:{StoreTokens}")
            .Set("RuntimeDirectory", "berth-sync")
            .Set("RuntimeDirectoryMode", "0700")
            // Answers hold tokens: they go when nobody is asked any more.
            .Set("RuntimeDirectoryPreserve", "restart")
            // Without a home .NET trusts no certificate authority of one's own (seen: every handshake fails).
            .Environment("HOME", "/run/berth-sync")
            .Environment("VAULT_ADDR", store.Address!)
            .Environment(StorePathVariable, store.Path!)
            .EnvironmentIf("VAULT_NAMESPACE", store.Namespace)
            .EnvironmentIf("VAULT_CACERT", store.CaFile)
            .Set("MemoryMax", "256M")
            .Set("MemorySwapMax", 0)
            .Set("TasksMax", 64)
            .Set("ProtectHome", "yes")
            .Set("ProtectProc", "invisible")
            .Set("PrivateDevices", "yes")
            .Set("ProtectKernelTunables", "yes")
            .Set("ProtectKernelModules", "yes")
            .Set("ProtectKernelLogs", "yes")
            .Set("ProtectControlGroups", "yes")
            .Set("ProtectClock", "yes")
            .Set("ProtectHostname", "yes")
            .Set("CapabilityBoundingSet", "")
            .Set("NoNewPrivileges", "yes")
            .Set("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX")
            .Set("RestrictNamespaces", "yes")
            .Set("LockPersonality", "yes")
            .Set("MemoryDenyWriteExecute", "yes")
            .Set("SystemCallArchitectures", "native")
            .Set("SystemCallFilter", "@system-service")
            .Set("LimitCORE", 0)
            .Set("UMask", "0077")
            .ToString();

    /// <summary>Level-triggered: the file is there until the delivery has taken it away, so that no word is lost.</summary>
    public static string HeardUnit() =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Vault has something new to deliver")
            .Section("Path")
            .Set("PathExists", $"{VaultRuntime}/changed")
            .Set("Unit", Sync)
            .ToString();

    /// <summary>Each person's login watch runs as that person, and can reach nothing that is not theirs.</summary>
    /// <param name="program">Where berth is on this host.</param>
    public static string LoginUnit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Keep %i's agent logins whole")
            // Their token is there when they are told about it.
            .Set("After", Sync)
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

    public static string LoginDropInPath(string user) => $"{Path(Login(user))}.d/50-berth.conf";

    /// <summary>Where the person's own watch keeps a copy of their token.</summary>
    public static string LoginDropIn(string tokenFile) =>
        new UnitText().Section("Service").Environment(TokenFile.CopyVariable, tokenFile).ToString();

    /// <summary>The line of a server's template that gives it its owner's token. The folder is root's: the service
    /// manager never reads a path that a person can rearrange.</summary>
    public static string EnvironmentFile => $"-{TokenFile.UnitPath("%i")}";
}
