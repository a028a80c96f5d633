using System.Text;

namespace Berth.Recording;

/// <summary>A box with alice and bob, as tests of deaths need it.</summary>
internal sealed class Scene
{
    public const string AliceUnit = "berth.slice/berth-servers.slice/t3-serve@alice.service";
    public const string AliceSessions = "user.slice/user-1000.slice";
    public static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<int, string> s_users = new() { [1000] = "alice", [1001] = "bob" };

    public Scene(int kept = 4096)
    {
        Table = new ProcessTable(kept);
        Map = new SurfaceMap(s_users, "berth.slice/berth-containers.slice");
        Joiner = new KillJoiner(Table, Map, cgroup => Caps.TryGetValue(cgroup, out var cap) ? cap : null);
    }

    public ProcessTable Table { get; }

    public SurfaceMap Map { get; }

    public KillJoiner Joiner { get; }

    public Dictionary<string, long> Caps { get; } =
        new(StringComparer.Ordinal)
        {
            [AliceUnit] = 6L << 30,
            [AliceUnit + "/agents"] = (6L << 30) - (384L << 20),
            [AliceSessions] = 4L << 30,
        };

    public TrackedProcess Server(string user, int uid, int pid, long at = 0)
    {
        var cgroup = $"berth.slice/berth-servers.slice/t3-serve@{user}.service/server";
        var server = Table.Found(pid, 1, at, Map.Of(cgroup)!, cgroup, at);
        ProcessTable.Read(server, ProgramFacts.Of(["t3", "serve", "--port", "3773"], "/usr/bin/t3", null), uid, pid);
        return server;
    }

    public TrackedProcess Run(int pid, int parent, long at, string[] words, string exe = "", string? folder = null)
    {
        var process = Table.Forked(pid, parent, at)!;
        // As the kernel has them, with whatever secrets they hold.
        var cmdline = Encoding.UTF8.GetBytes(string.Join('\0', words) + "\0");
        ProcessTable.Read(process, ProgramFacts.Of(Argv.Words(cmdline), exe, folder), -1, pid);
        return process;
    }

    public TrackedProcess Claude(int pid, int parent, long at, string session = "3f2a") =>
        Run(
            pid,
            parent,
            at,
            ["claude", "--output-format", "stream-json", "--session-id", session],
            "/home/alice/.local/share/claude/versions/2.1.205",
            "~/code/shop"
        );

    public void Kill(int pid, int uid, long at, long bytes = 6L << 30, string name = "2.1.205", string? chosen = null)
    {
        if (chosen is not null)
            Hear(
                $"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,{chosen},task={name},pid={pid},uid={uid}",
                at
            );
        Hear(
            $"Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:1kB, anon-rss:{bytes / 1024}kB, file-rss:0kB, shmem-rss:0kB, UID:{uid} pgtables:1kB oom_score_adj:0",
            at
        );
    }

    public void Hear(string text, long at)
    {
        var line = KernelLine.Parse(Encoding.UTF8.GetBytes(text));
        Joiner.Hear(line, at, Noon.AddMilliseconds(at));
    }
}
