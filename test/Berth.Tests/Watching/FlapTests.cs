using CsCheck;
using Xunit;

namespace Berth.Watching;

/// <summary>What does not help is not done without end.</summary>
public sealed class FlapTests
{
    private static Stage Hopeless(WatchSettings? settings = null)
    {
        var stage = Stage.Running(settings);
        // Well for long enough to have been ready; then wedged again.
        stage.OnRestart = server =>
        {
            server.Heal();
            var until = server.At + 8_000;
            server.Latency = () => server.At < until ? 20 : null;
        };
        stage.Latency = () => null;
        return stage;
    }

    [Fact]
    public void At_the_cap_hands_are_off_with_one_tiding()
    {
        var stage = Hopeless().For(1_200);
        Assert.Equal(3, stage.Restarts);
        Assert.Equal([Tiding.Exhausted], stage.Tidings);
        Assert.Equal(Stance.Exhausted, stage.State.Stance);
        Assert.True(stage.State.HandsOff);
    }

    [Fact]
    public void Once_more_in_an_hour_and_still_the_same_incident()
    {
        var stage = Hopeless().For(2 * 3_600);
        Assert.Equal(4, stage.Restarts);
        Assert.Equal([Tiding.Exhausted], stage.Tidings);
    }

    [Fact]
    public void A_server_that_heals_by_itself_is_looked_after_again()
    {
        var stage = Hopeless().For(600);
        stage.Heal();
        stage.For(180);
        Assert.Equal([Tiding.Exhausted, Tiding.Recovered], stage.Tidings);
        Assert.False(stage.State.HandsOff);
    }

    [Fact]
    public void A_person_who_restarts_it_gives_it_back()
    {
        var stage = Hopeless().For(600);
        stage.RestartByHand();
        stage.For(60);
        Assert.Equal([Tiding.Exhausted, Tiding.TakenOver], stage.Tidings);
        stage.Door = Door.Closed;
        Assert.NotNull(stage.UntilOrder(10));
    }

    [Fact]
    public void A_crash_loop_is_stopped_after_five_ends_and_tried_again_ever_more_seldom()
    {
        var stage = Stage.Running();
        stage.OnRestart = server => server.Latency = () => null;
        for (var i = 0; i < 5; i++)
        {
            stage.Crash();
            stage.For(6);
        }
        Assert.Equal(Order.Stop, Assert.Single(stage.Orders).Order);
        Assert.Equal(UnitPhase.Inactive, stage.Unit.Phase);
        var tries = new List<long>();
        for (var seconds = 0; seconds < 4 * 3_600; seconds++)
        {
            stage.Tick();
            if (
                stage.Orders[^1].Order is Order.Start
                && stage.State.Stance is Stance.Trying
                && stage.At - stage.Orders[^1].At == 5_000
            )
            {
                tries.Add(stage.At);
                stage.Crash();
            }
        }
        var pauses = tries.Zip(tries.Skip(1), (one, next) => (next - one) / 60_000).ToList();
        Assert.True(tries.Count is >= 7 and <= 10, $"{tries.Count} tries");
        Assert.Equal(pauses.Order(), pauses);
        Assert.All(pauses, pause => Assert.InRange(pause, 1, 61));
        Assert.Equal(0, stage.Restarts);
    }

    [Fact]
    public void A_crash_loop_whose_cause_is_gone_recovers()
    {
        var stage = Stage.Running();
        for (var i = 0; i < 5; i++)
        {
            stage.Crash();
            stage.For(6);
        }
        Assert.Equal(Stance.Looping, stage.State.Stance);
        stage.For(180);
        Assert.Equal(Stance.Watching, stage.State.Stance);
        Assert.Equal(Tiding.Recovered, stage.Tidings[^1]);
    }

    [Fact]
    public void A_crash_loop_for_want_of_its_port_is_tried_as_soon_as_that_is_free()
    {
        var stage = Stage.Running();
        for (var i = 0; i < 5; i++)
        {
            stage.Crash();
            stage.For(6);
        }
        stage.State = stage.State with { WantsPort = true };
        stage.Door = Door.Squatted;
        stage.For(30);
        Assert.Equal(Order.Stop, stage.Orders[^1].Order);
        stage.Door = Door.Closed;
        Assert.InRange(stage.UntilOrder(10) ?? long.MaxValue, 0, 5_000);
        Assert.Equal(Order.Start, stage.Orders[^1].Order);
    }

    [Fact]
    public void An_end_now_and_then_is_told_and_is_no_loop()
    {
        var stage = Stage.Running();
        for (var i = 0; i < 30; i++)
        {
            stage.Crash();
            stage.For(180);
        }
        Assert.Empty(stage.Orders);
        Assert.Equal(30, stage.Tidings.Count(tiding => tiding is Tiding.Ended));
    }

    /// <summary>Whatever happens to a server, in whatever order.</summary>
    private static readonly Action<Stage>[] s_anything =
    [
        stage => stage.Heal(),
        stage => stage.Door = Door.Closed,
        stage => stage.Door = Door.Squatted,
        stage => stage.Door = Door.Unknown,
        stage => stage.Latency = () => null,
        stage => stage.Latency = () => 9_000,
        stage => stage.Wrong = "answers 500",
        stage => stage.Main = 'T',
        stage => stage.Main = 't',
        stage => stage.Main = null,
        stage => stage.Strain = Strain.Memory,
        stage => stage.Tick(60_000),
        stage => stage.OnRestart = _ => { },
        stage => stage.OnRestart = server => server.Latency = () => null,
        stage => stage.OnRestart = server => server.Door = Door.Closed,
    ];

    private static readonly Gen<Action<Stage>[]> s_course = Gen.Int[0, s_anything.Length - 1]
        .Select(which => s_anything[which])
        .Array[5, 60];

    [Fact]
    public void Never_more_restarts_than_the_cap_within_its_window() =>
        Gen.Select(s_course, Gen.Int[1, 5], Gen.Int[1, 30])
            .Sample(
                (course, most, minutes) =>
                {
                    var settings = new WatchSettings(most, minutes * 60_000L);
                    var stage = Stage.Running(settings);
                    foreach (var happens in course)
                    {
                        happens(stage);
                        stage.For(40);
                    }
                    var done = stage
                        .Orders.Where(order => order.Order is Order.Restart)
                        .Select(order => order.At)
                        .ToList();
                    Assert.All(
                        done,
                        at => Assert.InRange(done.Count(other => other >= at && other < at + settings.Window), 1, most)
                    );
                },
                iter: 300
            );

    [Fact]
    public void Never_is_a_stopped_server_restarted() =>
        Gen.Select(s_course, s_course)
            .Sample(
                (before, after) =>
                {
                    var stage = Stage.Running();
                    foreach (var happens in before)
                    {
                        happens(stage);
                        stage.For(25);
                    }
                    // What the watchdog itself has stopped it may try again; this is about what a person has.
                    if (stage.State.Stance is Stance.Looping or Stance.Trying)
                        return;
                    stage.For(5);
                    stage.Stop();
                    var orders = stage.Orders.Count;
                    foreach (var happens in after)
                    {
                        happens(stage);
                        stage.For(25);
                    }
                    Assert.Equal(orders, stage.Orders.Count);
                },
                iter: 300
            );
}
