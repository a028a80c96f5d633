using Berth.Containment;
using Berth.Credentials;
using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>When a step runs: the order of a plan.</summary>
public enum Phase
{
    /// <summary>Take away what should no longer run.</summary>
    Stop,

    /// <summary>Accounts, groups, homes.</summary>
    Accounts,

    /// <summary>Write and remove files.</summary>
    Files,

    /// <summary>Make systemd and running surfaces take the new values.</summary>
    Activate,

    /// <summary>Start servers.</summary>
    Start,
}

/// <summary>One thing that apply does. A value: it prints itself and says whether it interrupts anybody.</summary>
/// <param name="Phase">When it runs.</param>
/// <param name="User">Whose it is; null for the host's. After a failure the rest of that user's steps are left out.</param>
public abstract record Step(Phase Phase, string? User)
{
    /// <summary>What it does, for a person.</summary>
    public abstract string Says { get; }

    /// <summary>Whom it interrupts and how; null for nobody.</summary>
    public virtual string? Interrupts => null;

    /// <summary>Kebab-case name for JSON.</summary>
    public abstract string Kind { get; }
}

public sealed record StopServer(string Name, string Unit) : Step(Phase.Stop, Name)
{
    public override string Kind => "stop-server";
    public override string Says => $"stop {Unit}";
    public override string Interrupts => $"{Name}'s server";
}

/// <summary>Stops the units of Berth's own that are no person's server.</summary>
public sealed record StopOwnUnits(IReadOnlyList<string> Units) : Step(Phase.Stop, (string?)null)
{
    public override string Kind => "stop-units";
    public override string Says => $"stop {string.Join(", ", Units)}";
}

/// <summary>Starts, or starts anew, units of Berth's own that interrupt nobody.</summary>
public sealed record StartOwnUnits(IReadOnlyList<string> Units) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "start-units";
    public override string Says => $"start {string.Join(", ", Units)}";
}

/// <summary>Takes back every delivered token; the store keeps them.</summary>
public sealed record WithdrawTokens() : Step(Phase.Stop, (string?)null)
{
    public override string Kind => "withdraw-tokens";
    public override string Says => $"remove {TokenFile.Folder}";
}

/// <summary>Takes back the delivered token of somebody who is served no more; the store keeps it.</summary>
public sealed record WithdrawToken(string Name) : Step(Phase.Stop, Name)
{
    public override string Kind => "withdraw-token";
    public override string Says => $"take back {Name}'s token";
}

/// <summary>Ends the sessions of a removed person; their files stay.</summary>
public sealed record EndSessions(string Name, int Uid) : Step(Phase.Stop, Name)
{
    public override string Kind => "end-sessions";
    public override string Says => $"end {Name}'s sessions";
    public override string Interrupts => $"{Name}'s sessions";
}

public sealed record CreateAccount(string Name, int Uid, string Home) : Step(Phase.Accounts, Name)
{
    public override string Kind => "create-account";
    public override string Says => $"create account {Name} (uid {Uid}, home {Home})";
}

/// <summary>Locks or unlocks an account by its expiry date: it closes keys and passwords alike and is undone without
/// touching either.</summary>
public sealed record SetLock(string Name, bool Locked) : Step(Phase.Accounts, Name)
{
    public override string Kind => Locked ? "lock-account" : "unlock-account";
    public override string Says => Locked ? $"lock account {Name}" : $"unlock account {Name}";
}

public sealed record AddToGroup(string Name, string Group) : Step(Phase.Accounts, Name)
{
    public override string Kind => "add-to-group";
    public override string Says => $"add {Name} to group {Group}";
}

public sealed record CreateHome(string Name, string Home, int Uid) : Step(Phase.Accounts, Name)
{
    public override string Kind => "create-home";
    public override string Says => $"create home {Home}";
}

/// <summary>Makes a home readable by its owner alone.</summary>
public sealed record CloseHome(string Name, string Home, int Uid, int Mode) : Step(Phase.Accounts, Name)
{
    public override string Kind => "close-home";
    public override string Says => $"close {Home} to others (mode {Convert.ToString(Mode, 8)} → 700)";
}

/// <param name="Change">Why it is written.</param>
public sealed record WriteFile(DesiredFile File, FileChange Change) : Step(Phase.Files, File.User)
{
    public override string Kind => "write-file";
    public override string Says => $"{File.Path}  ({File.Purpose})";
}

public enum FileChange
{
    /// <summary>Nothing is there.</summary>
    Create,

    /// <summary>What is there was written by Berth, with another content or mode.</summary>
    Update,

    /// <summary>What is there is somebody else's; it is kept aside first. Only where asked for.</summary>
    Replace,
}

/// <summary>Takes away a file that Berth wrote and the roster no longer asks for.</summary>
/// <param name="Restore">Put back the file that stood there before.</param>
public sealed record RemoveFile(string Path, FileKind Of, bool Restore, string? Owner) : Step(Phase.Files, Owner)
{
    public override string Kind => "remove-file";
    public override string Says => Restore ? $"{Path}  (put back what was there before)" : Path;
}

/// <summary>Takes our key out of docker's configuration; the rest stays as it is.</summary>
/// <param name="Content">What is left; empty when the file held nothing else and goes too.</param>
public sealed record UnmergeDocker(string Content) : Step(Phase.Files, (string?)null)
{
    public override string Kind => "unmerge-docker";
    public override string Says => $"{Containers.DaemonPath}  (without our cgroup-parent)";
}

/// <summary>Has systemd read its files anew.</summary>
/// <param name="BindRules">And put its rules of who may listen where onto what runs: a reload takes those away from open
/// sessions and running servers, until the next unit starts beside them (seen on 257).</param>
public sealed record ReloadSystemd(bool BindRules = false) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "reload-systemd";
    public override string Says =>
        BindRules
            ? "systemctl daemon-reload, and put its rules of who may listen where onto what runs"
            : "systemctl daemon-reload";
}

public sealed record ReloadManager(string Name, int Uid) : Step(Phase.Activate, Name)
{
    public override string Kind => "reload-user-manager";
    public override string Says => $"reload {Name}'s user manager";
}

/// <summary>Puts the wanted cap into cgroups that already run. A reload changes what systemd knows of a running
/// service or an open pane, but not the kernel's value; <c>set-property</c> would change it and leave a drop-in that
/// shadows the roster from then on (docs/adr/0003).</summary>
/// <param name="Surface">What it caps, for a person.</param>
/// <param name="Cgroups">Below the cgroup tree.</param>
public sealed record SetCap(string? Name, string Surface, IReadOnlyList<string> Cgroups, long Cap)
    : Step(Phase.Activate, Name)
{
    public override string Kind => "set-cap";
    public override string Says =>
        Cap == HostFacts.Unlimited ? $"lift the cap of {Surface}, live" : $"cap {Surface} at {Size.Show(Cap)}, live";
}

/// <summary>Makes a system account that Berth declares in sysusers.d(5).</summary>
public sealed record MakeSystemAccount(string Account) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "make-system-account";
    public override string Says => $"create system account {Account}";
}

/// <summary>Replaces the table of who may connect to whose server, in one transaction.</summary>
/// <param name="Ports">How many ports it fences.</param>
public sealed record LoadFirewall(int Ports) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "load-firewall";
    public override string Says => $"load table inet {Firewall.Table} ({Ports} port{(Ports == 1 ? "" : "s")})";
}

public sealed record DeleteFirewall() : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "delete-firewall";
    public override string Says => $"delete table inet {Firewall.Table}";
}

/// <summary>Starts anew what stands behind a socket of Berth's own. Nobody's server or agent notices.</summary>
/// <param name="Service">What is restarted.</param>
/// <param name="Sockets">Sockets that are opened anew, because they changed; with none the open ones take what comes
/// meanwhile.</param>
public sealed record RestartFront(string Service, IReadOnlyList<string> Sockets) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "restart-front";
    public override string Says =>
        (Service, Sockets.Count) switch
        {
            (GatewayUnits.Service, 0) =>
                $"restart {Service} (its socket stays open; open pages connect again by themselves)",
            (_, 0) => $"restart {Service} (its socket stays open)",
            (GatewayUnits.Service, _) =>
                $"open {string.Join(", ", Sockets)} and start {Service} (open pages connect again by themselves)",
            _ => $"open {string.Join(", ", Sockets)} and start {Service}",
        };
}

/// <summary>Takes away what the gateway kept: who is signed in.</summary>
/// <param name="Account">Its account goes as well, because Berth made it.</param>
public sealed record RemoveGatewayState(bool Account) : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "remove-gateway-state";
    public override string Says =>
        Account ? $"remove {GatewayUnits.State} and account {GatewayUnits.Account}" : $"remove {GatewayUnits.State}";
}

/// <summary>Takes away what was recorded, and what people were told of it.</summary>
public sealed record RemoveRecords() : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "remove-records";
    public override string Says => $"remove {RecorderUnits.State} (samples and incidents)";
}

public sealed record RestartBackstop() : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "restart-backstop";
    public override string Says => $"restart {Backstop.Service} with its new arguments";
}

public sealed record RestartPreload() : Step(Phase.Activate, (string?)null)
{
    public override string Kind => "restart-preload";
    public override string Says => "read the servers' programs into memory";
}

public sealed record StartServer(string Name, string Unit, string LaunchHash, int Port) : Step(Phase.Start, Name)
{
    public override string Kind => "start-server";
    public override string Says => $"start {Unit} on port {Port}";
}

/// <summary>A running server was started with other settings. Done only where asked for, because it interrupts.</summary>
public sealed record RestartServer(string Name, string Unit, string LaunchHash, int Port) : Step(Phase.Start, Name)
{
    public override string Kind => "restart-server";
    public override string Says => $"restart {Unit} for its new settings";
    public override string Interrupts => $"{Name}'s server";
}
