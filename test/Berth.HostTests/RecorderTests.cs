using System.Text.Json;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Every death is explained, whoever dies under whatever name and however often the recorder itself is killed:
/// the kernel's own log is the referee.</summary>
public sealed class RecorderTests(Debian13 vm) : IClassFixture<Debian13>
{
    private readonly Hogs _hogs = new(vm);

    private async Task Begin()
    {
        await vm.Write("/etc/berth/roster.yaml", Hogs.Roster);
        (await vm.Berth("apply")).Ok();
        await _hogs.Bring();
        await _hogs.Clear();
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    [Fact]
    public async Task Every_kill_of_three_people_is_attributed_whatever_it_called_itself()
    {
        await Begin();
        // Somebody who is in nobody's roster is followed by nobody.
        var carol = int.Parse(await vm.Ask("id -u carol"));
        var took = await _hogs.RunAtOnce(each: 34);

        var (kernel, own) = (await _hogs.Kernel(), await _hogs.Own());
        var told = await _hogs.Recorder(kernel.Count);
        Say($"{kernel.Count} kills in {took / 1e9:0.0} s; the recorder told {told.Count}");
        Assert.InRange(kernel.Count, 100, 110);
        Hogs.AreTheSame(kernel, told);
        Assert.All(
            told,
            death =>
            {
                var mark = own[death.Pid];
                var user = mark[..mark.IndexOf('-', StringComparison.Ordinal)];
                Assert.Equal((user, 1), (death.User, death.Count));
                Assert.Equal(Hogs.Surface(user, carol), death.Surface);
                Assert.Matches($"^(perl /opt/hog.pl short {mark}|'hog [a-z]+ {mark}')$", death.Argv);
                Assert.Equal(
                    death.Argv!.Contains("double", StringComparison.Ordinal)
                        ? death.Argv
                        : $"perl /opt/burst.pl {user} 34",
                    death.Parent
                );
            }
        );
        await Its_owner_is_told(own.Count);
        await It_needs_no_more_than_it_has();
    }

    /// <summary>In a file that they alone may read, and cannot change.</summary>
    private async Task Its_owner_is_told(int hogs)
    {
        Assert.True(hogs >= 100);
        const string receipt = "/run/berth/receipts/alice/oom";
        (await vm.Run($"runuser -u alice -- tail -1 {receipt}"))
            .Ok()
            .Says("berth: your `perl /opt/hog.pl")
            .Says("narrow it before running it again");
        Assert.Equal("20", await vm.Ask($"runuser -u alice -- cat {receipt} | wc -l"));
        (await vm.Run($"runuser -u bob -- cat {receipt}")).Exits(1).Says("Permission denied");
        (await vm.Run($"runuser -u alice -- sh -c 'echo x >>{receipt}'")).Exits(2).Says("Permission denied");
        (await vm.Run($"runuser -u alice -- rm -f {receipt}")).Exits(1).Says("Permission denied");
    }

    private async Task It_needs_no_more_than_it_has()
    {
        const string pid = "$(systemctl show -p MainPID --value berth-recorder)";
        // CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYSLOG; the fourth, CAP_KILL, only with on-stall: kill-leaf.
        Assert.Equal("0000000400081000", await vm.Ask($"grep ^CapEff /proc/{pid}/status | cut -f2"));
        Assert.Equal("67108864", await vm.Ask("cat /sys/fs/cgroup/berth-recorder.service/memory.min"));
        Say(
            $"peak {long.Parse(await vm.Ask("cat /sys/fs/cgroup/berth-recorder.service/memory.peak")) >> 20} MiB, {await vm.Ask($"grep VmRSS /proc/{pid}/status")}"
        );
        // The kernel's pressure trigger, where the cgroup is not given to its person.
        (await vm.Run($"ls -l /proc/{pid}/fd | grep '^lrwx.*user-.*memory.pressure'")).Ok();
    }

    [Fact]
    public async Task Killed_again_and_again_the_recorder_loses_none()
    {
        await Begin();
        await _hogs.Run(
            each: 12,
            // As soon as it says that it runs. A kernel that writes more than its log holds before that, nobody can read.
            meanwhile: "[ $(systemctl is-active berth-recorder) != active ] || { systemctl kill -s KILL berth-recorder && echo x >>/root/killed; }"
        );
        var (kernel, own) = (await _hogs.Kernel(), await _hogs.Own());
        var told = await _hogs.Recorder(kernel.Count);
        Say($"{kernel.Count} kills while the recorder was killed {await vm.Ask("wc -l </root/killed")} times");
        Say($"of {told.Count(death => death.Argv is null)} it is not known what they ran");
        Assert.InRange(kernel.Count, 36, 46);
        // Each one once: none is lost, none told twice, nobody is named for another's.
        Hogs.AreTheSame(kernel, told);
        Assert.All(
            told,
            death =>
            {
                Assert.StartsWith($"{death.User}-", own[death.Pid], StringComparison.Ordinal);
                if (death.Argv?.Contains("hog.pl", StringComparison.Ordinal) is true)
                    Assert.EndsWith($" {own[death.Pid]}", death.Argv, StringComparison.Ordinal);
            }
        );
    }
}
