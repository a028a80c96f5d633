using CsCheck;
using Xunit;

namespace Berth.Drilling;

public sealed class GapsTests
{
    private const double Pause = 25;

    [Fact]
    public void The_pause_of_the_asker_is_no_gap()
    {
        var gaps = Gaps.Of(0, 100, [25, 50, 75, 100], Pause);
        Assert.Equal(0, gaps.Longest);
        Assert.Equal(4, gaps.Answers);
    }

    [Fact]
    public void A_silence_in_the_middle_is_a_gap_less_one_pause()
    {
        Assert.Equal(575, Gaps.Of(0, 1000, [100, 200, 800, 1000], Pause).Longest);
    }

    [Fact]
    public void Who_answers_never_again_is_silent_to_the_end()
    {
        Assert.Equal(875, Gaps.Of(0, 1000, [100], Pause).Longest);
        Assert.Equal(975, Gaps.Of(0, 1000, [], Pause).Longest);
    }

    [Fact]
    public void Answers_outside_of_the_window_count_for_nothing()
    {
        Assert.Equal(Gaps.Of(100, 200, [], Pause), Gaps.Of(100, 200, [50, 99, 201], Pause));
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
            Assert.Equal(longest, Gaps.Of(0, 2000, answers, Pause).Longest);
        });

    [Fact]
    public void One_more_answer_never_makes_the_longest_gap_longer() =>
        Gen.Select(s_answers, Gen.Int[0, 2000])
            .Sample(
                (answers, more) =>
                    Assert.True(
                        Gaps.Of(0, 2000, [.. answers, more], Pause).Longest <= Gaps.Of(0, 2000, answers, Pause).Longest
                    )
            );

    [Fact]
    public void The_order_in_which_answers_are_told_does_not_matter() =>
        s_answers.Sample(answers =>
            Assert.Equal(Gaps.Of(0, 2000, answers, Pause), Gaps.Of(0, 2000, answers.Reverse(), Pause))
        );

    [Fact]
    public void Nearly_all_gaps_are_at_most_the_99th_and_that_is_at_most_the_longest() =>
        s_answers.Sample(answers =>
        {
            var gaps = Gaps.Of(0, 2000, answers, Pause);
            Assert.InRange(gaps.P99, 0, gaps.Longest);
        });
}
