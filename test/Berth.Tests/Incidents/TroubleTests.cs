using Berth.Recording;
using Xunit;

namespace Berth.Incidents;

/// <summary>What is recognised beside kills and stalls, and what is done about it.</summary>
public sealed class TroubleTests
{
    private readonly Scene _scene = new();

    private static DiskSpace Disk(long free, long files = 1000, long freeFiles = 900) =>
        new(7, "/home", 100L << 30, free, files, freeFiles);

    [Fact]
    public void A_disk_that_is_nearly_full_is_told_once_and_ends_when_there_is_room_for_a_while()
    {
        var full = new DiskFull();
        var told = new List<(Report Report, bool Over)>();
        for (var at = 0L; at < 600_000; at += 15_000)
        {
            // Just at the edge it is neither.
            var free =
                at < 60_000 ? 50L << 30
                : at < 300_000 ? (at / 15_000 % 2 == 0 ? 1L << 30 : 7L << 30)
                : 50L << 30;
            if (full.Observe(Disk(free), at) is { } one)
                told.Add(one);
        }
        Assert.Equal(1, told.Count(one => one.Over));
        Assert.All(told, one => Assert.Equal(("/home", true), (one.Report.Subject, one.Report.Lasting)));
        Assert.Contains("1.0 GiB of 100.0 GiB are left", told[0].Report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_disk_with_plenty_left_and_one_without_a_limit_of_files_are_not_full()
    {
        Assert.Null(new DiskFull().Observe(new DiskSpace(1, "/", 1L << 42, 100L << 30, 0, 0), 0));
        Assert.Contains(
            "10 more files only",
            new DiskFull().Observe(Disk(50L << 30, 1000, 10), 0)?.Report.Sentence,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Agents_without_their_server_are_told_when_it_has_lasted_longer_than_a_stop()
    {
        _scene.Server("alice", 1000, 100);
        var claude = _scene.Claude(200, 100, 0);
        var orphans = new Orphans(claude.Surface);
        Assert.Null(orphans.Observe(true, [claude], 0));
        Assert.Null(orphans.Observe(false, [claude], 5_000));
        Assert.Null(orphans.Observe(false, [claude], 95_000));
        var told = orphans.Observe(false, [claude], 110_000);
        Assert.Contains("1 agent of alice lives on", told?.Report.Sentence, StringComparison.Ordinal);
        Assert.Equal("end them: systemctl kill --kill-whom=all t3-serve@alice.service", told?.Report.NextStep);
        Assert.False(orphans.Observe(true, [claude], 115_000)?.Over);
        Assert.True(orphans.Observe(true, [claude], 130_000)?.Over);
    }

    [Fact]
    public void The_leaf_that_is_killed_is_the_largest_of_the_persons_own_and_never_their_server()
    {
        var server = _scene.Server("alice", 1000, 100);
        var hog = _scene.Run(201, 100, 0, ["rg", "-o"]);
        var small = _scene.Run(202, 100, 0, ["ls"]);
        var roots = _scene.Run(203, 100, 0, ["sshd"]);
        (hog.Uid, small.Uid, roots.Uid) = (1000, 1000, 0);
        server.Sizes.Add(1, 900);
        roots.Sizes.Add(1, 800);
        hog.Sizes.Add(1, 700);
        small.Sizes.Add(1, 10);
        Assert.Same(hog, StallCure.Leaf(_scene.Table, _scene.Map, server.Surface));
        _scene.Table.Exited(201, 2, 9);
        _scene.Table.Exited(202, 2, 9);
        Assert.Null(StallCure.Leaf(_scene.Table, _scene.Map, server.Surface));
    }

    [Fact]
    public void A_stall_that_was_cured_says_who_was_killed()
    {
        var server = _scene.Server("alice", 1000, 100);
        var hog = _scene.Run(201, 100, 0, ["rg", "-o"]);
        hog.Sizes.Add(1, 6L << 30);
        var watch = new SurfaceWatch(server.Surface);
        var told = new List<(Report Report, bool Over)>();
        for (var at = 0L; at < 60_000; at += 250)
        {
            var stuck = at < 14_000;
            told.AddRange(
                watch.Observe(
                    new SurfaceSample
                    {
                        Current = 1,
                        Events = new MemoryEvents(stuck ? at : 14_000, 0, 0, 0),
                        Pressure = new Pressure(stuck ? 9000 : 0, 0, stuck ? 8000 : 0, 0),
                    },
                    hog,
                    at
                )
            );
            if (at == 12_000)
            {
                Assert.True(watch.Stalls);
                var cured = watch.Killed(hog);
                Assert.Contains("held its tasks back", cured?.Sentence, StringComparison.Ordinal);
                Assert.StartsWith("keep it from coming back", cured?.NextStep, StringComparison.Ordinal);
            }
        }
        // Nothing is told of a surface that gets on but its end.
        Assert.All(
            told.Where(one => !one.Over),
            one => Assert.DoesNotContain("back 0 times", one.Report.Sentence, StringComparison.Ordinal)
        );
        var last = Assert.Single(told, one => one.Over);
        Assert.Equal(
            "the recorder killed `rg -o` (pid 201, 6.0 GiB), the largest in it; it gets on again",
            last.Report.Outcome
        );
    }

    [Fact]
    public void What_became_known_later_stays_with_an_incident_that_is_told_again()
    {
        var book = new IncidentBook();
        var report = new Report(IncidentKind.Stall, "alice", "x", "s", "", "", ["first"]) { Lasting = true };
        Assert.Null(book.Add(IncidentKind.Stall, "alice", "x", "too early"));
        book.Tell(report, Scene.Noon);
        book.Add(IncidentKind.Stall, "alice", "x", "later");
        Assert.Equal(["second", "later"], book.Tell(report with { Evidence = ["second"] }, Scene.Noon).Evidence);
        book.End(IncidentKind.Stall, "alice", "x", "", Scene.Noon);
        Assert.Equal(["first"], book.Tell(report, Scene.Noon).Evidence);
    }

    [Fact]
    public void What_systemd_made_of_a_unit_is_one_line()
    {
        Assert.Equal(
            "systemd: a@b.service is failed (failed), because a process of it was killed for memory (OOMPolicy=stop)",
            UnitState.Says("a@b.service", "ActiveState=failed\nSubState=failed\nResult=oom-kill\nNRestarts=0\n")
        );
        Assert.Equal(
            "systemd: u is active (running), restarted 2 times since it was started",
            UnitState.Says("u", "NRestarts=2\nResult=success\nSubState=running\nActiveState=active\n")
        );
        Assert.Null(UnitState.Says("u", "nonsense"));
    }

    [Fact]
    public void A_line_is_for_the_nearest_shell_of_ones_own_and_never_for_an_agents_picture()
    {
        _scene.Server("alice", 1000, 100);
        var shell = _scene.Run(201, 100, 0, ["-bash"]);
        var made = _scene.Run(202, 201, 0, ["make", "-j8"]);
        (shell.Uid, made.Uid) = (1000, 1000);
        Assert.Same(shell, Terminals.Shell(_scene.Table, 202, 1000));
        Assert.Null(Terminals.Shell(_scene.Table, 202, 1001));
        // An agent in that shell, and a shell of the agent's.
        _scene.Claude(203, 201, 0).Uid = 1000;
        Assert.Null(Terminals.Shell(_scene.Table, 203, 1000));
        shell.Uid = 0;
        Assert.Null(Terminals.Shell(_scene.Table, 202, 1000));
    }
}
