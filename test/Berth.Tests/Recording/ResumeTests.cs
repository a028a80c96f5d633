using System.Text;
using Xunit;

namespace Berth.Recording;

/// <summary>What a recorder that was killed must not get wrong when it comes back.</summary>
public sealed class ResumeTests
{
    private readonly Scene _scene = new();

    /// <summary>Who was handed to the service manager when its parent ended looks to a new recorder like what the service
    /// manager has started.</summary>
    [Fact]
    public void A_double_forked_hog_that_is_met_late_does_not_pass_for_the_server()
    {
        var server = _scene.Server("alice", 1000, 100, at: 5);
        var hog = _scene.Table.Found(201, 1, 50, server.Surface, server.Cgroup, 60);
        ProcessTable.Read(hog, ProgramFacts.Of(["hog"], "", null), 1000, 9);
        Assert.True(_scene.Table.IsServer(server));
        Assert.False(_scene.Table.IsServer(hog));
        _scene.Kill(201, 1000, 100);
        _scene.Table.Exited(201, 101, ProcessTable.Kill);
        var death = Assert.Single(_scene.Joiner.Due(5000));
        Assert.False(death.IsServer);
        Assert.True(death.Survivors.Server);
    }

    [Fact]
    public void What_an_earlier_run_knew_keeps_its_parent_and_is_read_again()
    {
        var server = _scene.Server("alice", 1000, 100);
        var claude = _scene.Claude(200, 100, 0);
        var hog = claude.Found(201, 10, server.Surface, server.Cgroup);
        hog.Program = claude.Program;
        _scene.Table.Remember(hog);
        Assert.Same(hog, _scene.Table.Find(201));
        Assert.True(hog.Stale);
        ProcessTable.Read(hog, ProgramFacts.Of(["rg"], "", null), 1000, 9);
        Assert.False(hog.Stale);
        Assert.Same(claude, hog.Agent);
        // Not seen by the next sample: it has ended, nobody heard how, and it may be the one that was killed.
        _scene.Table.Begin();
        _scene.Table.Sweep(20);
        Assert.Null(_scene.Table.Find(201));
        Assert.Same(hog, _scene.Table.Victim(201, 1000));
    }

    /// <summary>Killed between the line that says where and the one that says who: both are read again.</summary>
    [Fact]
    public void The_place_in_the_log_stays_before_a_kill_that_is_half_told()
    {
        Assert.Null(_scene.Joiner.Pending);
        void Hear(string text, long sequence) =>
            _scene.Joiner.Hear(KernelLine.Parse(Encoding.UTF8.GetBytes(text)), 0, Scene.Noon, sequence);

        Hear(
            $"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/{Scene.AliceUnit},task_memcg=/{Scene.AliceUnit},task=x,pid=7,uid=1000",
            40
        );
        Assert.Equal(40, _scene.Joiner.Pending);
        Hear(
            "Memory cgroup out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:1kB oom_score_adj:0",
            44
        );
        Assert.Equal(40, _scene.Joiner.Pending);
        Assert.Single(_scene.Joiner.Due(KillJoiner.Settle));
        Assert.Null(_scene.Joiner.Pending);
        // One whose other half never comes holds nothing up for long.
        Hear(
            $"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/{Scene.AliceUnit},task_memcg=/{Scene.AliceUnit},task=x,pid=8,uid=1000",
            50
        );
        Assert.Empty(_scene.Joiner.Due(KillJoiner.Patience + 1));
        Assert.Null(_scene.Joiner.Pending);
    }

    [Fact]
    public void People_who_come_and_go_are_known_at_once()
    {
        var alice = _scene.Map.Of(Scene.AliceUnit);
        Assert.NotNull(alice);
        _scene.Map.Take(new Dictionary<int, string> { [1001] = "bob", [1002] = "carol" });
        Assert.Null(_scene.Map.Of(Scene.AliceUnit));
        Assert.Null(_scene.Map.Of(Scene.AliceSessions));
        Assert.Equal("carol", _scene.Map.Of("user.slice/user-1002.slice/session-1.scope")?.User);
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(1025, -1)] // tty1
    [InlineData(34816, 0)] // pts/0
    [InlineData(34827, 11)]
    [InlineData(1083438, 302)] // pts/302
    public void The_terminal_of_a_process_is_read(int device, int terminal)
    {
        var line = $"7 (a) b) S 1 7 7 {device} 7 0 0 0 0 0 3 4 0 0 20 0 2 0 5 2000 2560 0 0\n";
        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes(line), out var stat));
        Assert.Equal(terminal, stat.Terminal);
    }
}
