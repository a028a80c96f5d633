using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>What Berth tells others, on a real host: numbers to those who may read them, and incidents to hooks that have
/// nobody's rights.</summary>
public sealed class SignalTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Secret = "T0SECRET4711";

    private const string Roster =
        StandIns.Roster
        + """

            gateway: {listen: 127.0.0.1:3780}
            hooks:
              ops: {webhook-file: /etc/berth/hooks/ops.url, header-file: /etc/berth/hooks/ops.header}
              page: {exec: [/usr/local/bin/page], format: text, kinds: [oom-kill]}
            """;

    /// <summary>What a hook's program can reach: told to the journal, where the test reads it.</summary>
    private const string Page = """
        #!/bin/sh
        text=$(cat)
        reach=
        for path in /etc/shadow /home/alice/secret /var/lib/berth/recorder/incidents.db /run/berth/metrics/recorder.prom /etc/berth/hooks.json; do
            cat $path >/dev/null 2>&1 && reach="$reach $path"
        done
        others=$(ls -d /proc/[0-9]* 2>/dev/null | while read p; do stat -c %u $p 2>/dev/null; done | grep -vcx "$(id -u)")
        echo "uid $(id -u) caps $(grep CapEff /proc/self/status | cut -f2) reach[$reach ] others $others words $# $text" | logger -t page-hook
        """;

    private static string Hog(int port) => StandIns.Spawn(port, "exec standin hog --to 900");

    [Fact]
    public async Task Numbers_go_to_those_who_may_read_them_and_incidents_to_hooks_that_may_do_nothing()
    {
        await vm.Write("/usr/local/bin/page", Page);
        await vm.Write("/etc/berth/hooks/ops.url", $"http://127.0.0.1:9099/hook/{Secret}");
        await vm.Write("/etc/berth/hooks/ops.header", $"Authorization: Bearer {Secret}");
        await vm.Write("/etc/berth/roster.yaml", Roster);
        (
            await vm.Run(
                "chmod 755 /usr/local/bin/page; chmod 700 /etc/berth/hooks; chmod 600 /etc/berth/hooks/*; systemd-run -q --unit=receiver -p User=nobody -p StateDirectory=receiver standin receive --port 9099 --log /var/lib/receiver/log"
            )
        ).Ok();
        (await vm.Berth("apply")).Ok().Says("berth-hooks.service");
        (await vm.Run("umask 077; echo x >/home/alice/secret; chown alice: /home/alice/secret")).Ok();

        await A_kill_reaches_both_hooks();
        await Who_may_read_the_numbers();
        await A_receiver_that_is_ill_and_hooks_that_were_stopped_lose_nothing();
        await A_test_message_says_what_became_of_it();
        await The_secret_is_nowhere_else();
        await Without_hooks_nothing_of_it_is_left();

        (await vm.Berth("uninstall")).Ok();
        (
            await vm.Run(
                "! ls -d /var/lib/berth/hooks /var/lib/berth/recorder /run/berth-watchdog /run/berth/metrics 2>/dev/null"
            )
        ).Ok();
    }

    private async Task A_kill_reaches_both_hooks()
    {
        await vm.Until("test -s /var/lib/berth/hooks/ops.json && test -s /var/lib/berth/hooks/page.json");
        (await vm.Run(Hog(StandIns.AlicePort))).Ok();
        var took = (
            await vm.Until("grep '^200 .*\"kind\":\"oom-kill\",\"user\":\"alice\"' /var/lib/receiver/log")
        ).Stdout;
        Assert.Contains($"/hook/{Secret} ", took, StringComparison.Ordinal);
        Assert.Contains("\"event\":\"began\"", took, StringComparison.Ordinal);
        var page = (await vm.Until("journalctl -t page-hook -o cat --no-pager | grep 'standin hog'")).Stdout;
        // A uid of systemd's dynamic range, no capability, nobody's files, nobody else's processes, nothing in its words.
        Assert.Matches(
            "^uid 6[1-5][0-9]{3} caps 0000000000000000 reach\\[ \\] others 0 words 0 \\[.*\\] oom-kill: ",
            page
        );
    }

    private async Task Who_may_read_the_numbers()
    {
        const string ask = "curl -s -m 20 -o /dev/null -w '%{http_code}' http://127.0.0.1:3780/metrics";
        await vm.Until(
            "curl -s -m 20 http://127.0.0.1:3780/metrics >/root/metrics && grep -qF 'berth_user_kills_total{user=\"alice\",surface=\"server\",cause=\"cap\"} 1' /root/metrics"
        );
        foreach (
            var line in (string[])
                [
                    "berth_source_up{source=\"recorder\"} 1",
                    "berth_source_up{source=\"watchdog\"} 1",
                    "berth_server_up{user=\"alice\"} 1",
                    "berth_server_probe_seconds{user=\"bob\"}",
                    "berth_user_memory_cap_bytes{user=\"alice\",surface=\"server\"} 314572800",
                    "berth_user_memory_bytes{user=\"bob\",surface=\"server\"}",
                    "berth_host_memory_bytes",
                    "berth_gateway_websockets_open 0",
                ]
        )
            await vm.Until(
                $"grep -qF '{line}' /root/metrics || {{ curl -s -m 20 http://127.0.0.1:3780/metrics >/root/metrics; exit 1; }}"
            );
        // A program of another account, a proxy that says so, and one that says nothing but runs as somebody else.
        Assert.Equal("200", await vm.Ask(ask));
        Assert.Equal("403", await vm.Ask($"runuser -u alice -- {ask}"));
        Assert.Equal("403", await vm.Ask($"runuser -u nobody -- {ask}"));
        Assert.Equal("403", await vm.Ask($"{ask} -H 'X-Forwarded-For: 127.0.0.1'"));
        Assert.Equal("403", await vm.Ask($"{ask} -H 'Host: code.example'"));
        Assert.Equal("640 root berth-gateway", await vm.Ask("stat -c '%a %U %G' /run/berth/metrics/recorder.prom"));
        (await vm.Run("runuser -u alice -- cat /run/berth/metrics/recorder.prom")).Exits(1);
        (await vm.Berth("metrics")).Ok().Says("berth_user_kills_total");
        // Prometheus' account, once there is one.
        (await vm.Run("useradd --system prometheus")).Ok();
        Assert.Equal("200", await vm.Ask($"runuser -u prometheus -- {ask}"));
    }

    private async Task A_receiver_that_is_ill_and_hooks_that_were_stopped_lose_nothing()
    {
        (await vm.Run($"touch /var/lib/receiver/log.ill; {Hog(StandIns.BobPort)}")).Ok();
        await vm.Until("grep -q '^500 .*\"user\":\"bob\"' /var/lib/receiver/log");
        // Killed in the middle of trying, and away while it recovers.
        (
            await vm.Run("systemctl kill -s KILL berth-hooks; systemctl stop berth-hooks; rm /var/lib/receiver/log.ill")
        ).Ok();
        (await vm.Run("! grep -q '^200 .*\"user\":\"bob\"' /var/lib/receiver/log && systemctl start berth-hooks")).Ok();
        await vm.Until("grep -q '^200 .*\"user\":\"bob\"' /var/lib/receiver/log");
        Assert.Equal("1", await vm.Ask("grep -c '^200 .*\"event\":\"began\".*\"user\":\"bob\"' /var/lib/receiver/log"));
        (
            await vm.Run(
                "journalctl -u berth-hooks -o cat --no-pager | grep 'hook ops: it answered 500; it is tried again for a day'"
            )
        ).Ok();
    }

    private async Task A_test_message_says_what_became_of_it()
    {
        (await vm.Berth("hooks test ops")).Ok().Says("ops took the message");
        (await vm.Run("touch /var/lib/receiver/log.ill; berth hooks test ops")).Exits(2).Says("it answered 500");
        (await vm.Run("rm /var/lib/receiver/log.ill; berth hooks test none")).Exits(2).Says("there is no hook none");
    }

    private async Task The_secret_is_nowhere_else()
    {
        // What looks for it must not be where it is found.
        await vm.Write("/root/needle", Secret);
        foreach (
            var look in (string[])
                [
                    "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -aF",
                    "journalctl -o export --no-pager | grep -aF",
                    "systemctl show '*' 2>/dev/null | grep -F",
                    "grep -rlF --exclude-dir=receiver --exclude-dir=hooks",
                ]
        )
        {
            var where = look.StartsWith("grep", StringComparison.Ordinal) ? " /etc /run /var/lib /var/log" : "";
            Assert.Equal("", await vm.Ask($"{look} -f /root/needle{where} 2>/dev/null | head -3"));
        }
        // The control: it finds what is there.
        Assert.NotEqual("", await vm.Ask("grep -rlF -f /root/needle /etc/berth/hooks"));
        Assert.Equal("600 root", await vm.Ask("stat -c '%a %U' /etc/berth/hooks.json"));
    }

    private async Task Without_hooks_nothing_of_it_is_left()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();
        Assert.Equal("inactive", await vm.Ask("systemctl is-active berth-hooks || true"));
        (await vm.Run("test ! -e /etc/berth/hooks.json && test ! -e /etc/systemd/system/berth-hooks.service")).Ok();
        (
            await vm.Run(
                "systemctl stop receiver 2>/dev/null; rm -rf /var/lib/receiver /etc/berth/hooks /root/needle; userdel prometheus"
            )
        ).Ok();
    }
}
