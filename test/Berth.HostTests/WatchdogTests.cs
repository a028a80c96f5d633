using System.Text.Json;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Wounded servers are restarted, with evidence, and verified; what a person did, or what is merely busy, is left
/// alone. Whom the watchdog does not look after is the control: they stay as they are.</summary>
public sealed class WatchdogTests(Debian13 vm) : IClassFixture<Debian13>
{
    private static readonly string[] s_people =
    [
        "closed",
        "halted",
        "mute",
        "spin",
        "wrong",
        "late",
        "stopped",
        "frozen",
        "control",
        "left",
        "twice",
        "loop",
    ];

    /// <summary>One restart, then hands off. The control has nobody who looks after it.</summary>
    private static readonly string s_roster =
        """
            watchdog: {restarts: 1}
            host: {reserve: 256M, overcommit: true}
            servers:
              standin:
                preset: custom
                ports: 4000-4049
                command: [/usr/local/bin/standin, serve, --port, "{port}"]
                ready: /ready
            defaults: {memory: 120M, session-memory: 120M}
            users:

            """
        + string.Join(
            '\n',
            s_people.Select(name =>
                $"  {name}: {{port: {Port(name)}, watchdog: {(name is "control" ? "false" : "true")}}}"
            )
        );

    [Fact]
    public async Task Each_wound_is_healed_and_who_is_busy_paused_or_stopped_is_left_alone()
    {
        string[] wounded = ["closed", "halted", "mute", "spin", "wrong"];
        await Apply();
        var before = await Pids();
        // An agent that does not end when it is told to.
        (await vm.Run(StandIns.Spawn(Port("mute"), "trap '' TERM; while :; do sleep 1; done # stubborn"))).Ok();
        await vm.Run(
            $"""
            kill -STOP {before["halted"]}
            systemctl stop standin-serve@stopped
            systemctl freeze standin-serve@frozen
            {string.Join(
                '\n',
                ((string[])["mute", "spin", "wrong", "late", "closed"]).Select(name => Wound(name, name))
            )}
            {Wound("control", "closed")}
            """
        );
        // Each one's time, as seen from outside: until its process is another and its port answers.
        var times = await vm.Ask(
            string.Join(
                '\n',
                wounded.Select(name =>
                    $"(until [ \"$(systemctl show -P MainPID standin-serve@{name})\" != {before[name]} ] && {Answers(name)}; do sleep 0.3; done; echo {name} $SECONDS s) &"
                )
            )
                + "\nfor i in $(seq 90); do sleep 1; [ -z \"$(jobs -r)\" ] && break; done; kill $(jobs -p) 2>/dev/null; wait; true"
        );
        Say(times);
        foreach (var name in wounded)
            Assert.Contains($"{name} ", times, StringComparison.Ordinal);

        await vm.Until("! berth incidents --kind wedge | grep -q 'goes on'");
        var told = JsonDocument.Parse(await vm.Ask("berth incidents --kind wedge --json")).RootElement;
        JsonElement[] Of(string name) =>
            [.. told.EnumerateArray().Where(wedge => wedge.GetProperty("user").GetString() == name)];
        foreach (var name in wounded)
        {
            var wedge = Assert.Single(Of(name));
            Assert.Contains("answers after", wedge.GetProperty("outcome").GetString()!, StringComparison.Ordinal);
            Assert.Contains(
                "/usr/local/bin/standin serve",
                $"{wedge.GetProperty("evidence")}",
                StringComparison.Ordinal
            );
        }
        Say(await vm.Ask("berth why closed; berth why spin"));
        (await vm.Run("! pgrep -u mute -f stubborn")).Ok();
        var after = await Pids();
        foreach (var name in (string[])["late", "frozen", "control"])
        {
            Assert.Equal(before[name], after[name]);
            Assert.Empty(Of(name));
        }
        Assert.Equal("inactive", await vm.Ask("systemctl is-active standin-serve@stopped || true"));
        Assert.Equal("frozen", await vm.Ask("systemctl show -P FreezerState standin-serve@frozen"));
        // The control is as wounded as it was: its process lives and nobody listens.
        (await vm.Run($"! {Answers("control")}")).Ok();
        (
            await vm.Run(
                "systemctl thaw standin-serve@frozen; systemctl restart standin-serve@control standin-serve@late"
            )
        ).Ok();
    }

    [Fact]
    public async Task A_watchdog_that_is_gone_touches_nothing_and_one_that_is_back_forgets_nothing()
    {
        await Apply();
        var before = await Pids();
        // Its death is nobody's: neither servers nor what it knew go with it.
        await vm.Ask("for i in 1 2 3; do systemctl kill --signal=KILL berth-watchdog; sleep 1.5; done; true");
        // The control: without it a wounded server stays wounded.
        await vm.Ask($"systemctl stop berth-watchdog; {Wound("left", "closed")}; sleep 10");
        Assert.Equal(before["left"], (await Pids())["left"]);
        Assert.Equal(before["twice"], (await Pids())["twice"]);
        (await vm.Run($"! {Answers("left")}")).Ok();
        await vm.Ask("systemctl start berth-watchdog");
        await vm.Until(Answers("left"));
        Assert.NotEqual(before["left"], (await Pids())["left"]);
    }

    /// <summary>Longer than any of the watchdog's bounds, during which nobody listened, answered or got on. The control is
    /// a wound of that length, which is healed above; one that counts time alone fails in SoakTests.</summary>
    [Fact]
    public async Task A_machine_that_was_suspended_restarts_nobody()
    {
        await Apply();
        string[] well = ["late", "left", "mute", "spin", "wrong"];
        await vm.Ask(string.Join('\n', well.Select(name => $"until {Answers(name)}; do sleep 0.3; done")));
        var before = await Pids();
        var told = await vm.Ask("berth incidents --kind wedge --json | grep -c '\"start\"' || true");
        var uptime = await vm.Ask("cut -d. -f1 /proc/uptime");
        await vm.Suspend(TimeSpan.FromSeconds(40));
        await vm.Ask("sleep 10");
        Say($"{uptime} s, then {await vm.Ask("cut -d. -f1 /proc/uptime")} s after boot");
        var after = await Pids();
        foreach (var name in well)
            Assert.Equal(before[name], after[name]);
        Assert.Equal(told, await vm.Ask("berth incidents --kind wedge --json | grep -c '\"start\"' || true"));
    }

    [Fact]
    public async Task What_does_not_help_is_given_up_and_a_crash_loop_ends_with_its_cause()
    {
        await Apply();
        // The port is taken while its server is away, which then ends again and again.
        await vm.Ask(
            $"systemctl stop standin-serve@loop; systemd-run -q --unit squatter standin serve --port {Port("loop")}; sleep 1; systemctl start standin-serve@loop"
        );
        await vm.Ask(Wound("twice", "closed"));
        await vm.Until("berth incidents --kind wedge --user twice --json | grep -q 'answers after'");
        var pid = (await Pids())["twice"];
        await vm.Ask(Wound("twice", "closed"));
        await vm.Until("berth incidents --kind exhausted --user twice | grep -q 'wedged again'");
        Assert.Equal(pid, (await Pids())["twice"]);
        (await vm.Berth("status")).Exits(1).Says("twice: the watchdog has taken its hands off");
        Say(await vm.Ask("berth why twice"));
        // A person restarts it: the incident is over, and it is looked after again.
        await vm.Ask("systemctl restart standin-serve@twice");
        await vm.Until(
            "berth incidents --kind exhausted --user twice --json | grep -q 'somebody has started or stopped it since'"
        );

        await vm.Until(
            "berth incidents --kind crash-loop --user loop | grep -q 'its port is taken by another process'",
            90
        );
        Assert.Equal("0", (await Pids())["loop"]);
        Say(await vm.Ask("berth why loop"));
        // Its cause is gone: it runs again by itself.
        await vm.Ask("systemctl stop squatter");
        await vm.Until(Answers("loop"));
    }

    private async Task Apply()
    {
        await vm.Write("/etc/berth/roster.yaml", s_roster);
        (await vm.Berth("apply")).Ok();
        // All that are watched are known to have been ready.
        await vm.Until($"[ $(grep -c '\"ready\": true' /run/berth-watchdog/state.json) -ge {s_people.Length - 2} ]");
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    private static int Port(string name) => 4010 + Array.IndexOf(s_people, name);

    private async Task<Dictionary<string, string>> Pids() =>
        (
            await vm.Ask(
                $"for name in {string.Join(' ', s_people)}; do echo $name $(systemctl show -P MainPID standin-serve@$name); done"
            )
        )
            .Split('\n')
            .Select(line => line.Split(' '))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    private static string Wound(string name, string how) =>
        StandIns.Ask(Port(name), $"POST /wound?{how}") + " >/dev/null";

    private static string Answers(string name) => StandIns.Ask(Port(name), "GET /ready") + " | grep -q standin";
}
