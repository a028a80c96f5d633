using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>From a bare host to people's servers, with the real opencode as the server.</summary>
public sealed class ApplyTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Roster = """
        host: {reserve: 256M}
        servers:
          opencode: {preset: opencode, ports: 4096-4999}
        defaults: {memory: 640M, session-memory: 300M, pane-memory: 200M}
        users:
          alice: {login: alice@example.com, admin: true}
          bob: {login: bob@example.com}
          carol: {login: carol@example.com, parked: true}
        """;

    [Fact]
    public async Task Three_people_on_a_bare_host_get_two_servers_a_second_apply_changes_nothing_and_uninstall_leaves_what_was_there()
    {
        await vm.Write("/etc/berth/roster.yaml", Roster);
        var bare = await vm.Ask(FileList);
        (await vm.Berth("plan")).Ok().Says("create account alice").Says("interrupts nobody");
        (await vm.Berth("apply")).Ok().Says("ready   alice").Says("ready   bob");
        (
            await vm.Run(
                """
                set -e
                ss -Hltnpe 'sport = :4096' | grep -q "uid:$(id -u alice)"
                ss -Hltnpe 'sport = :4097' | grep -q "uid:$(id -u bob)"
                test -z "$(ss -Hltn 'sport = :4098')"
                ! systemctl is-active -q opencode-serve@carol
                systemctl is-enabled -q opencode-serve@alice
                test "$(stat -c %a%U /home/alice)" = 700alice
                for u in alice bob carol; do systemd-analyze verify opencode-serve@$u.service; done
                """
            )
        ).Ok();
        var before = await vm.Ask(
            "find /etc /var/lib/berth -xdev -path /var/lib/berth/recorder -prune -o -printf '%p %T@ %m %u\\n' | sort | md5sum; systemctl show -p MainPID --value opencode-serve@alice"
        );
        (await vm.Berth("apply")).Ok().Says("Nothing to do.");
        (await vm.Berth("plan")).Ok().Says("Nothing to do.");
        Assert.Equal(
            before,
            await vm.Ask(
                "find /etc /var/lib/berth -xdev -path /var/lib/berth/recorder -prune -o -printf '%p %T@ %m %u\\n' | sort | md5sum; systemctl show -p MainPID --value opencode-serve@alice"
            )
        );

        (await vm.Berth("status")).Ok().Says("alice");
        (await vm.Berth("uninstall")).Ok().Says("accounts that Berth created stay");
        Assert.Equal(bare, await vm.Ask(FileList));
        (
            await vm.Run(
                "! systemctl is-active -q opencode-serve@alice && id alice && test -d /home/alice && ! test -e /sys/fs/cgroup/berth.slice/berth-servers.slice"
            )
        ).Ok();
        Assert.Equal("max", await vm.Ask("cat /sys/fs/cgroup/user.slice/user-0.slice/memory.max"));
    }

    /// <summary>Every file of the host but homes, logs and what daemons keep for themselves.</summary>
    private const string FileList =
        "find / -xdev \\( -path /home -o -path /root -o -path /var/log -o -path /var/tmp -o -path /tmp -o -path /payload -o -path /var/lib/systemd -o -path '/etc/*-' \\) -prune -o -printf '%p %y %m %u\\n' | grep -v -e '^/etc/.pwd.lock' -e '^/var/mail' | sort";
}
