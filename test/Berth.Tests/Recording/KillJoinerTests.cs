using Berth.Incidents;
using CsCheck;
using Xunit;

namespace Berth.Recording;

public sealed class KillJoinerTests
{
    private const string InAgents = $"oom_memcg=/{Scene.AliceUnit}/agents,task_memcg=/{Scene.AliceUnit}/agents";
    private readonly Scene _scene = new();

    private Death Only(long at) => Assert.Single(_scene.Joiner.Due(at));

    [Fact]
    public void A_tool_of_an_agent_is_told_with_everything_that_is_known()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Claude(200, 100, 1000);
        for (var other = 0; other < 4; other++)
            _scene.Claude(300 + other, 100, 1000, $"other-{other}");
        var tool = _scene.Run(400, 200, 10_000, ["ugrep", "-o", "password=hunter2", "/"], "/x/claude/versions/2.1.205");
        tool.Sizes.Add(30_000, 3L << 30);
        _scene.Kill(400, 1000, 51_000, chosen: InAgents);
        _scene.Table.Exited(400, 51_050, 9);
        Assert.Empty(_scene.Joiner.Due(51_900));
        var death = Only(52_000);
        Assert.Equal(
            "alice's claude (conversation 3f2a, in ~/code/shop) ran `ugrep -o password=[redacted] /`, which grew 150 MiB/s to 6.0 GiB in 41 s and was killed at the cap of 5.6 GiB; alice's server and 4 other agents were untouched",
            DeathText.Sentence(death)
        );
        Assert.Equal(("alice", 1000, 200), (death.User, death.Uid, death.Agent!.Pid));
        Assert.Equal("claude --output-format stream-json --session-id 3f2a", death.Parent);
        Assert.Equal($"{Scene.AliceUnit}/agents", death.CapCgroup);
        Assert.Empty(_scene.Joiner.Due(99_000));
    }

    [Theory]
    [InlineData("sshd")]
    [InlineData("2.1.205")]
    [InlineData("")]
    [InlineData(",pid=100,uid=10")]
    public void A_name_changes_nothing(string name)
    {
        _scene.Server("alice", 1000, 100);
        _scene.Server("bob", 1001, 101);
        _scene.Run(400, 100, 0, ["hog", "--size", "6G"]);
        _scene.Kill(400, 1000, 1000, name: name);
        var death = Only(2000);
        Assert.Equal(("alice", "hog --size 6G", "hog"), (death.User, death.Program!.Argv, death.Program.Program));
    }

    [Fact]
    public void Double_forked_and_gone_within_a_second_it_is_still_its_agents()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Claude(200, 100, 0);
        _scene.Run(201, 200, 5000, ["sh", "-c", "hog &"]);
        _scene.Table.Forked(202, 201, 5001);
        _scene.Table.Exited(201, 5002, 0);
        _scene.Table.Forked(203, 202, 5003);
        _scene.Table.Exited(202, 5004, 0);
        ProcessTable.Read(_scene.Table.Find(203)!, ProgramFacts.Of(["./hog", "--fast"], "", null), 1000, 7);
        // The exit is told before the kernel's line is read.
        _scene.Table.Exited(203, 5900, 9);
        _scene.Kill(203, 1000, 5950, name: "sshd");
        var death = Only(7000);
        Assert.Equal(("./hog --fast", 200), (death.Program!.Argv, death.Agent!.Pid));
        Assert.Contains("in 0.9 s", DeathText.Sentence(death), StringComparison.Ordinal);
        Assert.True(death.Agent.Lives);
    }

    [Fact]
    public void A_pid_that_was_given_again_is_the_one_that_was_killed()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["first"]);
        _scene.Table.Exited(400, 100, 0);
        _scene.Run(400, 100, 200, ["second"]);
        _scene.Table.Exited(400, 300, 9);
        _scene.Run(400, 100, 400, ["third"]);
        _scene.Kill(400, 1000, 500);
        Assert.Equal("second", Only(2000).Program!.Argv);
        // The third one is somebody else, until it is killed as well.
        _scene.Kill(400, 1000, 3000);
        Assert.Equal("third", Only(5000).Program!.Argv);
    }

    [Fact]
    public void Somebody_elses_process_is_never_the_victim()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["alices"]);
        _scene.Kill(400, 1001, 500);
        var death = Only(2000);
        Assert.Equal(("bob", false), (death.User, death.Known));
        Assert.Null(_scene.Table.Find(400)!.Died);
    }

    [Fact]
    public void A_cgroup_that_a_person_named_after_somebody_elses_is_not_believed()
    {
        _scene.Server("bob", 1001, 101);
        _scene.Kill(
            400,
            1000,
            500,
            chosen: "oom_memcg=/x,task_memcg=/berth.slice/berth-servers.slice/t3-serve@bob.service"
        );
        var death = Only(2000);
        Assert.Equal("alice", death.User);
        Assert.Null(death.Surface);
    }

    [Fact]
    public void A_server_that_dies_with_it_is_missed_and_one_that_never_was_is_not()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["hog"]);
        _scene.Kill(400, 1000, 5000);
        _scene.Table.Exited(400, 5001, 9);
        _scene.Table.Exited(100, 5002, 9);
        Assert.False(Only(7000).Survivors.Server);
        const string sessions = Scene.AliceSessions + "/session-1.scope";
        _scene.Table.Found(500, 400, 9000, _scene.Map.Of(sessions)!, sessions, 9000);
        _scene.Kill(500, 1000, 60_000);
        Assert.Null(Only(62_000).Survivors.Server);
    }

    [Fact]
    public void What_ended_before_it_could_be_read_is_still_somebodys_child()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Claude(200, 100, 0);
        var middle = _scene.Table.Forked(300, 200, 1000)!;
        middle.Program = ProgramFacts.Unread;
        _scene.Table.Forked(301, 300, 1001);
        _scene.Kill(301, 1000, 1100);
        var death = Only(3000);
        Assert.Contains(
            "ran `(a child of claude --output-format stream-json --session-id 3f2a)`",
            DeathText.Sentence(death),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_server_itself_is_called_so()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Kill(100, 1000, 60_000);
        _scene.Table.Exited(100, 60_001, 9);
        Assert.Equal(
            "alice's server (`t3 serve --port 3773`) grew 102 MiB/s to 6.0 GiB in 60 s and was killed at the cap of 6 GiB",
            DeathText.Sentence(Only(62_000))
        );
    }

    [Fact]
    public void A_kill_that_only_the_counter_told_is_found_among_those_who_died_of_it()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["hog"]).Sizes.Add(900, 5L << 30);
        _scene.Run(401, 100, 0, ["polite"]);
        _scene.Table.Exited(400, 1000, 9);
        _scene.Table.Exited(401, 1000, 0);
        _scene.Joiner.Counted(_scene.Map.Of(Scene.AliceUnit)!, 1, 1100, Scene.Noon);
        Assert.Empty(_scene.Joiner.Due(2000));
        Assert.Equal("hog", Only(5000).Program!.Argv);
    }

    [Fact]
    public void Where_it_cannot_be_told_who_it_was_nobody_is_named()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["one"]);
        _scene.Run(401, 100, 0, ["timeout"]);
        // Two were ended by SIGKILL, one of them by the kernel.
        _scene.Table.Exited(400, 1000, 9);
        _scene.Table.Exited(401, 1000, 9);
        _scene.Joiner.Counted(_scene.Map.Of(Scene.AliceUnit)!, 1, 1100, Scene.Noon);
        var death = Only(5000);
        Assert.False(death.Known);
        Assert.Equal("alice", death.User);
    }

    [Fact]
    public void What_was_told_and_counted_is_one_death_in_either_order()
    {
        var surface = _scene.Map.Of(Scene.AliceUnit)!;
        _scene.Server("alice", 1000, 100);
        _scene.Run(400, 100, 0, ["one"]);
        _scene.Run(401, 100, 0, ["two"]);
        _scene.Joiner.Counted(surface, 1, 900, Scene.Noon);
        _scene.Kill(400, 1000, 1000);
        _scene.Kill(401, 1000, 5000);
        _scene.Joiner.Counted(surface, 1, 5100, Scene.Noon);
        Assert.Equal(2, _scene.Joiner.Due(20_000).Count);
        Assert.Empty(_scene.Joiner.Due(90_000));
        Assert.False(_scene.Joiner.Waiting);
    }

    /// <summary>It goes on for longer than a count waits for its line, or a line for its count, and one is always open.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_a_burst_that_does_not_end_nobody_is_told_twice(bool countedFirst)
    {
        var surface = _scene.Map.Of(Scene.AliceUnit)!;
        _scene.Server("alice", 1000, 100);
        List<Death> told = [];
        for (var i = 0; i <= 100; i++)
        {
            var at = i * 100;
            if (countedFirst && i < 100)
                _scene.Joiner.Counted(surface, i == 0 ? 2 : 1, at, Scene.Noon);
            _scene.Run(400 + i, 100, at, ["hog"]);
            _scene.Kill(400 + i, 1000, at + 1);
            if (!countedFirst && i > 0)
                _scene.Joiner.Counted(surface, i == 100 ? 2 : 1, at + 2, Scene.Noon);
            told.AddRange(_scene.Joiner.Due(at + 3));
        }
        told.AddRange(_scene.Joiner.Due(60_000));
        Assert.Equal(Enumerable.Range(400, 101), told.Select(death => death.Pid));
    }

    [Fact]
    public void A_kill_that_was_counted_where_its_process_was_not_known_yet_is_one_death()
    {
        _scene.Server("alice", 1000, 100);
        _scene.Kill(400, 1000, 1000);
        _scene.Joiner.Counted(_scene.Map.Of(Scene.AliceUnit)!, 1, 1100, Scene.Noon);
        // Its fork is told late.
        _scene.Run(400, 100, 900, ["hog"]);
        Assert.Equal(400, Only(2000).Pid);
        Assert.Empty(_scene.Joiner.Due(60_000));
    }

    /// <summary>The control: what only the counter tells is told, in a burst too.</summary>
    [Fact]
    public void What_no_line_tells_in_a_burst_is_told_by_its_number()
    {
        var surface = _scene.Map.Of(Scene.AliceUnit)!;
        List<Death> told = [];
        for (var at = 0; at < 40_000; at += 1000)
        {
            _scene.Joiner.Counted(surface, 2, at, Scene.Noon);
            told.AddRange(_scene.Joiner.Due(at));
        }
        told.AddRange(_scene.Joiner.Due(60_000));
        Assert.Equal(80, told.Sum(death => death.Count));
        Assert.All(told, death => Assert.False(death.Known));
        Assert.False(_scene.Joiner.Waiting);
    }

    [Fact]
    public void A_hundred_kills_of_three_people_are_a_hundred_deaths_of_the_right_ones()
    {
        var users = new[] { ("alice", 1000), ("bob", 1001) };
        foreach (var (name, uid) in users)
            _scene.Server(name, uid, uid);
        for (var i = 0; i < 100; i++)
        {
            var (_, uid) = users[i % 2];
            _scene.Run(5000 + i, uid, i * 10, [$"hog-{i}"]);
        }
        for (var i = 0; i < 100; i++)
        {
            var uid = users[i % 2].Item2;
            // Exit and line in both orders.
            if (i % 3 == 0)
                _scene.Table.Exited(5000 + i, 2000 + (i * 100), 9);
            _scene.Kill(5000 + i, uid, 2000 + (i * 100), name: "sshd");
            if (i % 3 != 0)
                _scene.Table.Exited(5000 + i, 2050 + (i * 100), 9);
        }
        var deaths = _scene.Joiner.Due(60_000);
        Assert.Equal(100, deaths.Count);
        foreach (var death in deaths)
            Assert.Equal(
                (users[(death.Pid - 5000) % 2].Item1, $"hog-{death.Pid - 5000}"),
                (death.User, death.Program!.Argv)
            );
    }

    [Fact]
    public void No_order_of_what_is_heard_names_the_wrong_one() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 6], Gen.Bool)
            .List[0, 60]
            .Sample(steps =>
            {
                var scene = new Scene(kept: 16);
                scene.Server("alice", 1000, 100);
                scene.Server("bob", 1001, 101);
                var (at, run) = (1000L, 0);
                var killed = new List<string>();
                foreach (var (what, pid, alices) in steps)
                {
                    at += 10;
                    var living = scene.Table.Find(1000 + pid);
                    switch (what)
                    {
                        case 0 or 1:
                            scene.Run(1000 + pid, alices ? 100 : 101, at, [$"run-{run++}"]);
                            break;
                        case 2 when living is not null:
                            scene.Table.Exited(1000 + pid, at, 0);
                            break;
                        case 3 when living is not null && scene.Table.Find(1000 + pid) is { Explained: false }:
                            killed.Add(living.Program.Argv);
                            scene.Kill(1000 + pid, living.Uid, at);
                            scene.Table.Exited(1000 + pid, at + 1, 9);
                            break;
                        case 4 when living is not null:
                            killed.Add(living.Program.Argv);
                            scene.Table.Exited(1000 + pid, at, 9);
                            scene.Kill(1000 + pid, living.Uid, at + 1);
                            break;
                    }
                }
                Assert.Equal(killed, scene.Joiner.Due(at + 10_000).Select(death => death.Program?.Argv ?? "nobody"));
            });
}
