using Xunit;

namespace Berth.Recording;

public sealed class ProcessTableTests
{
    private readonly Scene _scene = new();

    private static ProcStat Stat(int pid, long start) => new(pid, 1, 'S', 10, start, 5, 1);

    [Fact]
    public void A_fork_of_nobody_that_is_followed_is_not_followed() => Assert.Null(_scene.Table.Forked(9, 8, 0));

    [Fact]
    public void A_sample_notices_a_pid_that_is_somebody_elses_now()
    {
        var process = _scene.Server("alice", 1000, 100);
        Assert.True(_scene.Table.Sampled(process, Stat(100, 100), 4096, 10));
        Assert.False(_scene.Table.Sampled(process, Stat(100, 101), 4096, 20));
        Assert.Null(_scene.Table.Find(100));
        Assert.Equal(ProcessTable.Unheard, process.Signal);
    }

    [Fact]
    public void What_a_whole_sample_does_not_see_has_ended()
    {
        var seen = _scene.Server("alice", 1000, 100);
        _scene.Server("bob", 1001, 101);
        _scene.Table.Begin();
        _scene.Table.Sampled(seen, Stat(100, 100), 4096, 10);
        _scene.Table.Forked(102, 100, 15);
        _scene.Table.Sweep(20);
        Assert.Equal([100, 102], _scene.Table.Living.Select(process => process.Pid).Order());
    }

    /// <summary>The control: an agent that calls itself something else is still what was run, its conversation too.</summary>
    [Fact]
    public void A_forked_workers_title_is_what_it_runs_and_nobody_elses_is()
    {
        _scene.Server("alice", 1000, 100);
        var claude = _scene.Claude(101, 100, 0);
        var worker = _scene.Table.Forked(102, 101, 5)!;
        var title = ProgramFacts.Of(["claude", "index", "shop"], "", null);
        Assert.Equal(AgentKind.Claude, title.Agent);

        ProcessTable.Retitled(worker, title);
        ProcessTable.Retitled(claude, title);
        Assert.Equal(("claude index shop", AgentKind.None), (worker.Program.Argv, worker.Program.Agent));
        Assert.Equal("3f2a", claude.Program.Session);
        Assert.EndsWith("--session-id 3f2a", claude.Program.Argv, StringComparison.Ordinal);

        // Gone before its next one could be read: whom it forked has to be asked.
        ProcessTable.Retitled(worker, ProgramFacts.Unread);
        Assert.Equal("claude index shop", worker.Program.Argv);
        var second = _scene.Table.Forked(103, 102, 6)!;
        Assert.True(second.TitleMissed);
        ProcessTable.Retitled(second, title);
        Assert.False(second.TitleMissed);
    }

    [Fact]
    public void The_dead_are_remembered_up_to_a_number()
    {
        var scene = new Scene(kept: 3);
        scene.Server("alice", 1000, 100);
        for (var pid = 200; pid < 210; pid++)
        {
            scene.Table.Forked(pid, 100, pid);
            scene.Table.Exited(pid, pid, 9);
        }
        Assert.Equal([207, 208, 209], scene.Table.Dead.Select(process => process.Pid));
        Assert.Null(scene.Table.Victim(206, -1));
        Assert.NotNull(scene.Table.Victim(207, -1));
    }

    [Fact]
    public void A_chain_of_agents_does_not_keep_all_of_its_dead()
    {
        _scene.Server("alice", 1000, 100);
        for (var pid = 101; pid < 400; pid++)
        {
            _scene.Claude(pid, pid - 1, pid);
            _scene.Table.Exited(pid - 1, pid, 0);
        }
        var depth = 0;
        for (var process = _scene.Table.Find(399)!.Agent; process is not null; process = process.Agent)
            depth++;
        Assert.InRange(depth, 1, 8);
    }
}

public sealed class ProgramFactsTests
{
    [Theory]
    [InlineData("claude", "", AgentKind.Claude)]
    [InlineData(
        "/home/a/.local/share/claude/versions/2.1.205",
        "/home/a/.local/share/claude/versions/2.1.205",
        AgentKind.Claude
    )]
    [InlineData("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "/usr/bin/node", AgentKind.Claude)]
    [InlineData("node --max-old-space-size=4096 /usr/bin/claude", "/usr/bin/node", AgentKind.Claude)]
    [InlineData("node /usr/lib/node_modules/@openai/codex/bin/codex.js", "/usr/bin/node", AgentKind.Codex)]
    [InlineData("codex exec", "/usr/bin/codex", AgentKind.Codex)]
    [InlineData("opencode serve --port 4096", "/usr/bin/opencode", AgentKind.Opencode)]
    // An agent's search runs through its own binary, and is no agent.
    [InlineData("ugrep -o x", "/home/a/.local/share/claude/versions/2.1.205", AgentKind.None)]
    [InlineData("bfs .", "/home/a/.local/share/claude/versions/2.1.205", AgentKind.None)]
    [InlineData("rg claude", "/usr/bin/rg", AgentKind.None)]
    [InlineData("node server.js claude", "/usr/bin/node", AgentKind.None)]
    [InlineData("cat /opt/claude/versions/notes", "/usr/bin/cat", AgentKind.None)]
    public void Agents_are_known_by_what_they_were_started_as(string argv, string exe, AgentKind kind) =>
        Assert.Equal(kind, ProgramFacts.Of(argv.Split(' '), exe, null).Agent);

    [Theory]
    [InlineData("claude --session-id 3f2a-11", "3f2a-11")]
    [InlineData("claude --resume=3f2a", "3f2a")]
    [InlineData("claude -r 3f2a -p x", "3f2a")]
    [InlineData("codex resume 0199", "0199")]
    [InlineData("claude --resume --verbose", null)]
    [InlineData("claude", null)]
    public void The_conversation_is_what_the_agent_was_told(string argv, string? session) =>
        Assert.Equal(session, ProgramFacts.Of(argv.Split(' '), "", null).Session);
}

public sealed class SurfaceMapTests
{
    private readonly SurfaceMap _map = new Scene().Map;

    [Theory]
    [InlineData("/berth.slice/berth-servers.slice/t3-serve@alice.service/agents", SurfaceKind.Server, "alice")]
    [InlineData("/system.slice/system-t3\\x2dserve.slice/t3-serve@bob.service", SurfaceKind.Server, "bob")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope", SurfaceKind.Sessions, "alice")]
    [InlineData("/user.slice/user-1001.slice", SurfaceKind.Sessions, "bob")]
    [InlineData("/berth.slice/berth-containers.slice/docker-1.scope", SurfaceKind.Containers, null)]
    public void Whose_a_cgroup_is_is_told_by_its_place(string cgroup, SurfaceKind kind, string? user)
    {
        var surface = _map.Of(cgroup)!;
        Assert.Equal((kind, user), (surface.Kind, surface.User));
        Assert.True(surface.Holds(cgroup.AsSpan(1)));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/system.slice/ssh.service")]
    [InlineData("/user.slice/user-1002.slice")]
    [InlineData("/user.slice/user-1000.sliceX")]
    [InlineData("/berth.slice/berth-servers.slice/t3-serve@mallory.service")]
    [InlineData("/berth.slice/berth-servers.slice/run-p1-i2.service")]
    [InlineData("/berth.slice/berth-containers.slice-of-mine/x")]
    public void Elsewhere_nobody_of_the_roster_works(string cgroup) => Assert.Null(_map.Of(cgroup));
}
