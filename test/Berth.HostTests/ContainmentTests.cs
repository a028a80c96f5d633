using System.Text.Json;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>A runaway dies at its own cap, and nobody else notices. Each protection beside its control: the same test
/// without it fails, in the same machine.</summary>
public sealed class ContainmentTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const int Seconds = 12;

    [Fact]
    public async Task A_hog_dies_at_its_cap_and_its_server_keeps_answering_where_the_controls_fail()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();

        // As after a boot: what another test has left in memory is charged to whoever read it then.
        (await vm.Run("systemctl stop 'standin-serve@*' berth-preload; sync; echo 3 >/proc/sys/vm/drop_caches")).Ok();
        (await vm.Berth("apply")).Ok();

        var quiet = await Probe(StandIns.AlicePort, StandIns.BobPort, "true");
        var ours = await OurCap(quiet);
        await StopPolicy();
        await SoftBand(ours);
    }

    /// <summary>The program that both servers run is charged to neither, so that alice's hog cannot evict bob's code.
    /// Without the preload the first server to start is charged, whoever that is.</summary>
    [Fact]
    public async Task The_program_that_servers_share_is_charged_to_nobodys_cap()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();
        const string charged =
            "grep '^file_mapped ' /sys/fs/cgroup/berth.slice/berth-servers.slice/standin-serve@alice.service/memory.stat | cut -d' ' -f2";
        const string fresh =
            "systemctl stop 'standin-serve@*' berth-preload 2>/dev/null; sync && echo 3 >/proc/sys/vm/drop_caches && systemctl start standin-serve@alice && sleep 2";
        const long page = 4096;

        Assert.InRange(long.Parse(await vm.Ask($"{fresh} && {charged}")), 0, 16 * page);
        var control = await vm.Ask(
            $"rm /etc/systemd/system/berth-preload.service && systemctl daemon-reload && {fresh} && {charged}"
        );
        Assert.InRange(long.Parse(control), 64 * page, long.MaxValue);
        (await vm.Berth("apply")).Ok();
    }

    /// <summary>A killed hog still counts while it gives its memory back, and whoever allocates in that moment makes the
    /// kernel choose again. The server is not among the candidates; without berth-agents it is.</summary>
    [Fact]
    public async Task A_hog_never_takes_its_server_along()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();
        const string main = "$(systemctl show -p MainPID --value standin-serve@alice)";
        // A second process beside the hog, allocating all the time.
        var hog = StandIns.Spawn(StandIns.AlicePort, "exec standin hog --to 400");
        const string busy = "standin probe --port 4000 --seconds 3 --path /work >/dev/null";
        var before = await vm.Ask($"systemctl restart standin-serve@alice; sleep 2; dmesg --clear; echo {main}");
        for (var i = 1; i <= 5; i++)
        {
            (await vm.Run($"{hog}; {busy}")).Ok();
            await vm.Until($"test $(dmesg | grep -c 'Killed process') -ge {i}");
            Assert.Equal($"{i}", await vm.Ask("dmesg | grep -c 'Killed process'"));
        }
        Assert.Equal(before, await vm.Ask($"echo {main}"));
        Assert.Equal("5", await vm.Ask("dmesg | grep -c 'oom_memcg=.*standin-serve@alice.service/agents,'"));
        Assert.Equal("0", await vm.Ask($"dmesg | grep -c '\\[ *{before}\\] ' || true"));

        // The control: the kernel has the server on its list.
        var without = await vm.Ask(
            $"systemctl stop berth-agents; systemctl restart standin-serve@alice; sleep 2; dmesg --clear; echo {main}"
        );
        (await vm.Run($"{hog}; {busy}")).Ok();
        await vm.Until($"dmesg | grep -q '\\[ *{without}\\] '");
        (await vm.Run("systemctl start berth-agents")).Ok();
        // What runs already is taken in as well, and a cap that changes reaches the agents.
        await vm.Until("test -e /sys/fs/cgroup" + StandIns.Cgroup("alice") + "/agents/memory.max");
        await vm.Write(
            "/etc/berth/roster.yaml",
            StandIns.Roster.Replace("memory: 300M", "memory: 400M", StringComparison.Ordinal)
        );
        (await vm.Berth("apply")).Ok();
        Assert.Equal(
            $"{(400L - 32) << 20}",
            await vm.Ask($"cat /sys/fs/cgroup{StandIns.Cgroup("alice")}/agents/memory.max")
        );
        await vm.Run("systemctl restart 'standin-serve@*'");
    }

    /// <returns>How alice's own server answered while her hog died.</returns>
    private async Task<Gaps> OurCap((Gaps Alice, Gaps Bob) quiet)
    {
        const string unit = "standin-serve@alice.service";
        var before = await vm.Ask($"systemctl show -p MainPID,NRestarts {unit}; dmesg --clear");
        var loud = await Probe(
            StandIns.AlicePort,
            StandIns.BobPort,
            StandIns.Spawn(StandIns.AlicePort, "sleep 4; exec standin hog --to 400")
        );

        Assert.Equal(before, await vm.Ask($"systemctl show -p MainPID,NRestarts {unit}"));
        Assert.Equal("1", await vm.Ask("dmesg | grep -c 'Killed process'"));
        (
            await vm.Run(
                "dmesg | grep 'Killed process' | grep -q standin && dmesg | grep oom-kill: | grep -q oom_memcg=/berth.slice/berth-servers.slice/standin-serve@alice.service"
            )
        ).Ok();
        Assert.Equal(
            "oom_kill 1",
            await vm.Ask($"grep '^oom_kill ' /sys/fs/cgroup{StandIns.Cgroup("alice")}/memory.events")
        );
        Assert.Equal(0, loud.Alice.Failures);
        Assert.Equal(0, loud.Bob.Failures);
        Report("quiet", quiet);
        Report("hog at our cap", loud);
        Assert.True(
            loud.Alice.LongestGapMs <= Math.Max(500, 5 * quiet.Alice.LongestGapMs),
            $"alice: {loud.Alice} against {quiet.Alice}"
        );
        Assert.True(
            loud.Bob.LongestGapMs <= Math.Max(250, 3 * quiet.Bob.LongestGapMs),
            $"bob: {loud.Bob} against {quiet.Bob}"
        );
        return loud.Alice;
    }

    /// <summary>Control: systemd's default policy for a service takes the server down with its child.</summary>
    private async Task StopPolicy()
    {
        await Control("stop", 4050, "MemoryMax=300M\nMemorySwapMax=0\nOOMPolicy=stop");
        (await vm.Run(StandIns.Spawn(4050, "sleep 4; exec standin hog --to 400"))).Ok();
        await vm.Until(
            "test $(systemctl show -p ActiveState --value control-stop) = failed && ! ss -Hltn 'sport = :4050' | grep -q ."
        );
        Assert.Equal("oom-kill", await vm.Ask("systemctl show -p Result --value control-stop"));
    }

    /// <summary>Control: in a soft band nothing is ever killed, and the server stalls for as long as it lasts.</summary>
    private async Task SoftBand(Gaps ours)
    {
        await Control("band", 4051, "MemoryHigh=200M\nMemoryMax=400M\nMemorySwapMax=0\nOOMPolicy=continue");
        var stalled = await Probe(
            4051,
            StandIns.BobPort,
            StandIns.Spawn(4051, "sleep 4; exec standin hog --to 300 --hold 600")
        );
        Report("soft band", stalled);
        Assert.Equal(
            "oom_kill 0",
            await vm.Ask("grep '^oom_kill ' /sys/fs/cgroup/system.slice/control-band.service/memory.events")
        );
        Assert.True(
            stalled.Alice.LongestGapMs >= 5 * ours.LongestGapMs,
            $"the band {stalled.Alice} against our cap {ours}"
        );
        (await vm.Run("systemctl kill -s KILL control-band")).Ok();
    }

    private async Task Control(string name, int port, string containment)
    {
        await vm.Write(
            $"/etc/systemd/system/control-{name}.service",
            $"[Service]\nUser=alice\nExecStart=/usr/local/bin/standin serve --port {port}\n{containment}\n"
        );
        (await vm.Run($"systemctl daemon-reload && systemctl start control-{name}")).Ok();
        await vm.Until($"ss -Hltn 'sport = :{port}' | grep -q .");
    }

    /// <summary>Probes two servers at once. What a server is told to start before sleeps first, so that the stand-in's
    /// own fork is not measured.</summary>
    private async Task<(Gaps Alice, Gaps Bob)> Probe(int alice, int bob, string before)
    {
        var answer = await vm.Run(
            $$"""
            cd /tmp
            {{before}} >/dev/null
            standin probe --port {{alice}} --seconds {{Seconds}} >a.json & a=$!
            standin probe --port {{bob}} --seconds {{Seconds}} >b.json & b=$!
            wait $a $b
            cat a.json b.json
            """
        );
        var lines = answer.Ok().Stdout.Trim().Split('\n');
        return (Gaps.Parse(lines[^2]), Gaps.Parse(lines[^1]));
    }

    private static void Report(string what, (Gaps Alice, Gaps Bob) gaps) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: alice {gaps.Alice}, bob {gaps.Bob}");

    private sealed record Gaps(int Count, int Failures, double LongestGapMs, double P99Ms)
    {
        public static Gaps Parse(string json)
        {
            var root = JsonDocument.Parse(json).RootElement;
            return new Gaps(
                root.GetProperty("count").GetInt32(),
                root.GetProperty("failures").GetInt32(),
                root.GetProperty("longestGapMs").GetDouble(),
                root.GetProperty("p99Ms").GetDouble()
            );
        }
    }
}
