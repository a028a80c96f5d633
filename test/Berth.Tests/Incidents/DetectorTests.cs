using Berth.Planning;
using Berth.Recording;
using CsCheck;
using Xunit;

namespace Berth.Incidents;

public sealed class DetectorTests
{
    private const long Cap = 6L << 30;

    /// <summary>A surface in the soft band: slowed down all the time, nothing killed.</summary>
    private static SurfaceSample Band(long at, long kills = 0) =>
        new()
        {
            Current = Cap - (1 << 20),
            Cap = Cap,
            Events = new MemoryEvents(at, at / 2, 0, kills),
            Pressure = new Pressure(9000, at * 900, 8000, at * 800),
        };

    private static long? Begins(Func<long, SurfaceSample> scene, long step, long until)
    {
        var detector = new StallDetector();
        for (var at = 0L; at <= until; at += step)
        {
            if (detector.Observe(scene(at), at) is Edge.Begins)
                return at;
        }
        return null;
    }

    [Theory]
    [InlineData(250)]
    [InlineData(1000)]
    public void A_livelock_is_recognised_within_fifteen_seconds(long step) =>
        Assert.InRange(Begins(at => Band(at), step, 60_000) ?? 0, 10_000, 15_000);

    [Fact]
    public void A_cap_that_ends_in_kills_is_no_stall() =>
        Assert.Null(Begins(at => Band(at, kills: at / 8000), 250, 120_000));

    [Fact]
    public void A_busy_surface_without_lost_time_is_no_stall() =>
        Assert.Null(
            Begins(at => Band(at) with { Pressure = new Pressure(3000, at * 300, 500, at * 50) }, 250, 120_000)
        );

    [Fact]
    public void Pressure_whose_counters_stand_still_is_no_stall() =>
        // Waiting for the disk to give pages back to somebody else, say.
        Assert.Null(Begins(at => Band(at) with { Events = new MemoryEvents(7, 7, 0, 0) }, 250, 120_000));

    [Fact]
    public void A_stall_ends_when_things_get_on_again_for_a_while()
    {
        var detector = new StallDetector();
        var edges = new List<Edge>();
        for (var at = 0L; at < 60_000; at += 250)
        {
            var sample = at < 30_000 ? Band(at) : Band(30_000) with { Pressure = new Pressure(0, 0, 0, 30_000 * 800) };
            edges.Add(detector.Observe(sample, at));
        }
        Assert.Equal(1, edges.Count(edge => edge is Edge.Begins));
        Assert.Equal(1, edges.Count(edge => edge is Edge.Ends));
    }

    [Fact]
    public void Counters_that_start_anew_with_the_cgroup_are_no_stall() =>
        Assert.Null(Begins(at => Band(at) with { Events = new MemoryEvents(10_000_000 - at, 0, 0, 0) }, 250, 60_000));

    private static List<Edge> Shares(params ReadOnlySpan<(double Share, int Seconds)> course)
    {
        var (detector, edges, at) = (new CapNear(), new List<Edge>(), 0L);
        foreach (var (share, seconds) in course)
        {
            for (var i = 0; i < seconds; i++, at += 1000)
                edges.Add(detector.Observe(new SurfaceSample { Current = (long)(share * Cap), Cap = Cap }, at));
        }
        return edges;
    }

    [Fact]
    public void Near_the_cap_for_a_while_is_told_once()
    {
        var edges = Shares((0.95, 40), (0.85, 60), (0.95, 40), (0.5, 30));
        Assert.Equal(1, edges.Count(edge => edge is Edge.Begins));
        Assert.Equal(1, edges.Count(edge => edge is Edge.Ends));
    }

    [Fact]
    public void Near_the_cap_for_a_moment_is_nothing() =>
        Assert.DoesNotContain(Edge.Begins, Shares((0.95, 20), (0.5, 5), (0.95, 20), (0.5, 5)));

    [Fact]
    public void Page_cache_that_nobody_uses_is_not_held()
    {
        var sample = new SurfaceSample
        {
            Current = Cap,
            Cap = Cap,
            Memory = new MemoryStat(Cap / 10, Cap * 9 / 10, Cap * 8 / 10, 0),
        };
        Assert.InRange(sample.Share, 0.19, 0.21);
        Assert.Equal(0, (sample with { Cap = HostFacts.Unlimited }).Share);
    }

    [Fact]
    public void A_fork_storm_is_one_and_what_was_refused_before_is_no_news()
    {
        var (storm, edges) = (new ForkStorm(), new List<Edge>());
        for (var at = 0L; at < 60_000; at += 250)
        {
            var refused =
                500
                + (
                    at is > 5000 and < 20_000 ? (at - 5000) * 3
                    : at >= 20_000 ? 45_000
                    : 0
                );
            edges.Add(storm.Observe(new SurfaceSample { TaskEvents = new PidsEvents(refused) }, at));
        }
        Assert.Equal(1, edges.Count(edge => edge is Edge.Begins));
        Assert.Equal(1, edges.Count(edge => edge is Edge.Ends));
        Assert.Equal(45_000, storm.Refused);
    }

    [Fact]
    public void A_latch_never_begins_twice_without_an_end_between() =>
        Gen.Select(Gen.Select(Gen.Bool, Gen.Bool), Gen.Int[0, 6000])
            .List[0, 200]
            .Sample(looks =>
            {
                var (latch, at, on) = (new Latch(5000, 3000), 0L, false);
                foreach (var ((seen, known), later) in looks)
                {
                    at += later;
                    switch (latch.Look(known ? seen : null, at))
                    {
                        case Edge.Begins:
                            Assert.False(on);
                            on = true;
                            break;
                        case Edge.Ends:
                            Assert.True(on);
                            on = false;
                            break;
                        case var edge:
                            Assert.Equal(on, edge is Edge.On);
                            break;
                    }
                }
            });
}

public sealed class CrashCauseTests
{
    [Theory]
    [InlineData(
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "Node ran out of its own heap"
    )]
    [InlineData("Error: listen EADDRINUSE: address already in use 127.0.0.1:3773", "its port is taken")]
    [InlineData(
        "t3-serve@alice.service: Main process exited, code=exited, status=203/EXEC",
        "its program cannot be run"
    )]
    [InlineData("/usr/bin/env: 'node': No such file or directory", null)]
    [InlineData("env: node: No such file or directory", "Node.js is not on its PATH")]
    [InlineData("listening", null)]
    public void The_cause_is_read_where_the_log_has_it(string line, string? cause)
    {
        var read = CrashCause.Of(["something before", line, "something after"]);
        if (cause is null)
            Assert.Null(read);
        else
            Assert.StartsWith(cause, read, StringComparison.Ordinal);
    }
}
