using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Real uids against each other's ports: bob reaches alice's server neither from the front nor by taking its
/// place, and without each protection he does.</summary>
public sealed class FirewallTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Unit = "standin-serve@alice.service";
    private const string Sessions = "/etc/systemd/system/user-.slice.d/50-berth.conf";

    /// <summary>The servers listen on every address, as claude-code-ui does whatever it is told.</summary>
    private static readonly string s_roster = StandIns.Roster.Replace(
        "serve, --port",
        "serve, --host, 0.0.0.0, --port",
        StringComparison.Ordinal
    );

    /// <summary>The host by its own address in the network, and a neighbour that has a cable to it.</summary>
    private const string Network = """
        set -e
        ip netns add neighbour
        ip link add cable type veth peer name eth0 netns neighbour
        ip addr add 10.77.0.1/24 dev cable && ip link set cable up
        ip -n neighbour addr add 10.77.0.2/24 dev eth0 && ip -n neighbour link set eth0 up
        """;

    /// <summary>Everything outside of a run that must be as it was.</summary>
    private const string Found =
        "find /etc /var/lib /run/berth*.sock /run/berth/*.sock -xdev -not -path '/etc/berth/roster.yaml' 2>/dev/null | sort; nft list ruleset; cut -d: -f1 /etc/passwd /etc/group";

    /// <summary>Two accounts, and a ruleset of Debian's own beside Berth's.</summary>
    private const string People =
        "for name in alice bob; do id $name 2>/dev/null || useradd -m -s /bin/bash $name; done; systemctl start nftables";

    [Fact]
    public async Task A_port_is_its_owners_alone_and_without_each_protection_it_is_not()
    {
        await vm.Write("/etc/berth/roster.yaml", s_roster);
        (await vm.Run($"{People}; {{ {Found}; }} >/root/before")).Ok();
        await vm.LetIn("alice");
        await vm.LetIn("bob");
        (await vm.Run(Network)).Ok();
        (await vm.Berth("apply")).Ok();

        await A_connection_is_refused_and_comes_back_after_a_flush();
        await A_place_is_not_taken();

        (await vm.Berth("uninstall")).Ok();
        (await vm.Run($"{{ {Found}; }} | diff /root/before -")).Ok();
        (await vm.As("bob", Bind)).Ok();
    }

    private const string Issuing = """
        host: {reserve: 256M}
        gateway: {listen: 127.0.0.1:3780}
        servers:
          t3: {preset: t3, ports: 4100-4149, command: [/usr/local/bin/issuer, serve]}
          standin: {preset: custom, ports: 4150-4199, ready: /ready, command: [/usr/local/bin/standin, serve, --port, "{port}"]}
        defaults: {server: t3, memory: 300M, session-memory: 400M, pane-memory: 200M}
        users: {alice: {}, bob: {server: standin}}
        """;

    /// <summary>Stands in for a server's program that issues sessions: tells as whom it runs and what it sees.</summary>
    private const string Issuer = """
        #!/bin/bash
        if [ "$1" = serve ]; then exec sleep infinity; fi
        ls /home/bob >/dev/null 2>&1 && sees=bob
        echo "{\"token\": \"$(id -un)-$sees-$(grep -c : /proc/self/net/dev)\"}"
        """;

    private const string AskDaemon =
        "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(\"/run/berth/control.sock\"); s.send(b\"{\\\"ask\\\":\\\"mint\\\",\\\"user\\\":\\\"alice\\\",\\\"kind\\\":\\\"Session\\\"}\\n\"); print(s.makefile().readline())'";

    /// <summary>Root's part is done without a network and without a capability, for the gateway's account and root alone;
    /// and all of it goes when Berth goes.</summary>
    [Fact]
    public async Task Roots_part_has_neither_network_nor_capability_and_does_it_for_the_gateway_alone()
    {
        await vm.Write("/etc/berth/roster.yaml", Issuing);
        await vm.Write("/usr/local/bin/issuer", Issuer);
        (await vm.Run($"chmod 755 /usr/local/bin/issuer; {People}; {{ {Found}; }} >/root/before")).Ok();
        (await vm.Berth("apply --no-wait")).Ok();

        (await vm.Run(AskDaemon)).Ok().Says("alice--");
        (await vm.Run($"runuser -u berth-gateway -- {AskDaemon}")).Ok().Says("alice--");
        (await vm.Run($"runuser -u alice -- {AskDaemon}")).Ok().Says("for the gateway and for root");
        const string daemon = "$(systemctl show -p MainPID --value berth.service)";
        Assert.Equal("0000000000000000", await vm.Ask($"grep ^CapEff /proc/{daemon}/status | cut -f2"));
        Assert.Equal("lo", await vm.Ask($"nsenter -n -t {daemon} ip -br link | cut -d' ' -f1"));

        await In_front();

        (await vm.Berth("uninstall")).Ok();
        (await vm.Run($"{{ {Found}; }} | diff /root/before -")).Ok();
    }

    private const string Through =
        "curl -s -m 20 -b /root/signed-in -H 'Accept: text/html' -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' http://127.0.0.1:3780";

    /// <summary>bob comes in by a link and is led to his own; who may ask the gateway for links is root alone. A squatter
    /// on a port is in GatewayTests.</summary>
    private async Task In_front()
    {
        await vm.Until("curl -sf -m 5 http://127.0.0.1:3780/healthz | grep -qx OK");
        (
            await vm.Run(
                "runuser -u alice -- python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/berth-gateway-control.sock\")'"
            )
        )
            .Exits(1)
            .Says("PermissionError");
        (
            await vm.Run(
                """
                url=$(berth link bob | grep -oE 'http://[^ ]+') && curl -s -m 20 -o /dev/null -c /root/signed-in \
                    -H 'Origin: http://127.0.0.1:3780' --data "token=${url#*token=}" http://127.0.0.1:3780/berth/sign-in
                """
            )
        ).Ok();
        await vm.Until($"{Through}/ready | grep -q \"\\\"uid\\\":$(id -u bob)\"");
    }

    private static string Ask(string address, int port = StandIns.AlicePort) =>
        $"timeout 20 bash -c 'exec 3<>/dev/tcp/{address}/{port} && printf \"GET /ready HTTP/1.1\\r\\n\\r\\n\" >&3 && head -1 <&3'";

    private static string AskFromNeighbour =>
        $"ip netns exec neighbour {Ask("10.77.0.1").Replace("timeout 20", "timeout 2", StringComparison.Ordinal)}";

    private async Task Bob_is_refused()
    {
        foreach (var address in new[] { "127.0.0.1", "10.77.0.1" })
            (await vm.As("bob", Ask(address))).Exits(1).Says("Connection refused");
        (await vm.Run(AskFromNeighbour)).Exits(124);
    }

    private async Task Bob_gets_in()
    {
        foreach (var address in new[] { "127.0.0.1", "10.77.0.1" })
            (await vm.As("bob", Ask(address))).Ok().Says("200");
        (await vm.Run(AskFromNeighbour)).Ok().Says("200");
    }

    private async Task A_connection_is_refused_and_comes_back_after_a_flush()
    {
        (await vm.Run(Ask("127.0.0.1"))).Ok().Says("200");
        (await vm.As("alice", Ask("127.0.0.1"))).Ok().Says("200");
        (await vm.As("bob", Ask("127.0.0.1", StandIns.BobPort))).Ok().Says("200");
        await Bob_is_refused();

        // The control, and what the next apply makes of it.
        (await vm.Run("nft delete table inet berth")).Ok();
        await Bob_gets_in();
        (await vm.Berth("status")).Exits(1).Says("next: berth apply");
        (await vm.Berth("plan")).Ok().Says("load table inet berth (2 ports)").Says("1 step, interrupts nobody");
        (await vm.Berth("apply")).Ok();
        await Bob_is_refused();
        (await vm.Berth("apply")).Ok().Says("Nothing to do.");

        // Somebody empties a part of it; somebody loads a ruleset of their own, which begins with a flush.
        (await vm.Run("nft flush chain inet berth output")).Ok();
        (await vm.Berth("plan")).Ok().Says("load table inet berth");
        (await vm.Run("systemctl restart berth-firewall")).Ok();
        foreach (var verb in new[] { "restart", "reload" })
        {
            // Ours follows theirs, as soon as theirs is done.
            (await vm.Run($"systemctl {verb} nftables")).Ok();
            await vm.Until("nft list ruleset | grep -q 'table inet berth'");
            (await vm.As("bob", Ask("127.0.0.1"))).Exits(1);
        }
        // Stopping the unit opens nothing.
        (await vm.Run("systemctl stop berth-firewall")).Ok();
        (await vm.As("bob", Ask("127.0.0.1"))).Exits(1);
        (await vm.Run("systemctl start berth-firewall")).Ok();
    }

    private const string Listen =
        "import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"127.0.0.1\", 4000)); s.listen()";

    private static string Bind => $"python3 -c '{Listen}'";

    /// <summary>Alice's server is down: the moment to stand in for it.</summary>
    private async Task A_place_is_not_taken()
    {
        (await vm.Run($"systemctl stop {Unit}")).Ok();
        (await vm.As("bob", Bind)).Exits(1).Says("PermissionError");
        (await vm.As("bob", $"systemd-run --user --pipe --wait --collect --quiet {Bind}"))
            .Exits(1)
            .Says("PermissionError");
        // Nor from within his own server, which may listen on its own port.
        (
            await vm.Run(
                StandIns.Spawn(
                    StandIns.BobPort,
                    $"python3 -c '{Listen}' 2>/home/bob/server; echo $? >>/home/bob/server"
                )
            )
        ).Ok();
        await vm.Until("grep -q PermissionError ~bob/server && tail -1 ~bob/server | grep -qx 1");

        // The control: without the rule he takes her place; the next apply refuses again, in the sessions that are open.
        (await vm.Run($"rm {Sessions} && systemctl daemon-reload")).Ok();
        // What is attached to a cgroup goes for sure when the cgroup does: systemd 257 may forget it at a reload.
        await vm.HangUp("bob");
        (await vm.Run("loginctl terminate-user bob || true")).Ok();
        await vm.Until("! systemctl is-active -q user-$(id -u bob).slice");
        (await vm.As("bob", Bind)).Ok();
        (await vm.Berth("apply")).Ok();
        (await vm.Run(Ask("127.0.0.1"))).Ok().Says("200");
        (await vm.Run($"systemctl stop {Unit}")).Ok();
        (await vm.As("bob", Bind)).Exits(1).Says("PermissionError");
    }
}
