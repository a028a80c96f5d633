using Xunit;

namespace Berth.Watching;

/// <summary>Two hours of what looks like a wedge and is none, on time that is only counted.</summary>
public sealed class SoakTests
{
    private const int TwoHours = 7_200;

    /// <summary>What is lived through, and a word for it.</summary>
    public static TheoryData<string> Lives =>
        new("load", "migration", "paused", "clock", "suspended", "memory", "stopped");

    [Theory]
    [MemberData(nameof(Lives))]
    public void Nobody_is_restarted_who_is_not_wedged(string life)
    {
        var stage = Live(life);
        Assert.Empty(stage.Orders);
        Assert.Equal(Stance.Watching, stage.State.Stance);
    }

    /// <summary>The control: the usual watchdog (ask each ten seconds with two seconds of patience, restart after thirty
    /// seconds without an answer) restarts somebody in every one of these lives.</summary>
    [Theory]
    [MemberData(nameof(Lives))]
    public void The_naive_watchdog_restarts_in_every_one_of_these(string life)
    {
        var (good, restarts, next) = (0L, 0, 0L);
        Live(
            life,
            // It goes by the clock on the wall.
            (stage, wall) =>
            {
                if (wall < next)
                    return;
                next = wall + 10_000;
                var answers =
                    stage
                        is {
                            Door: Door.Open,
                            Main: 'S' or 'R',
                            Wrong: null,
                            Unit: { Phase: UnitPhase.Active, Frozen: false }
                        }
                    && stage.Latency() <= 2_000;
                if (answers || good == 0)
                    good = wall;
                else if (wall - good >= 30_000)
                    (good, restarts) = (wall, restarts + 1);
            }
        );
        Assert.True(restarts > 0, life);
    }

    private static Stage Live(string life, Action<Stage, long>? naive = null)
    {
        var stage = life is "migration" ? new Stage { Door = Door.Closed } : Stage.Running();
        var random = new Random(7);
        var set = 0L;
        for (var second = 0; second < TwoHours; second++)
        {
            switch (life)
            {
                case "load":
                    // Heavy and honest: answers take up to ten seconds for minutes on end, and connections wait.
                    var heavy = second % 600 < 400;
                    stage.Latency = heavy ? () => random.Next(1_500, 10_000) : () => 20;
                    (stage.Queue, stage.Main) = (heavy ? random.Next(0, 40) : 0, heavy ? 'R' : 'S');
                    break;
                case "migration" when second == 60:
                    stage.Heal();
                    break;
                case "paused":
                    stage.Unit = stage.Unit with { Frozen = second % 1_800 is > 100 and < 900 };
                    stage.Latency = stage.Unit.Frozen ? () => null : () => 20;
                    break;
                case "clock":
                case "suspended":
                    // Nothing answers for a moment before and after. Between them the clock is set by hours; or the host
                    // sleeps for as long, which is one round.
                    var around = second % 900;
                    stage.Latency = around is > 500 and < 512 ? () => null : () => 20;
                    if (around == 506 && life is "clock")
                        set += second < 4_000 ? 3 * 3_600_000L : -3 * 3_600_000L;
                    else if (around == 506)
                        stage.Tick(3 * 3_600_000L);
                    break;
                case "memory":
                    // At its cap for 40 s until the kernel has killed what takes it.
                    var full = second % 600 is > 300 and < 340;
                    stage.Strain = full ? Strain.Memory : Strain.None;
                    stage.Latency = full ? () => null : () => 20;
                    break;
                case "stopped" when second == 100:
                    stage.Stop();
                    break;
            }
            stage.Tick();
            naive?.Invoke(stage, stage.At + set);
        }
        return stage;
    }
}
