using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>The same hog outside of a server: in an ssh session, a user scope, a tmux pane. It dies at a cap and the
/// session it came from lives.</summary>
public sealed class SurfaceTests(Debian13 vm) : IClassFixture<Debian13>
{
    [Fact]
    public async Task A_hog_in_any_session_dies_at_a_cap_and_the_session_lives()
    {
        await Surfaces.Prepare(vm);
        await Surfaces.SshSession(vm);
        await Surfaces.UserScope(vm);

        (await vm.As("alice", Surfaces.HogInPane)).Ok();
        Assert.Equal("137", await vm.Ask("cat /home/alice/pane"));
        (await vm.Run("dmesg | grep oom-kill: | tail -1 | grep -q 'oom_memcg=.*/tmux-spawn-'")).Ok();
        (await vm.As("alice", Surfaces.PaneLives)).Ok();
    }

    /// <summary>For its first moments a pane's process is still in the ssh session's scope, and what it takes there stays
    /// charged there: it escapes the pane's cap, but not the slice's.</summary>
    [Fact]
    public async Task What_escapes_the_panes_cap_is_bounded_by_the_persons_slice()
    {
        await Surfaces.Prepare(vm);
        (
            await vm.As(
                "alice",
                "tmux kill-server 2>/dev/null; tmux new-session -d -s other; tmux new-window 'standin hog --to 900; echo $? >~/escape'; timeout 60 bash -c 'until [ -s ~/escape ]; do sleep 0.2; done'"
            )
        ).Ok();
        Assert.Equal("137", await vm.Ask("cat /home/alice/escape"));
        (await vm.As("alice", "tmux has-session -t other")).Ok();
        var peak = long.Parse(await vm.Ask("cat /sys/fs/cgroup/user.slice/user-$(id -u alice).slice/memory.peak"));
        Assert.InRange(peak, 0, 400L << 20);
    }

    [Fact]
    public async Task Without_the_drop_ins_the_hog_lives_and_the_pane_is_torn_down()
    {
        await Surfaces.Prepare(vm);
        // Control 1: systemd's default for scopes stops the pane that held the killed process.
        (
            await vm.Run(
                "sed -i /OOMPolicy/d /etc/systemd/user/scope.d/50-berth.conf && systemctl --user --machine=bob@.host daemon-reload"
            )
        ).Ok();
        (
            await vm.As(
                "bob",
                "tmux new-session -d -s work; tmux send-keys -t work 'standin hog --to 300; echo $? >~/pane' Enter"
            )
        ).Ok();
        await vm.Until("dmesg | grep oom-kill: | tail -1 | grep -q tmux-spawn");
        (
            await vm.Run(
                "for i in $(seq 100); do runuser -u bob -- tmux has-session -t work 2>/dev/null || exit 0; sleep 0.2; done; exit 1"
            )
        ).Ok();
        // Control 2: without the slice's cap the same hog takes what it likes.
        (
            await vm.Run(
                "rm /etc/systemd/system/user-.slice.d/50-berth.conf && systemctl daemon-reload && echo max >/sys/fs/cgroup/user.slice/user-$(id -u bob).slice/memory.max"
            )
        ).Ok();
        (await vm.As("bob", "standin hog --to 900")).Ok();
        (await vm.Berth("apply")).Says("scope.d/50-berth.conf was edited by hand").Exits(1);
        (await vm.Berth("apply --overwrite-drift")).Ok();
    }
}

/// <summary>Debian 12: no OOMPolicy for scopes, no scope of its own for a tmux pane. The person's slice is the cap of
/// everything they do there (docs/adr/0004).</summary>
public sealed class OlderSurfaceTests(Debian12 vm) : IClassFixture<Debian12>
{
    [Fact]
    public async Task On_Debian_12_a_hog_in_any_session_dies_at_a_cap_and_the_session_lives()
    {
        await Surfaces.Prepare(vm);
        await Surfaces.SshSession(vm);
        await Surfaces.UserScope(vm);

        (await vm.As("alice", Surfaces.HogInPane.Replace("--to 300", "--to 900", StringComparison.Ordinal))).Ok();
        Assert.Equal("137", await vm.Ask("cat /home/alice/pane"));
        (
            await vm.Run(
                "dmesg | grep oom-kill: | tail -1 | grep -q \"oom_memcg=/user.slice/user-$(id -u alice).slice,\""
            )
        ).Ok();
        (await vm.As("alice", Surfaces.PaneLives)).Ok();
        (await vm.Berth("plan")).Ok().Says("no OOMPolicy for scopes");
        await What_happens_is_explained_and_healed_here_too();
    }

    private async Task What_happens_is_explained_and_healed_here_too()
    {
        (await vm.Run("systemctl is-active berth-recorder berth-watchdog")).Ok();
        await vm.Until("berth incidents --user alice --json | grep -q 'standin hog --to 900'");
        await vm.Until("grep -c '\"ready\": true' /run/berth-watchdog/state.json | grep -qx 2");
        (await vm.Run(StandIns.Ask(StandIns.AlicePort, "POST /wound?closed", 30))).Ok();
        await vm.Until("berth incidents --kind wedge --user alice --json | grep -q 'answers after'");
    }
}

/// <summary>The scenarios that both Debians share.</summary>
internal static class Surfaces
{
    public const string HogInPane = """
        rm -f ~/pane; tmux kill-server 2>/dev/null; tmux new-session -d -s work
        tmux send-keys -t work 'standin hog --to 300; echo $? >~/pane' Enter
        timeout 60 bash -c 'until [ -s ~/pane ]; do sleep 0.2; done'
        """;

    public const string PaneLives = """
        set -e
        test "$(tmux list-panes -t work -F '#{pane_dead}')" = 0
        tmux send-keys -t work 'echo still-here >~/alive' Enter
        timeout 30 bash -c 'until [ -s ~/alive ]; do sleep 0.2; done'
        """;

    public static async Task Prepare(Vm vm)
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply --overwrite-drift")).Ok();
        await vm.LetIn("alice");
        await vm.LetIn("bob");
    }

    public static async Task SshSession(Vm vm)
    {
        (await vm.As("alice", "standin hog --to 900; test $? = 137 && echo session lives")).Ok().Says("session lives");
        (
            await vm.Run(
                "dmesg | grep oom-kill: | tail -1 | grep -q \"oom_memcg=/user.slice/user-$(id -u alice).slice,\""
            )
        ).Ok();
    }

    public static async Task UserScope(Vm vm)
    {
        (
            await vm.As(
                "alice",
                "systemd-run --user --scope --quiet standin hog --to 300; test $? = 137 && echo session lives"
            )
        )
            .Ok()
            .Says("session lives");
        (await vm.Run("dmesg | grep oom-kill: | tail -1 | grep -q 'oom_memcg=.*/run-.*scope'")).Ok();
    }
}
