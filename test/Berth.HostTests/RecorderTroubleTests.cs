using System.Text.Json;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>What is no kill: a livelock, a fork storm, and a recorder whose own files are in trouble.</summary>
public sealed class RecorderTroubleTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Unit = "standin-serve@alice.service";
    private const string DropIn = $"/etc/systemd/system/{Unit}.d/99-band.conf";

    private static readonly string s_cgroup = $"/sys/fs/cgroup{StandIns.Cgroup("alice")}";

    private static readonly string s_roster = StandIns.Roster.Replace(
        "ready: /ready",
        "ready: /ready\n    tasks: 128",
        StringComparison.Ordinal
    );

    /// <summary>One request that takes memory, as every request does.</summary>
    private static readonly string s_work = Work(StandIns.AlicePort, 3);

    private static string Work(int port, int seconds) => StandIns.Ask(port, "GET /work", seconds) + " | grep -q done";

    private async Task<JsonElement[]> Incidents(string kind) =>
        [.. JsonDocument.Parse(await vm.Ask($"berth incidents --kind {kind} --json")).RootElement.EnumerateArray()];

    /// <summary>The soft band of the facts: a hog that stays in it is never killed, and everything beside it stands still.
    /// The control: the same without <c>kill-leaf</c> goes on.</summary>
    [Fact]
    public async Task A_livelock_is_recognised_and_ends_only_where_the_roster_says_kill_leaf()
    {
        await vm.Write("/etc/berth/roster.yaml", s_roster);
        (await vm.Berth("apply")).Ok();
        await vm.Write(DropIn, "[Service]\nMemoryHigh=150M\nMemoryMax=400M\n");
        (
            await vm.Run(
                $"systemctl stop berth-agents; systemctl daemon-reload; systemctl restart {Unit}; sleep 2; rm -rf /root/t0"
            )
        ).Ok();
        (await vm.Run(StandIns.Spawn(StandIns.AlicePort, "exec standin hog --to 300 --hold 600"))).Ok();
        var took = await vm.Ask(
            $"until grep -q '^high [1-9]' {s_cgroup}/memory.events; do sleep 0.1; done; A=$(date +%s%N); for ((i = 0; i < 600; i++)); do berth incidents --kind stall | grep -q 'has stood still' && break; sleep 0.2; done; B=$(date +%s%N); echo $(((B - A) / 1000000))"
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"recognised {took} ms after the band was reached");
        var told = Assert.Single(await Incidents("stall"));
        Assert.Contains(
            "the largest in it is `standin hog --to 300 --hold 600`",
            told.GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("alice", told.GetProperty("user").GetString());

        // The control: told, and nothing else. It goes on, and nobody is answered.
        (await vm.Run(s_work)).Exits(1);
        (await vm.Run($"grep -qx 'oom_kill 0' {s_cgroup}/memory.events && pgrep -f 'standin hog'")).Ok();

        await vm.Write(
            "/etc/berth/roster.yaml",
            s_roster.Replace("alice: {", "alice: {on-stall: kill-leaf, ", StringComparison.Ordinal)
        );
        (await vm.Berth("apply")).Ok();
        await vm.Until("! pgrep -f 'standin hog'");
        await vm.Until(s_work);
        (await vm.Run($"grep -qx 'oom_kill 0' {s_cgroup}/memory.events")).Ok();
        await vm.Until("berth incidents --kind stall --json | grep -q 'it gets on again'");
        (await vm.Run("berth incidents --kind stall --json")).Says("the recorder killed").Says("standin hog");
        (await vm.Run("runuser -u alice -- cat /run/berth/receipts/alice/oom")).Ok().Says("was killed because");
        Assert.Equal("0", await vm.Ask("berth incidents --kind oom-kill | grep -c 'standin hog' || true"));

        (
            await vm.Run(
                $"rm {DropIn}; systemctl daemon-reload; systemctl start berth-agents; systemctl restart {Unit}"
            )
        ).Ok();
        await vm.Write("/etc/berth/roster.yaml", s_roster);
        (await vm.Berth("apply")).Ok();
        await It_is_one_storm_and_people_log_in();
    }

    private async Task It_is_one_storm_and_people_log_in()
    {
        await vm.LetIn("alice");
        (
            await vm.Run(
                StandIns.Spawn(
                    StandIns.AlicePort,
                    "exec perl -e 'while (1) { defined(fork) or select(undef, undef, undef, 0.05) }'"
                )
            )
        ).Ok();
        await vm.Until("berth incidents --kind fork-storm | grep -q 'as many tasks as allowed (128)'");
        (await vm.As("alice", "id -un")).Ok().Says("alice");
        (await vm.Run(Work(StandIns.BobPort, 30))).Ok();
        // All of it at once: told to stop, a storm is waited for until its time is up.
        (await vm.Run($"echo 1 >{s_cgroup}/cgroup.kill; systemctl restart {Unit}")).Ok();
        await vm.Until(
            "berth incidents --kind fork-storm --json | grep -q 'no further forks\\|everything in it has ended'"
        );
        var storm = Assert.Single(await Incidents("fork-storm"));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"one incident of {storm.GetProperty("count").GetInt32()} refusals"
        );
        foreach (var command in Runbook.Commands("docs/runbooks/incidents.md"))
            (await vm.Run(command)).Ok();
    }
}
