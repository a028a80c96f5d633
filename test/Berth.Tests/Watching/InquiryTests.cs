using Xunit;

namespace Berth.Watching;

/// <summary>What is known from questions, some of which are answered late and some never.</summary>
public sealed class InquiryTests
{
    private readonly Inquiry _inquiry = new();

    private void Ask(long at) => Assert.True(_inquiry.Turn(at, Decision.Quick));

    [Fact]
    public void A_good_answer_ends_every_doubt_that_is_older()
    {
        Ask(0);
        Ask(2_000);
        Ask(4_000);
        Assert.Equal(
            (0L, 2, "does not answer"),
            (_inquiry.Known.Doubted, _inquiry.Known.Fruitless, _inquiry.Known.Said)
        );
        _inquiry.Hear(2_000, Answer.Well, 4_500);
        Assert.Equal(Asking.Good(4_500), _inquiry.Known);
        Assert.Equal(2_500, _inquiry.Took);
        // The one that was asked before it may stay unanswered for ever; the younger one still counts.
        _inquiry.Hear(0, Answer.Silence("does not answer"), 60_000);
        Assert.Null(_inquiry.Known.Doubted);
        Assert.Equal([4_000], _inquiry.Open);
    }

    [Fact]
    public void A_late_question_counts_once_whatever_becomes_of_it()
    {
        Ask(0);
        _inquiry.Turn(2_000, 0);
        _inquiry.Turn(3_000, 0);
        _inquiry.Hear(0, Answer.Silence("ends connections without an answer"), 3_500);
        Assert.Equal((1, "ends connections without an answer"), (_inquiry.Known.Fruitless, _inquiry.Known.Said));
    }

    [Fact]
    public void The_first_question_is_waited_for_while_younger_ones_give_way()
    {
        for (var at = 0; at < 40_000; at += 2_000)
            Ask(at);
        Assert.InRange(_inquiry.Open.Count, 2, 8);
        _inquiry.Hear(0, Answer.Well, 41_000);
        Assert.Equal(41_000, _inquiry.Known.Answered);
        Assert.Null(_inquiry.Known.Doubted);
    }

    [Fact]
    public void Nothing_is_asked_sooner_than_its_pace_or_where_there_is_none()
    {
        Assert.False(_inquiry.Turn(0, 0));
        Ask(0);
        Assert.False(_inquiry.Turn(1_999, Decision.Quick));
        Assert.False(_inquiry.Turn(9_999, Decision.Calm));
        Assert.True(_inquiry.Turn(10_000, Decision.Calm));
        _inquiry.Forget();
        Assert.Equal(Asking.Nothing, _inquiry.Known);
        Assert.False(_inquiry.Turn(10_001, Decision.Quick));
        Assert.True(_inquiry.Turn(12_000, Decision.Quick));
    }
}
