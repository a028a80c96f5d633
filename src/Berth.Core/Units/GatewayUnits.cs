using Berth.Rosters;

namespace Berth.Units;

/// <summary>The units of the way in: the gateway, its sockets, its certificate, and the daemon that does for it what only
/// root may. They exist only where the roster has <c>gateway:</c>.</summary>
public static class GatewayUnits
{
    /// <summary>The account the gateway runs as.</summary>
    public const string Account = "berth-gateway";

    public const string Service = "berth-gateway.service";

    /// <summary>Where people come in. The service manager holds it open while the gateway restarts.</summary>
    public const string People = "berth-gateway.socket";

    /// <summary>Where root speaks to the gateway (<c>berth link</c>).</summary>
    public const string Control = "berth-gateway-control.socket";

    /// <summary>Takes a changed certificate up.</summary>
    public const string Tls = "berth-gateway-tls.service";

    /// <summary>Starts <see cref="Tls"/> when the certificate's files change.</summary>
    public const string TlsWatch = "berth-gateway-tls.path";

    public const string Daemon = "berth.service";
    public const string DaemonSocket = "berth.socket";

    /// <summary>Declares <see cref="Account"/>, for systemd-sysusers(8).</summary>
    public const string SysusersName = "berth.conf";

    public const string SysusersPath = $"/etc/sysusers.d/{SysusersName}";

    /// <summary>Names of the credentials that the service manager hands to the gateway.</summary>
    public const string CertificateCredential = "tls-certificate";

    /// <inheritdoc cref="CertificateCredential"/>
    public const string KeyCredential = "tls-key";

    /// <inheritdoc cref="CertificateCredential"/>
    public const string SecretCredential = "secret";

    /// <inheritdoc cref="CertificateCredential"/>
    public const string MetricsCredential = "metrics-token";

    /// <summary>Names of the sockets as they are handed over (<c>LISTEN_FDNAMES</c>).</summary>
    public const string PeopleName = "people";

    /// <inheritdoc cref="PeopleName"/>
    public const string ControlName = "control";

    public const string ControlPath = "/run/berth-gateway-control.sock";
    public const string DaemonPath = "/run/berth/control.sock";
    public const string State = "/var/lib/berth-gateway";

    public static string Path(string unit) => $"{ServerUnits.SystemFolder}/{unit}";

    /// <summary>The link that starts a unit at boot.</summary>
    public static string WantsPath(string unit) =>
        unit.EndsWith(".socket", StringComparison.Ordinal) ? $"{ServerUnits.SystemFolder}/sockets.target.wants/{unit}"
        : unit.EndsWith(".path", StringComparison.Ordinal) ? $"{ServerUnits.SystemFolder}/paths.target.wants/{unit}"
        : $"{ServerUnits.SystemFolder}/multi-user.target.wants/{unit}";

    public static string Sysusers() => $"{UnitText.Header}u {Account} - \"Leads people to their own server\" - -\n";

    /// <summary>The socket is the service manager's: a privileged port needs no privilege of the gateway's, and a
    /// restart refuses nobody. Who may open a unix socket is decided by the group.</summary>
    public static string PeopleUnit(GatewaySettings gateway)
    {
        var unix = gateway.Listen.StartsWith("unix:", StringComparison.Ordinal);
        var unit = new UnitText()
            .Section("Unit")
            .Set("Description", "Where people come in")
            .Section("Socket")
            .Set("ListenStream", unix ? gateway.Listen["unix:".Length..] : gateway.Listen)
            .Set("FileDescriptorName", PeopleName)
            .Set("Service", Service);
        return (
            unix
                ? unit.Set("SocketMode", "0660").Set("SocketGroup", Account).Set("RemoveOnStop", "yes")
                // An address that the network has not given to this host yet.
                : unit.Set("FreeBind", "yes").Set("Backlog", 4096)
        ).ToString();
    }

    public static string ControlUnit() =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Where root speaks to Berth's gateway")
            .Section("Socket")
            .Set("ListenStream", ControlPath)
            .Set("FileDescriptorName", ControlName)
            .Set("Service", Service)
            .Set("SocketMode", "0600")
            .Set("RemoveOnStop", "yes")
            .ToString();

    /// <summary>Runs as an account that owns nothing. Certificate, key and secret are root's files and are handed to it;
    /// routes are a file that its group may read. What else of the roster it goes by is part of this unit, so that a
    /// change restarts it.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="gateway">The roster's gateway.</param>
    /// <param name="settings">Tells one set of settings from another.</param>
    /// <param name="systemd">The host's systemd version.</param>
    public static string ServiceUnit(string program, GatewaySettings gateway, string settings, int systemd) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Leads people to their own agent server")
            .Set("X-Berth-Settings", settings)
            .Set("Requires", $"{People} {Control}")
            .Set("Wants", $"{FirewallUnit.Service} {DaemonSocket}")
            .Set("After", $"{People} {Control} {FirewallUnit.Service} {DaemonSocket} network.target")
            // However often it fails: without it nobody comes in.
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "exec")
            .Set("ExecStart", $"{UnitText.Word(program)} gateway")
            .Set("Sockets", $"{People} {Control}")
            .Set("Restart", "always")
            .Set("RestartSec", 1)
            .Set("User", Account)
            .Set("Group", Account)
            .Set("StateDirectory", "berth-gateway")
            .Set("StateDirectoryMode", "0700")
            // Without a home .NET trusts no certificate authority of one's own.
            .Environment("HOME", State)
            .EnvironmentIf("OTEL_EXPORTER_OTLP_ENDPOINT", gateway.Metrics?.Otlp)
            .EnvironmentIf("OTEL_EXPORTER_OTLP_PROTOCOL", gateway.Metrics?.Otlp is null ? null : "http/protobuf")
            .SetIf(
                gateway.Certificate is not null,
                "LoadCredential",
                Credential(CertificateCredential, gateway.Certificate)
            )
            .SetIf(gateway.Key is not null, "LoadCredential", Credential(KeyCredential, gateway.Key))
            .SetIf(
                gateway.Identity.SecretFile is not null,
                "LoadCredential",
                Credential(SecretCredential, gateway.Identity.SecretFile)
            )
            .SetIf(
                gateway.Metrics?.TokenFile is not null,
                "LoadCredential",
                Credential(MetricsCredential, gateway.Metrics?.TokenFile)
            )
            .Set("MemoryMax", "1G")
            .Set("MemorySwapMax", 0)
            .Set("OOMScoreAdjust", -500)
            .Set("CPUWeight", 500)
            .Set("TasksMax", 512)
            // Two for each WebSocket.
            .Set("LimitNOFILE", 262144)
            // Its sockets are handed to it, and whose process holds a port is the kernel's to say (AF_NETLINK).
            .SetIf(systemd >= 249, "SocketBindDeny", "any")
            .Set("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK")
            .Set("CapabilityBoundingSet", "")
            .Set("ProtectSystem", "strict")
            .Set("ProtectProc", "invisible")
            .Set("RemoveIPC", "yes")
            .Set("MemoryDenyWriteExecute", "yes")
            .Sandboxed()
            .ToString();

    /// <summary>Does for the gateway what only root may: reads a generated secret, runs a preset's command as its person.
    /// It asks the service manager for the latter, has no capability and no network.</summary>
    /// <param name="program">Where berth is on this host.</param>
    public static string DaemonUnit(string program) =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Does for Berth's gateway what only root may")
            .Set("Requires", DaemonSocket)
            .Set("After", DaemonSocket)
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "notify")
            // The loop that takes requests shows that it turns.
            .Set("WatchdogSec", 120)
            .Set("ExecStart", $"{UnitText.Word(program)} daemon")
            .Set("Sockets", DaemonSocket)
            .Set("Restart", "always")
            .Set("RestartSec", 1)
            .Set("RuntimeDirectory", "berth")
            .Set("RuntimeDirectoryPreserve", "yes")
            // What the gateway tells of becomes an incident.
            .Set("StateDirectory", "berth")
            .Set("MemoryMax", "256M")
            .Set("MemorySwapMax", 0)
            .Set("OOMScoreAdjust", -900)
            .Set("TasksMax", 128)
            .Set("CapabilityBoundingSet", "")
            .Set("PrivateNetwork", "yes")
            .Set("IPAddressDeny", "any")
            .Set("RestrictAddressFamilies", "AF_UNIX")
            .Set("ProtectSystem", "strict")
            .Set("MemoryDenyWriteExecute", "yes")
            .Sandboxed()
            .ToString();

    /// <summary>Everybody may ask; who they are is the kernel's to say (SO_PEERCRED), and the daemon decides.</summary>
    public static string DaemonSocketUnit() =>
        new UnitText()
            .Section("Unit")
            .Set("Description", "Where Berth's daemon is asked")
            .Section("Socket")
            .Set("ListenStream", DaemonPath)
            .Set("FileDescriptorName", ControlName)
            .Set("Service", Daemon)
            .Set("SocketMode", "0666")
            .Set("DirectoryMode", "0755")
            .Set("RemoveOnStop", "yes")
            .ToString();

    /// <summary>Restarts the gateway when what it was handed is no longer what the files hold: connections wait in the
    /// socket meanwhile. Certificate and key are written one after the other, so it waits for the second; what is no
    /// pair even then is said and left alone, and the gateway goes on with what it has.</summary>
    /// <param name="program">Where berth is on this host.</param>
    /// <param name="gateway">The roster's gateway.</param>
    public static string TlsUnit(string program, GatewaySettings gateway)
    {
        var handed = $"/run/credentials/{Service}";
        var same =
            $"cmp -s {Shell(gateway.Certificate!)} {handed}/{CertificateCredential} && cmp -s {Shell(gateway.Key!)} {handed}/{KeyCredential}";
        return new UnitText()
            .Section("Unit")
            .Set("Description", "Take up a changed certificate of Berth's gateway")
            .Set("StartLimitIntervalSec", 0)
            .Section("Service")
            .Set("Type", "oneshot")
            .Set("ExecStartPre", "/bin/sleep 2")
            .Set(
                "ExecStart",
                $"/bin/sh -c {UnitText.Word($"{same} || {{ {Shell(program)} gateway --check-certificate && exec systemctl try-restart {Service}; }}")}"
            )
            // No mount namespace: in one of its own it would not see what another unit was handed.
            .Set("CapabilityBoundingSet", "CAP_DAC_READ_SEARCH")
            .Set("RestrictAddressFamilies", "AF_UNIX")
            .Set("NoNewPrivileges", "yes")
            .Set("SystemCallFilter", "@system-service")
            .ToString();
    }

    /// <summary>The folders are watched as well: a file that is a link changes without being written.</summary>
    public static string TlsWatchUnit(GatewaySettings gateway)
    {
        var unit = new UnitText()
            .Section("Unit")
            .Set("Description", "Notice a changed certificate of Berth's gateway")
            .Section("Path");
        string[] files = [gateway.Certificate!, gateway.Key!];
        foreach (var path in files.Concat(files.Select(Folder)).Distinct(StringComparer.Ordinal))
            unit.Set("PathChanged", UnitText.Specifiers(path));
        return unit.Set("Unit", Tls).ToString();
    }

    private static string Folder(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    private static string Shell(string path) => $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Credential(string name, string? path) =>
        UnitText.Quote($"{name}:{UnitText.Specifiers(path ?? "")}");
}
