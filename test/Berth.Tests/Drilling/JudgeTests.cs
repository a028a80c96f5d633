using Xunit;

namespace Berth.Drilling;

public sealed class JudgeTests
{
    private const long Mebibyte = 1 << 20;

    public static TheoryData<string, string?> Every()
    {
        var data = new TheoryData<string, string?>();
        foreach (var scenario in Scenarios.Usual)
            data.Add(scenario.Name, scenario.Shape);
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void A_drill_passes_where_all_was_as_it_should_be(string name, string? shape)
    {
        var scenario = Sights.Scenario(name, shape);
        var result = Sights.Result(scenario, Sights.Held(scenario));
        Assert.All(result.Verdicts, verdict => Assert.True(verdict.Outcome is Outcome.Pass, verdict.Words));
        Assert.Equal(Outcome.Pass, result.Outcome);
    }

    /// <summary>The control: a judge that passes whatever it sees would pass this as well.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void No_drill_passes_where_nothing_was_seen(string name, string? shape)
    {
        var scenario = Sights.Scenario(name, shape);
        var nothing = new Observation(
            [],
            Sights.Server with
            {
                After = (0, 0),
            },
            [],
            null,
            [],
            new Telling(0, "", false),
            []
        )
        {
            Looked = 4000,
            Still = 0,
        };
        var result = Sights.Result(scenario, nothing);
        Assert.NotEqual(Outcome.Pass, result.Outcome);
        Assert.All(
            result.Verdicts.Where(verdict => verdict.Check is not Check.NobodyElseDies),
            verdict => Assert.NotEqual(Outcome.Pass, verdict.Outcome)
        );
    }

    [Fact]
    public void Each_check_belongs_to_a_promise_and_says_what_should_hold()
    {
        foreach (var check in Enum.GetValues<Check>())
            Assert.NotEmpty(Judge.Meaning(check).Says);
        Assert.Equal(
            Enum.GetValues<Check>().Length,
            Enum.GetValues<Check>().Select(check => Judge.Meaning(check).Says).Distinct(StringComparer.Ordinal).Count()
        );
    }

    [Fact]
    public void A_hog_that_got_all_it_wanted_fails_and_names_the_missing_cap()
    {
        var verdict = Of(
            "hog",
            "session",
            Check.DiesAtCap,
            Sights.Good with
            {
                Killed = [],
                Hog = new HogFate(96 * Mebibyte, 128 * Mebibyte, true, null, 30 * Mebibyte),
            }
        );
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        Assert.Equal(
            "it got more than the cap of 96 MiB and nothing ended it, 30 MiB of it in swap: memory.max is max: there is no cap",
            verdict.Words
        );
    }

    [Fact]
    public void A_server_that_systemd_ended_with_its_child_is_told_with_the_policy()
    {
        var verdict = Of(
            "hog",
            "instant",
            Check.ServerLives,
            Sights.Good with
            {
                Server = Sights.Server with { After = (822, 1), OomPolicy = "stop", Result = "oom-kill" },
            }
        );
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        Assert.Contains("OOMPolicy=stop", verdict.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_is_judged_beside_what_it_was_while_all_was_quiet()
    {
        Track Server(double quiet, double loud) => new(Role.Victim, "server", quiet, new Gaps(10, loud, loud));
        Verdict With(Track track) =>
            Of(
                "hog",
                "plateau",
                Check.ServerAnswers,
                Sights.Good with
                {
                    Tracks = [track, .. Sights.Good.Tracks.Skip(1)],
                }
            );
        Assert.Equal(Outcome.Pass, With(Server(10, 500)).Outcome);
        Assert.Equal(Outcome.Fail, With(Server(10, 511)).Outcome);
        Assert.Equal(Outcome.Pass, With(Server(300, 800)).Outcome);
    }

    /// <summary>What counts is what the machine as a whole was not silent for.</summary>
    [Fact]
    public void A_gap_is_what_the_fault_held_up_beyond_the_machine()
    {
        var late = Sights.Good with
        {
            Tracks = [new Track(Role.Victim, "server", 10, new Gaps(10, 4100, 80)), .. Sights.Good.Tracks.Skip(1)],
        };
        var verdict = Of("hog", "slow", Check.ServerAnswers, late);
        Assert.Equal((Outcome.Pass, "gap 80 ms"), (verdict.Outcome, verdict.Figure));
    }

    /// <summary>A machine that was paused nearly all the time proves nothing. The control: enough of it was seen.</summary>
    [Fact]
    public void A_machine_that_stood_still_as_a_whole_is_not_judged()
    {
        Outcome With(double still) =>
            Of("hog", "slow", Check.ServerAnswers, Sights.Good with { Still = still }).Outcome;
        Assert.Equal(Outcome.Refused, With(3500));
        Assert.Equal(Outcome.Pass, With(2900));
    }

    [Fact]
    public void A_hog_that_died_because_the_whole_machine_ran_out_did_not_die_at_its_cap()
    {
        var verdict = Of(
            "hog",
            "instant",
            Check.DiesAtCap,
            Sights.Good with
            {
                Killed = [new Killed(812, "berth", true, false)],
            }
        );
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        Assert.Contains("whole machine ran out", verdict.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hog_that_got_past_its_cap_for_a_moment_fails_though_it_died()
    {
        var verdict = Of(
            "hog",
            "instant",
            Check.DiesAtCap,
            Sights.Good with
            {
                Hog = new HogFate(160 * Mebibyte, 190 * Mebibyte, false, 192 * Mebibyte, 0),
            }
        );
        Assert.Equal(Outcome.Fail, verdict.Outcome);
    }

    [Fact]
    public void Nobody_else_was_killed_is_no_pass_where_the_kernels_log_was_lost()
    {
        Assert.Equal(
            Outcome.Refused,
            Of("hog", "plateau", Check.NobodyElseDies, Sights.Good with { Killed = [], Unread = 3 }).Outcome
        );
    }

    [Fact]
    public void A_soft_band_is_named_with_the_gap_that_it_made()
    {
        var verdict = Sights.Mixed.Results[1].Verdicts.Single(verdict => verdict.Check is Check.ServerAnswers);
        Assert.Equal(
            "drill-one's server gave no answer for 4,812 ms; the bar is 512 ms; memory.high is 100 MiB, and tasks were slowed down there 8,412 times: a soft band",
            verdict.Words
        );
    }

    [Fact]
    public void A_stranger_among_the_dead_fails_and_is_named()
    {
        var verdict = Of(
            "hog",
            "slow",
            Check.NobodyElseDies,
            Sights.Good with
            {
                Killed = [.. Sights.Good.Killed, new Killed(99, "claude", false, true)],
            }
        );
        Assert.Equal("the wrong process died: claude (99)", verdict.Words);
    }

    [Fact]
    public void An_incident_that_does_not_say_what_ran_is_no_explanation()
    {
        Assert.Equal(
            Outcome.Fail,
            Of("hog", "renamed", Check.Told, Sights.Good with { Telling = new Telling(1, "sshd died", false) }).Outcome
        );
    }

    [Fact]
    public void A_fork_bomb_is_one_incident()
    {
        var storm = Sights.Held(Sights.Scenario("forkbomb"));
        Assert.Equal(Outcome.Pass, Of("forkbomb", null, Check.Told, storm).Outcome);
        Assert.Equal(
            Outcome.Fail,
            Of("forkbomb", null, Check.Told, storm with { Telling = storm.Telling with { Times = 2 } }).Outcome
        );
    }

    [Fact]
    public void What_could_not_be_asked_is_never_a_pass()
    {
        var squatter = Sights.Mixed.Results[2];
        Assert.Equal(Outcome.Refused, squatter.Outcome);
        Assert.Equal(Outcome.Refused, Sights.Run(Sights.Mixed.Results[0], squatter).Outcome);
        Assert.Equal(Outcome.Fail, Sights.Mixed.Outcome);
        Assert.Equal(Outcome.Refused, Sights.Run().Outcome);
        Assert.Equal(Outcome.Pass, Sights.Run(Sights.Mixed.Results[0]).Outcome);
    }

    private static Verdict Of(string name, string? shape, Check check, Observation seen) =>
        Judge.Of(Sights.Scenario(name, shape), seen).Single(verdict => verdict.Check == check);
}
