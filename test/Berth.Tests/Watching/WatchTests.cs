using Xunit;

namespace Berth.Watching;

/// <summary>A wedged server is told from one that is none, within its bound.</summary>
public sealed class WatchTests
{
    [Fact]
    public void A_closed_listener_of_a_living_server_is_acted_on_within_five_seconds()
    {
        var stage = Stage.Running();
        stage.Door = Door.Closed;
        Assert.InRange(stage.UntilOrder(60) ?? long.MaxValue, 2_000, 5_000);
        Assert.Equal((Order.Restart, Wound.ListenerGone), (stage.Orders[0].Order, stage.Orders[0].Wound));
        stage.For(120);
        Assert.Single(stage.Orders);
    }

    public static TheoryData<string> Hangs => new("halted", "silent", "spinning", "wrong");

    [Theory]
    [MemberData(nameof(Hangs))]
    public void A_hang_is_acted_on_within_thirty_seconds(string how)
    {
        for (var phase = 0; phase < 10; phase++)
        {
            var stage = Stage.Running().For(phase);
            switch (how)
            {
                case "halted":
                    stage.Main = 'T';
                    break;
                case "silent":
                    (stage.Latency, stage.Queue) = (() => null, 3);
                    break;
                case "spinning":
                    (stage.Latency, stage.Main) = (() => null, 'R');
                    break;
                default:
                    stage.Wrong = "answers 500";
                    break;
            }
            Assert.InRange(stage.UntilOrder(60) ?? long.MaxValue, 10_000, 29_000);
            Assert.Equal(Order.Restart, stage.Orders[0].Order);
            Assert.Equal(
                how switch
                {
                    "halted" => Wound.Halted,
                    "wrong" => Wound.WrongAnswer,
                    _ => Wound.Silent,
                },
                stage.Orders[0].Wound
            );
        }
    }

    [Fact]
    public void A_listener_that_is_replaced_within_a_second_is_no_wound()
    {
        var stage = Stage.Running();
        for (var i = 0; i < 100; i++)
        {
            stage.Door = Door.Closed;
            stage.For(1).Heal();
            stage.For(5);
        }
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void Late_answers_that_come_are_answers()
    {
        var stage = Stage.Running();
        stage.Latency = () => 9_000;
        stage.For(3_600);
        Assert.Empty(stage.Orders);
        // The control: the same server, when the answers stop.
        stage.Latency = () => null;
        Assert.NotNull(stage.UntilOrder(60));
    }

    [Fact]
    public void One_request_that_is_never_answered_is_no_hang()
    {
        var stage = Stage.Running();
        var asked = 0;
        stage.Latency = () => asked++ % 2 == 0 ? null : 20;
        stage.For(3_600);
        Assert.Empty(stage.Orders);
    }

    [Theory]
    [InlineData(Strain.None, 29)]
    [InlineData(Strain.Memory, 90)]
    [InlineData(Strain.Processor, 90)]
    [InlineData(Strain.Host, 90)]
    [InlineData(Strain.Sends, 150)]
    public void A_busy_server_is_given_more_time_and_not_for_ever(int strain, int seconds)
    {
        var stage = Stage.Running();
        (stage.Latency, stage.Strain) = (() => null, (Strain)strain);
        var took = stage.UntilOrder(seconds) ?? long.MaxValue;
        Assert.InRange(took, strain == 0 ? 10_000 : 55_000, seconds * 1000L);
    }

    [Fact]
    public void Wrong_answers_that_arrive_are_no_excuse()
    {
        var stage = Stage.Running();
        (stage.Wrong, stage.Strain) = ("answers 500", Strain.Sends);
        Assert.InRange(stage.UntilOrder(60) ?? long.MaxValue, 10_000, 29_000);
    }

    [Fact]
    public void A_busy_server_that_gets_on_again_is_left_alone()
    {
        var stage = Stage.Running();
        for (var i = 0; i < 20; i++)
        {
            (stage.Latency, stage.Strain) = (() => null, Strain.Memory);
            stage.For(45).Heal();
            stage.For(20);
        }
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void A_server_that_migrates_for_minutes_before_it_opens_its_port_is_left_alone()
    {
        var stage = new Stage { Door = Door.Closed };
        stage.For(590);
        Assert.Empty(stage.Orders);
        // The control: it never opens it.
        Assert.NotNull(stage.UntilOrder(30));
        Assert.Equal(Wound.NeverReady, stage.Orders[0].Wound);
    }

    [Fact]
    public void A_server_that_a_person_stops_stays_stopped()
    {
        var stage = Stage.Running();
        // A server that is told to end closes its port first.
        stage.Door = Door.Closed;
        stage.For(1);
        stage.Unit = stage.Unit with { Phase = UnitPhase.Stopping };
        stage.For(20).Stop();
        stage.For(7_200);
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void A_server_that_a_person_stopped_and_that_ended_badly_stays_stopped_as_well()
    {
        var stage = Stage.Running();
        stage.Stop();
        stage.Unit = stage.Unit with { Phase = UnitPhase.Failed, Result = "exit-code" };
        stage.For(7_200);
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void A_server_that_systemd_gave_up_is_started_again()
    {
        var stage = Stage.Running();
        stage.Stop();
        stage.Unit = stage.Unit with { Phase = UnitPhase.Failed, Result = "start-limit-hit" };
        Assert.NotNull(stage.UntilOrder(10));
        Assert.Equal((Order.Start, Wound.GivenUp), (stage.Orders[0].Order, stage.Orders[0].Wound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_that_is_frozen_or_debugged_is_paused_by_a_person(bool frozen)
    {
        var stage = Stage.Running();
        stage.Latency = () => null;
        if (frozen)
            stage.Unit = stage.Unit with { Frozen = true };
        else
            stage.Main = 't';
        stage.For(7_200);
        Assert.Empty(stage.Orders);
        stage.Heal();
        stage.Unit = stage.Unit with { Frozen = false };
        stage.For(60);
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void What_was_before_a_gap_counts_for_nothing()
    {
        var stage = Stage.Running();
        stage.Latency = () => null;
        // It hangs for as long as one may; then the host sleeps for eight hours, and it answers again.
        stage.For(12);
        stage.Tick(8 * 3_600_000L);
        stage.Heal();
        stage.For(60);
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void Somebody_else_on_its_port_is_told_once_and_never_taken_for_it()
    {
        var stage = Stage.Running();
        stage.Door = Door.Squatted;
        stage.For(600);
        Assert.Empty(stage.Orders);
        Assert.Equal([Tiding.Squatted], stage.Tidings);
        stage.Door = Door.Closed;
        Assert.InRange(stage.UntilOrder(10) ?? long.MaxValue, 0, 5_000);
        Assert.Contains(Tiding.PortFree, stage.Tidings);
    }

    [Fact]
    public void While_systemd_does_not_answer_nothing_is_done()
    {
        var stage = Stage.Running();
        stage.Unit = stage.Unit with { Phase = UnitPhase.Unknown };
        stage.Door = Door.Closed;
        stage.For(600);
        Assert.Empty(stage.Orders);
    }

    [Fact]
    public void A_watchdog_that_was_restarted_knows_what_was_ready_and_how_often_it_acted()
    {
        var stage = Stage.Running();
        stage.Door = Door.Closed;
        stage.OnRestart = broken => broken.Door = Door.Closed;
        stage.UntilOrder(30);
        var memory = WatchMemory.Parse(
            new WatchMemory([new WatchedServer("alice", "t3-serve@alice.service", stage.State, 3)]).ToJson()
        );
        Assert.Single(memory.Servers[0].State.Done);
        Assert.Equal(stage.State.Done, memory.Servers[0].State.Done);
        Assert.Equal(WatchMemory.Empty, WatchMemory.Parse("{\"servers\": 3"));
    }
}
