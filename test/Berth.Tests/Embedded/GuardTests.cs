using CsCheck;
using Xunit;

namespace Berth.Embedded;

public sealed class GuardTests
{
    [Fact]
    public void Below_the_cap_nobody_is_killed() =>
        Assert.Null(Guard.Victim([new(1, 50, true), new(2, 50, false)], 100));

    [Fact]
    public void Over_the_cap_the_largest_child_goes_and_the_server_stays() =>
        Assert.Equal(3, Guard.Victim([new(1, 60, true), new(2, 20, false), new(3, 40, false)], 100)!.Value.Pid);

    [Fact]
    public void A_server_that_is_over_the_cap_by_itself_goes() =>
        Assert.Equal(1, Guard.Victim([new(1, 160, true), new(2, 20, false)], 100)!.Value.Pid);

    [Fact]
    public void A_cap_is_lowered_only_when_what_is_held_fits_below_it()
    {
        TreeProcess[] tree = [new(1, 60, true), new(2, 90, false)];
        Assert.Equal(new Lowering(false, tree[1]), Lowering.Of(tree, 140, 100, 0));
        // It is dying, and what it held is not back yet: nobody else goes for it.
        Assert.Equal(new Lowering(false, null), Lowering.Of(tree[..1], 140, 100, 1));
        Assert.Equal(new Lowering(true, null), Lowering.Of(tree[..1], 60, 100, 2));
        // Shared pages count for each process that has them, and are held once.
        Assert.Equal(new Lowering(true, null), Lowering.Of(tree, 90, 100, 0));
        Assert.True(Lowering.Of(tree, 140, 100, Lowering.Patience).IsReady);
    }

    [Fact]
    public void The_victim_is_always_one_of_the_tree_and_only_over_the_cap() =>
        Gen.Select(Gen.Select(Gen.Int[1, 99], Gen.Long[0, 1000]).Array[0, 10], Gen.Long[1, 3000])
            .Sample(
                (tree, cap) =>
                {
                    var processes = tree.Select((one, at) => new TreeProcess(one.Item1, one.Item2, at == 0)).ToList();
                    var victim = Guard.Victim(processes, cap);
                    return victim is null == (processes.Sum(process => process.Rss) <= cap)
                        && (victim is null || processes.Contains(victim.Value));
                }
            );
}

public sealed class RestartPolicyTests
{
    [Fact]
    public void A_clean_exit_is_not_followed_by_a_restart()
    {
        Assert.Null(new RestartPolicy(3).After(0, TimeSpan.Zero).Pause);
        // Some end with 0 when they were killed: code-server does.
        Assert.NotNull(new RestartPolicy(3, ZeroIsFailure: true).After(0, TimeSpan.Zero).Pause);
    }

    [Fact]
    public void Pauses_grow_to_a_minute_and_start_again_after_a_long_life()
    {
        var policy = new RestartPolicy(0);
        var pauses = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            (policy, var pause) = policy.After(1, TimeSpan.FromSeconds(2));
            pauses.Add(pause!.Value.TotalSeconds);
        }
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        Assert.Equal(TimeSpan.FromSeconds(1), policy.After(137, RestartPolicy.Stable).Pause);
    }
}
