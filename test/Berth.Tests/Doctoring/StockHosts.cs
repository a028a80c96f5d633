using static Berth.Doctoring.Scenes;

namespace Berth.Doctoring;

/// <summary>Stock hosts that could not be recorded here: put together from the documented defaults of the distributions, and
/// to be replaced by a recorded bundle when somebody sends one. Each has one person, who is logged in and runs what people
/// run; nobody runs an agent.</summary>
internal static class StockHosts
{
    public const string Session = "user.slice/user-1000.slice";

    /// <summary>Ubuntu Server 24.04: systemd 255, kernel 6.8, /swap.img, homes 0750, ssh by socket, no guard of memory; /tmp on
    /// disk, a journal on disk.</summary>
    public static HostSnapshot Ubuntu { get; } =
        Stock("Ubuntu 24.04 LTS", "6.8.0-45-generic", 255) with
        {
            Memory = new MemorySeen(8 * Gib, 6 * Gib, 4 * Gib, 0, CompressedSwap: false),
            Accounts = [new AccountSeen("ubuntu", 1000, "/home/ubuntu", 0x1E8, 1000, [])],
            Tmpfs = [new TmpfsSeen("/dev/shm", 4 * Gib), new TmpfsSeen("/run/user/1000", Gib)],
        };

    /// <summary>Fedora Workstation: zram swap, systemd-oomd with what the package systemd-oomd-defaults gives it
    /// (<c>-.slice</c> for swap, <c>user@.service</c> for pressure), /tmp in memory.</summary>
    public static HostSnapshot Fedora { get; } =
        Stock("Fedora Linux 41 (Workstation Edition)", "6.11.4-301.fc41.x86_64", 256) with
        {
            Memory = new MemorySeen(16 * Gib, 9 * Gib, 8 * Gib, Gib, CompressedSwap: true),
            Oomd = true,
            Units =
            [
                new UnitSeen("-.slice") { Active = true, OomdKills = true },
                new UnitSeen("user@1000.service")
                {
                    Active = true,
                    User = "1000",
                    Cgroup = Session + "/user@1000.service",
                    OomdKills = true,
                    OomPolicy = "continue",
                },
            ],
            Accounts = [new AccountSeen("liveuser", 1000, "/home/liveuser", 0x1C0, 1000, [])],
            Tmpfs =
            [
                new TmpfsSeen("/dev/shm", 8 * Gib),
                new TmpfsSeen("/tmp", 8 * Gib),
                new TmpfsSeen("/run/user/1000", 2 * Gib),
            ],
        };

    private static HostSnapshot Stock(string system, string kernel, int systemd) =>
        new()
        {
            Origin = "put together from documented defaults",
            System = system,
            Kernel = kernel,
            Systemd = systemd,
            Root = true,
            Hierarchy = "v2",
            Controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"],
            Pressure = true,
            Cgroups =
            [
                Free("user.slice"),
                Free(Session) with
                {
                    PidsMax = 9000,
                },
                Free(Session + "/session-2.scope"),
                Free(Session + "/user@1000.service"),
                Free(Session + "/user@1000.service/app.slice"),
                Free(Session + "/user@1000.service/app.slice/app-firefox-1.scope"),
                Free("system.slice"),
                Free("system.slice/ssh.service"),
            ],
            Processes =
            [
                new ProcessSeen(1, 0, 0, "systemd", "init.scope", 12 << 20, 0),
                new ProcessSeen(900, 1, 0, "sshd", "system.slice/ssh.service", 8 << 20, -1000),
                new ProcessSeen(1000, 900, 1000, "bash", Session + "/session-2.scope", 6 << 20, 0),
                new ProcessSeen(1001, 1000, 1000, "node", Session + "/session-2.scope", 200 << 20, 0),
                new ProcessSeen(
                    1002,
                    1,
                    1000,
                    "firefox",
                    Session + "/user@1000.service/app.slice/app-firefox-1.scope",
                    Gib,
                    200
                ),
            ],
            Listeners = [new ListenerSeen(Reach.Outside, 3000, 1000, 1001)],
            Fences = [],
            Settings = new SettingsSeen
            {
                PanicOnOom = 0,
                KillAllocating = 0,
                KeepMilliseconds = 0,
                VolatileJournal = false,
            },
            ScopePolicy = "stop",
        };
}
