using System.Globalization;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Drills pass on a host that Berth applied, and each way of breaking it fails the right one; what should not be
/// done is refused; and a drill that is killed leaves nothing.</summary>
public sealed class DrillTests(Debian13 vm) : IClassFixture<Debian13>
{
    private static readonly string s_roster =
        StandIns.Roster.Replace(
            "servers:",
            "store: {kind: local}\ngateway: {listen: 127.0.0.1:3780}\nservers:",
            StringComparison.Ordinal
        ) + "\n  carol: {parked: true}";

    /// <summary>All that a drill makes: what is there before is there after, and nothing else. Folders of Berth's own that
    /// come with the first token stay, and what was told of a real person whose surface was drilled.</summary>
    private const string Traces = """
        { find /etc /home /run/systemd/system /run/systemd/transient /var/lib/berth-login /var/mail \
            /var/lib/systemd/linger 2>/dev/null | grep -v -e '/etc/.*lock$'
          find /run/berth/tokens /var/lib/berth -type f -not -path '/var/lib/berth/recorder/*' 2>/dev/null
          # A drill's by name, or of an account that is gone.
          find / /run /tmp /sys/fs/cgroup -xdev \( -path /usr -o -path /root -o -path /proc \) -prune -o \
            \( -name '*drill*' -o -nouser -o -nogroup \) -print 2>/dev/null
          getent passwd; getent group; getent shadow | cut -d: -f1,2,8; cat /etc/subuid /etc/subgid
          nft list table inet berth
          systemctl list-units --all --plain --no-legend --full '*drill*' | cut -d' ' -f1
          ps -eo user:20,args | grep -e drill | grep -v -e grep -e find
          grep drill /proc/mounts; losetup -a; cat /var/lib/berth/manifest.json
        } | sort
        """;

    [Fact]
    public async Task Every_drill_passes_on_a_host_that_berth_applied()
    {
        await Apply();
        var before = await vm.Ask(Traces);
        (
            await vm.Run(
                "(COLUMNS=200 berth drill all --report /root/drill.html >/root/all 2>&1; echo $? >/root/code) </dev/null >/dev/null 2>&1 &"
            )
        ).Ok();
        await vm.Until("systemctl is-active -q berth-drill.service");
        await Refused("berth drill hog", "another drill runs");
        await Refused("berth apply", "another berth is changing this host");
        // What is refused before anything is begun, also meanwhile.
        await Refused("runuser -u alice -- berth drill hog", "needs root");
        await Refused("unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && berth drill hog'", "no cgroup v2");
        await Refused("unshare -m sh -c 'mount -t tmpfs none /run/systemd && berth drill hog'", "does not run systemd");
        await Refused("berth drill hog --scale full --user carol --yes", "carol is parked");
        await Refused("berth drill hog --scale full --user alice", "--yes");
        await vm.Until("for i in $(seq 20); do test -s /root/code && exit; sleep 1; done; exit 1", 600);
        var all = await vm.Ask("cat /root/all");
        Say(all);
        Assert.True(await vm.Ask("cat /root/code") is "0", all);
        (await vm.Run("test -s /root/drill.html && grep -q uPlot /root/drill.html")).Ok();
        await NothingLeft(before);
    }

    /// <summary>The doctor names the cause before, the drill shows what it does. The first one is killed while it cleans up:
    /// what it found was told before.</summary>
    [Fact]
    public async Task Each_way_to_break_a_host_fails_the_right_drill_with_the_right_words()
    {
        await Apply();
        var before = await vm.Ask(Traces);
        var healthy = (await vm.Run("berth doctor")).Stdout;
        await vm.Run("fallocate -l 300M /swap && chmod 600 /swap && mkswap -q /swap && swapon /swap");
        await Broken(
            healthy,
            [
                new(
                    "/etc/systemd/system/standin-serve@.service.d/60-band.conf",
                    "[Service]\nMemoryHigh=110M",
                    "BAND",
                    "a soft band"
                ),
                new(
                    "/etc/systemd/system/standin-serve@.service.d/60-env.conf",
                    "[Service]\nEnvironmentFile=-/home/%i/.config/agent.env",
                    "ENV-FILE-OWNER",
                    "brought drill-two's secret"
                ),
                new(
                    "/etc/systemd/system/user-.slice.d/60-open.conf",
                    "[Slice]\nMemoryMax=infinity\nMemorySwapMax=infinity",
                    "TREE-UNCAPPED",
                    "there is no cap"
                ),
            ],
            async () =>
            {
                await vm.Run(
                    "berth drill hog squatter --shape plateau --shape session >/root/broken 2>&1 </dev/null &"
                );
                // Or it says why it was not done.
                await vm.Until("grep -q -e 'taking it all away' -e ^berth: /root/broken", 600);
                var said = await vm.Ask("cat /root/broken");
                Assert.DoesNotContain("berth:", said, StringComparison.Ordinal);
                await Kill("--kill-whom=main berth-drill.service");
                return said;
            }
        );
        await vm.Run("swapoff /swap; rm -f /swap");
        await Broken(
            healthy,
            [
                new(
                    "/etc/systemd/system/standin-serve@.service.d/60-stop.conf",
                    "[Service]\nOOMPolicy=stop",
                    "OOMPOLICY-SERVICE",
                    "OOMPolicy=stop"
                ),
                new(
                    "/etc/systemd/system/earlyoom.service.d/60-prefer.conf",
                    "[Service]\nExecStart=\nExecStart=/usr/bin/earlyoom -r 3600 -m 5 --prefer ^claude$",
                    "EARLYOOM-COMM",
                    "earlyoom would end claude"
                ),
            ],
            async () =>
                (
                    await vm.Run(
                        "COLUMNS=200 berth drill hog --shape instant --shape plateau --scale full --user alice --yes"
                    )
                )
                    .Exits(2)
                    .Stdout
        );
        await NothingLeft(before);
    }

    [Fact]
    public async Task What_should_not_be_drilled_is_refused_with_one_line()
    {
        await Apply();
        const string quick = "berth drill hog --shape instant";
        await Refused("berth drill bad-update", "no updates yet");
        // Pages that only a program that asks for huge ones gets: free memory is gone at once.
        await Refused(
            $"echo $(($(awk '/^MemAvailable/{{print int($2 / 2048)}}' /proc/meminfo) - 225)) >/proc/sys/vm/nr_hugepages; {quick}; code=$?; echo 0 >/proc/sys/vm/nr_hugepages; exit $code",
            "the drill needs"
        );
        await Refused(
            $"""
            systemd-run -q --unit press -p MemoryHigh=16M -p MemorySwapMax=0 standin hog --to 200 --hold 60
            for i in $(seq 300); do awk -F'[= ]' '/^full/ {"{ exit $3 < 8 }"}' /proc/pressure/memory && break; sleep 0.2; done
            {quick}; code=$?; systemctl kill -s KILL press; exit $code
            """,
            "waits for memory"
        );
        await vm.Write(
            "/etc/berth/roster.yaml",
            s_roster.Replace("memory: 300M", "memory: 310M", StringComparison.Ordinal)
        );
        await Refused(quick, "the roster is not applied");
    }

    /// <summary>While people are made, and while a hog grows; as it cleans up, that is with the broken hosts.</summary>
    [Fact]
    public async Task A_drill_that_is_killed_anywhere_leaves_nothing()
    {
        await Apply();
        var before = await vm.Ask(Traces);
        var after = (new Random(20261125).NextDouble() * 9).ToString("0.0", CultureInfo.InvariantCulture);
        await vm.Run("berth drill hog --shape slow >/root/killed 2>&1 </dev/null &");
        await vm.Until($"grep -q making /root/killed && sleep {after}");
        await Kill("--kill-whom=main berth-drill.service");
        await NothingLeft(before);
        // Whoever waits for it is killed; the drill ends with them.
        await vm.Run(
            "berth drill hog --shape slow --scale full --user alice --yes >/root/killed 2>&1 </dev/null & echo $! >/root/front"
        );
        await vm.Until("systemctl list-units --plain --no-legend 'berth-drill-*' | grep -q drill-4");
        (await vm.Run("kill -KILL $(cat /root/front)")).Ok();
        await Ended();
        await NothingLeft(before);
        Assert.Contains("Nothing to do", await vm.Ask("berth plan"), StringComparison.Ordinal);
    }

    private async Task Kill(string whom)
    {
        (await vm.Run($"systemctl kill --signal=KILL {whom}")).Ok();
        await Ended();
    }

    private Task<Outcome> Ended() =>
        vm.Until(
            "! systemctl show -P ActiveState berth-drill.service | grep -qx -e active -e activating -e deactivating",
            120
        );

    private async Task NothingLeft(string before)
    {
        string[] Lines(string text) => text.Split('\n');
        var after = await vm.Ask(Traces);
        Assert.Equal(
            "",
            string.Join(
                '\n',
                [
                    .. Lines(after).Except(Lines(before), StringComparer.Ordinal).Select(line => $"new: {line}"),
                    .. Lines(before).Except(Lines(after), StringComparer.Ordinal).Select(line => $"gone: {line}"),
                ]
            )
        );
    }

    /// <summary>One way to break a host.</summary>
    /// <param name="Path">The file that does it.</param>
    /// <param name="Text">Its text.</param>
    /// <param name="Rule">What the doctor calls it.</param>
    /// <param name="Words">What the drill says of it.</param>
    private sealed record Fault(string Path, string Text, string Rule, string Words);

    /// <summary>Breaks the host, is told so by the doctor, and by the drill; then mends it.</summary>
    private async Task Broken(string healthy, IReadOnlyList<Fault> faults, Func<Task<string>> drill)
    {
        const string reload = "systemctl daemon-reload; systemctl try-restart earlyoom 'standin-serve@*'";
        foreach (var fault in faults)
            await vm.Write(fault.Path, fault.Text);
        // Somebody works in a session, so that there is somebody whose cap is missing.
        (
            await vm.Run(
                $"{reload}; systemd-run -q --collect --unit at-work --uid alice --slice user-$(id -u alice).slice sleep 300"
            )
        ).Ok();
        var doctor = (await vm.Run("berth doctor")).Stdout;
        // A plan would cap the session that is there, and a drill wait for it.
        (await vm.Run("systemctl stop at-work")).Ok();
        var said = await drill();
        Say(said);
        foreach (var fault in faults)
        {
            Assert.DoesNotContain(fault.Rule, healthy, StringComparison.Ordinal);
            Assert.Contains(fault.Rule, doctor, StringComparison.Ordinal);
            Assert.Contains(fault.Words, said, StringComparison.Ordinal);
        }
        Assert.Contains("FAILED", said, StringComparison.Ordinal);
        foreach (var fault in faults)
            await vm.Run($"rm -f {fault.Path}; rmdir --ignore-fail-on-non-empty $(dirname {fault.Path})");
        (await vm.Run(reload)).Ok();
    }

    private async Task Refused(string command, string words)
    {
        var outcome = await vm.Run(command);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(words, outcome.Stderr + outcome.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("passed", outcome.Stdout.Replace("0 of 1 drills passed", "", StringComparison.Ordinal));
    }

    private async Task Apply()
    {
        await vm.Write("/etc/berth/roster.yaml", s_roster);
        (await vm.Berth("apply")).Ok();
        // Of a test before.
        await vm.Until("awk -F'[= ]' '/^full/ { exit $3 > 2 }' /proc/pressure/memory");
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
