using CsCheck;
using Xunit;

namespace Berth.Drilling;

public sealed class GapsTests
{
    private const double Pause = 25;

    [Fact]
    public void The_pause_of_the_asker_is_no_gap()
    {
        var gaps = Gaps.Of(0, 100, [25, 50, 75, 100], Pause, MachineStalls.None);
        Assert.Equal(0, gaps.Longest);
        Assert.Equal(4, gaps.Answers);
    }

    [Fact]
    public void A_silence_in_the_middle_is_a_gap_less_one_pause()
    {
        Assert.Equal(575, Gaps.Of(0, 1000, [100, 200, 800, 1000], Pause, MachineStalls.None).Longest);
    }

    [Fact]
    public void Who_answers_never_again_is_silent_to_the_end()
    {
        Assert.Equal(875, Gaps.Of(0, 1000, [100], Pause, MachineStalls.None).Longest);
        Assert.Equal(975, Gaps.Of(0, 1000, [], Pause, MachineStalls.None).Longest);
    }

    [Fact]
    public void Answers_outside_of_the_window_count_for_nothing()
    {
        Assert.Equal(
            Gaps.Of(100, 200, [], Pause, MachineStalls.None),
            Gaps.Of(100, 200, [50, 99, 201], Pause, MachineStalls.None)
        );
    }

    private static readonly Gen<double[]> s_answers = Gen.Int[0, 2000].Select(at => (double)at).Array[0, 60];

    [Fact]
    public void The_longest_gap_is_what_a_walk_over_every_moment_finds() =>
        s_answers.Sample(answers =>
        {
            var longest = 0.0;
            var last = 0;
            for (var at = 0; at <= 2000; at++)
            {
                if (answers.Contains(at) || at == 2000)
                {
                    longest = Math.Max(longest, at - last - Pause);
                    last = at;
                }
            }
            Assert.Equal(longest, Gaps.Of(0, 2000, answers, Pause, MachineStalls.None).Longest);
        });

    [Fact]
    public void One_more_answer_never_makes_the_longest_gap_longer() =>
        Gen.Select(s_answers, Gen.Int[0, 2000])
            .Sample(
                (answers, more) =>
                    Assert.True(
                        Gaps.Of(0, 2000, [.. answers, more], Pause, MachineStalls.None).Longest
                            <= Gaps.Of(0, 2000, answers, Pause, MachineStalls.None).Longest
                    )
            );

    [Fact]
    public void The_order_in_which_answers_are_told_does_not_matter() =>
        s_answers.Sample(answers =>
            Assert.Equal(
                Gaps.Of(0, 2000, answers, Pause, MachineStalls.None),
                Gaps.Of(0, 2000, answers.Reverse().ToArray(), Pause, MachineStalls.None)
            )
        );

    [Fact]
    public void Where_the_machine_never_stood_still_all_of_a_gap_counts() =>
        s_answers.Sample(answers =>
        {
            var gaps = Gaps.Of(0, 2000, answers, Pause, MachineStalls.None);
            Assert.Equal(gaps.Longest, gaps.Held);
        });

    [Fact]
    public void What_the_reference_was_silent_for_as_well_is_not_held_against_anybody() =>
        s_answers.Sample(answers =>
        {
            var machine = MachineStalls.Of(0, 2000, [.. answers.Order().Select(at => new Beat(at, 0))], Pause, 0);
            Assert.Equal(0, Gaps.Of(0, 2000, answers, Pause, machine).Held, 6);
        });

    [Fact]
    public void Nobody_is_excused_for_more_than_the_machine_stood_still() =>
        Gen.Select(s_answers, s_answers)
            .Sample(
                (answers, reference) =>
                {
                    var machine = MachineStalls.Of(
                        0,
                        2000,
                        [.. reference.Order().Select(at => new Beat(at, 0))],
                        Pause,
                        0
                    );
                    var gaps = Gaps.Of(0, 2000, answers, Pause, machine);
                    Assert.InRange(gaps.Held, gaps.Longest - machine.Total - 0.001, gaps.Longest);
                }
            );

    [Fact]
    public void A_gap_beside_a_stall_of_the_machine_is_not_excused_by_it()
    {
        // Still from 1000 to 1600; the server was silent from 100 to 900.
        var machine = MachineStalls.Of(0, 2000, Beats(0, (1000, 1600)), Pause, 0);
        double[] answers = [.. Beats(0, (100, 900)).Select(beat => beat.At)];
        Assert.InRange(Gaps.Of(0, 2000, answers, Pause, machine).Held, 750, 800);
        // The control: at the same time it is.
        double[] together = [.. Beats(0, (1000, 1600)).Select(beat => beat.At)];
        Assert.Equal(0, Gaps.Of(0, 2000, together, Pause, machine).Held, 6);
    }

    [Fact]
    public void Want_of_memory_is_no_excuse()
    {
        var answers = Beats(0, (1000, 1600)).Select(beat => beat.At).ToArray();
        var starved = MachineStalls.Of(0, 2000, Beats(580, (1000, 1600)), Pause, 0);
        Assert.InRange(Gaps.Of(0, 2000, answers, Pause, starved).Held, 550, 600);
    }

    [Fact]
    public void What_the_reference_usually_takes_is_no_stall()
    {
        var beats = Beats(0, (1000, 1600)).Select((beat, at) => beat with { At = beat.At * 2 }).ToList();
        Assert.Equal(25, MachineStalls.Usual(0, 4000, beats, Pause));
        Assert.Single(MachineStalls.Of(0, 4000, beats, Pause, 25).Stalls);
        Assert.Equal(3975, MachineStalls.Usual(0, 4000, [], Pause));
        Assert.Equal(3975, MachineStalls.Of(0, 4000, [], Pause, 0).Total);
    }

    /// <summary>Answers every 25 ms until 2000, but for one silence.</summary>
    /// <param name="starved">How long the machine waited for memory in it, in milliseconds.</param>
    private static List<Beat> Beats(double starved, (double From, double To) silent) =>
        [
            .. Enumerable
                .Range(0, 81)
                .Select(n => n * Pause)
                .Where(at => at <= silent.From || at >= silent.To)
                .Select(at => new Beat(at, at >= silent.To ? starved : 0)),
        ];
}
