using Berth.Planning;

namespace Berth.Doctoring;

/// <summary>Hosts as values: a good one, on which the doctor is silent, and what makes it bad.</summary>
internal static class Scenes
{
    public const long Gib = 1L << 30;
    public const long None = HostFacts.Unlimited;
    public const string Alice = "berth.slice/berth-servers.slice/t3-serve@alice.service";
    public const string Bob = "berth.slice/berth-servers.slice/t3-serve@bob.service";
    public const string Sessions = "user.slice/user-1000.slice";
    public const string Pane = Sessions + "/user@1000.service/tmux-spawn-1.scope";

    /// <summary>alice has a server with an agent, and a tmux pane; bob has a server. 32 GiB, everything as it should be.</summary>
    public static HostSnapshot Good { get; } =
        new()
        {
            System = "Debian GNU/Linux 13 (trixie)",
            Kernel = "6.12.48",
            Systemd = 257,
            Root = true,
            Memory = new MemorySeen(32 * Gib, 20 * Gib, 0, 0, CompressedSwap: false),
            Hierarchy = "v2",
            Controllers = ["cpu", "memory", "pids"],
            Pressure = true,
            Cgroups =
            [
                Free("berth.slice"),
                Free("berth.slice/berth-servers.slice"),
                Capped(Alice, 8 * Gib),
                Free(Alice + "/server"),
                Capped(Alice + "/agents", 7 * Gib),
                Capped(Bob, 8 * Gib),
                Free("user.slice"),
                Capped(Sessions, 4 * Gib),
                Free(Sessions + "/user@1000.service"),
                Capped(Pane, 2 * Gib),
                Free("system.slice"),
                Free("system.slice/ssh.service"),
            ],
            Units =
            [
                Server("alice", Alice, 100),
                Server("bob", Bob, 200),
                new UnitSeen("berth-watchdog.service") { Active = true },
            ],
            Processes =
            [
                new ProcessSeen(100, 1, 1000, "node", Alice + "/server", Gib / 2, 0) { Server = "t3" },
                new ProcessSeen(101, 100, 1000, "claude", Alice + "/agents", Gib / 2, 0) { Agent = "claude" },
                new ProcessSeen(102, 101, 1000, "rg", Alice + "/agents", Gib, 0),
                new ProcessSeen(110, 1, 1000, "bash", Pane, 8 << 20, 200),
                new ProcessSeen(200, 1, 1001, "node", Bob, Gib / 2, 0) { Server = "t3" },
                new ProcessSeen(50, 1, 0, "sshd", "system.slice/ssh.service", 8 << 20, -1000),
            ],
            Accounts =
            [
                new AccountSeen("alice", 1000, "/home/alice", 0x1C0, 1000, []),
                new AccountSeen("bob", 1001, "/home/bob", 0x1C0, 1001, []),
            ],
            Listeners = [new ListenerSeen(Reach.Loopback, 3773, 1000, 100)],
            Fences = [new PortSpan(3773, 3774)],
            Earlyoom = new EarlyoomSeen(100, Sorts: true, CanSort: true, null, null, AsConfigured: true),
            Settings = new SettingsSeen
            {
                PanicOnOom = 0,
                KillAllocating = 0,
                KeepMilliseconds = 0,
                VolatileJournal = false,
            },
            Tmpfs = [new TmpfsSeen("/tmp", 16 * Gib)],
            ScopePolicy = "continue",
            Roster = new RosterSeen(
                4 * Gib,
                Overcommit: false,
                ["alice", "bob"],
                ["alice", "bob"],
                ["t3-serve@alice.service", "t3-serve@bob.service"]
            ),
        };

    public static CgroupSeen Free(string path) =>
        new(path)
        {
            High = None,
            Max = None,
            SwapMax = None,
            PidsMax = None,
        };

    public static CgroupSeen Capped(string path, long cap) =>
        new(path)
        {
            High = None,
            Max = cap,
            SwapMax = 0,
            PidsMax = 4096,
        };

    public static UnitSeen Server(string user, string cgroup, int pid) =>
        new($"t3-serve@{user}.service")
        {
            Active = true,
            User = user,
            Cgroup = cgroup,
            MainPid = pid,
            Server = "t3",
            OomPolicy = "continue",
            FilePolicy = "continue",
            PrivateTmp = true,
        };

    public static HostSnapshot With(this HostSnapshot host, string path, Func<CgroupSeen, CgroupSeen> change) =>
        host with
        {
            Cgroups = [.. host.Cgroups.Select(cgroup => cgroup.Path == path ? change(cgroup) : cgroup)],
        };

    public static HostSnapshot With(this HostSnapshot host, int pid, Func<ProcessSeen, ProcessSeen> change) =>
        host with
        {
            Processes = [.. host.Processes.Select(process => process.Pid == pid ? change(process) : process)],
        };

    public static HostSnapshot WithServers(this HostSnapshot host, Func<UnitSeen, UnitSeen> change) =>
        host with
        {
            Units = [.. host.Units.Select(unit => unit.Server is not null ? change(unit) : unit)],
        };

    public static HostSnapshot WithSwap(this HostSnapshot host) =>
        host with
        {
            Memory = host.Memory! with { Swap = 8 * Gib },
        };

    public static HostSnapshot Plus(this HostSnapshot host, params ReadOnlySpan<ProcessSeen> more) =>
        host with
        {
            Processes = [.. host.Processes, .. more],
        };
}
