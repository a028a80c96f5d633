using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>One address on a real host: systemd's sockets, real uids, the daemon that mints as the person. The servers are
/// doubles of T3 Code, which know who they belong to.</summary>
public sealed class GatewayTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Roster = """
        host: {reserve: 256M}
        gateway: {listen: 127.0.0.1:3780}
        servers:
          t3:
            preset: t3
            ports: 3773-3779
            command: [/usr/local/bin/t3, serve, --host, "{host}", --port, "{port}", --base-dir, "{home}/.t3", --no-browser]
        defaults: {memory: 400M, session-memory: 300M, pane-memory: 200M}
        users:
          alice: {admin: true, login: alice@example.com}
          bob: {login: bob@example.com}
          carol: {login: carol@example.com, parked: true}
        """;

    /// <summary>What a browser does, with a jar of cookies for each person.</summary>
    private const string Browser = """
        address=http://127.0.0.1:3780
        # visit WHO PATH: opens a page as a browser does, redirects followed; the last status comes after the page.
        visit() {
            curl -s -m 60 -b /root/jar-$1 -c /root/jar-$1 -L --max-redirs 5 -w '\n%{http_code}\n' -H 'Accept: text/html' \
                -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' -H 'Sec-Fetch-Site: none' $address$2
        }
        # ask WHO PATH: what a script on that page asks for.
        ask() { curl -s -m 60 -b /root/jar-$1 -H 'Sec-Fetch-Mode: cors' -H 'Sec-Fetch-Site: same-origin' $address$2; }
        # sign_in WHO: by a link of their own, with a click on its page.
        sign_in() {
            token=$(berth link $1 | grep -o 'token=[A-Za-z0-9_-]*' | cut -d= -f2)
            curl -s -o /dev/null -c /root/jar-$1 -H "Origin: $address" -H 'Sec-Fetch-Site: same-origin' \
                --data-urlencode "token=$token" $address/berth/sign-in
        }
        whose() { ask $1 /.well-known/t3/environment | grep -o '"label": *"[a-z]*"' | grep -o '[a-z]*"$' | tr -d '"'; }
        paired() { ask $1 /api/auth/session | grep -q '"authenticated": *true'; }
        """;

    private Task<Outcome> Try(string script) => vm.Run($"{Browser}\n{script}");

    [Fact]
    public async Task Everybody_lands_in_their_own_server_whatever_is_restarted_and_whoever_stands_in_for_it()
    {
        await vm.Write("/etc/berth/roster.yaml", Roster);
        (await vm.Berth("apply")).Ok().Says("ready   alice").Says("ready   bob");
        (await vm.Berth("apply")).Ok().Says("Nothing to do.");

        await Two_people_are_signed_in_by_links_and_paired_without_a_secret_in_any_log();
        await Who_has_no_proof_or_no_server_is_told();
        await A_stream_outlives_a_change_of_the_roster();
        await Who_serves_has_no_rights_and_who_asks_the_daemon_is_known();
        await Without_the_daemon_people_go_on();
        await A_restart_refuses_nobody();
        await A_server_that_starts_is_waited_for();
        await A_squatter_gets_nothing();
        await A_wedged_server_is_restarted_and_signing_in_to_it_is_checked();
        await A_revoked_sign_in_ends_at_once();
        await Who_is_led_where_is_nobody_elses_to_read();
        await A_changed_certificate_is_taken_up_and_half_of_one_is_not();
        await Over_a_unix_socket_only_the_proxys_group_says_who_somebody_is();
    }

    private async Task Two_people_are_signed_in_by_links_and_paired_without_a_secret_in_any_log()
    {
        (
            await Try(
                """
                set -e
                for who in alice bob; do
                    sign_in $who
                    visit $who / | tail -1 | grep -qx 200
                    paired $who
                    test "$(whose $who)" = $who
                done
                """
            )
        ).Ok();
        // Bearers of minted sessions, cookies and link tokens are nowhere to be read.
        (
            await Try(
                """
                set -e
                for who in alice bob; do
                    awk '!/^# |^$/ { print $7 }' /root/jar-$who
                done >/root/secrets
                test "$(wc -l </root/secrets)" = 4
                ! journalctl -o cat | grep -F -f /root/secrets
                ! journalctl -o cat -u berth-gateway -u berth | grep -iE 'token=[A-Za-z0-9_-]{20}|bearer'
                ! journalctl -o json | grep -F 'Pairing of' | grep -iE '"MESSAGE":"[^"]*("token|credential)'
                """
            )
        ).Ok();
        // It was the person's own program that issued it, as that person.
        (await vm.Run("test \"$(find /home/alice/.t3 ! -user alice | wc -l)\" = 0")).Ok();
    }

    private async Task Who_has_no_proof_or_no_server_is_told()
    {
        (await Try("visit nobody /")).Ok().Says("401");
        (await Try("sign_in carol; visit carol /")).Ok().Says("503");
        // A forged header proves nothing, and a sign-in of one person leads to no other.
        (
            await Try(
                "curl -s -o /dev/null -w '%{http_code}' -H 'X-authentik-username: alice' -H 'X-Forwarded-User: alice' $address/"
            )
        )
            .Ok()
            .Says("401");
    }

    private async Task A_stream_outlives_a_change_of_the_roster()
    {
        (
            await Try(
                """
                set -e
                curl -sN -b /root/jar-alice $address/double/terminal >/root/stream 2>&1 & stream=$!
                timeout 30 bash -c 'until [ -s /root/stream ]; do sleep 0.2; done'
                berth users add dave --login dave@example.com >/dev/null
                berth apply >/dev/null
                timeout 30 bash -c 'until journalctl -u berth-gateway -o cat | grep -q "took up 4 routes"; do sleep 0.3; done'
                before=$(wc -l </root/stream)
                timeout 30 bash -c "until [ \$(wc -l </root/stream) -gt $before ]; do sleep 0.3; done"
                kill -0 $stream
                kill $stream
                sign_in dave
                timeout 60 bash -c "until [ \"\$(curl -s -o /dev/null -w '%{http_code}' -b /root/jar-dave -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' $address/)\" = 302 ]; do sleep 1; done"
                visit dave / | tail -1 | grep -qx 200
                test "$(whose dave)" = dave
                """
            )
        ).Ok();
    }

    private async Task Who_serves_has_no_rights_and_who_asks_the_daemon_is_known()
    {
        const string pid = "$(systemctl show -p MainPID --value berth-gateway)";
        Assert.Equal("berth-gateway", await vm.Ask($"stat -c %U /proc/{pid}"));
        Assert.Equal("0000000000000000", await vm.Ask($"awk '/^CapEff:/ {{print $2}}' /proc/{pid}/status"));
        (await vm.Run("runuser -u berth-gateway -- cat /etc/t3-serve/alice.env >/dev/null")).Ok();
        foreach (var secret in (string[])["/home/alice/.t3", "/etc/shadow"])
            Assert.NotEqual(
                0,
                (
                    await vm.Run(
                        $"runuser -u berth-gateway -- ls {secret}/ || runuser -u berth-gateway -- cat {secret}"
                    )
                ).ExitCode
            );
        await vm.Write(
            "/usr/local/share/mint.py",
            """
            import socket
            s = socket.socket(socket.AF_UNIX)
            s.connect("/run/berth/control.sock")
            s.sendall(b'{"ask":"mint","user":"alice","kind":"Session"}\n')
            print(s.makefile().readline())
            """
        );
        // The control: root is answered what bob is not.
        (await vm.Run("python3 /usr/local/share/mint.py | grep -q '\"value\"'")).Ok();
        (await vm.Run("! runuser -u bob -- python3 /usr/local/share/mint.py | grep '\"value\"'")).Ok();
        (await vm.Run("runuser -u bob -- berth link alice")).Exits(2).Says("needs root");
    }

    private async Task Without_the_daemon_people_go_on()
    {
        (await vm.Run("systemctl stop berth.socket berth.service")).Ok();
        (await Try("visit alice / | tail -1 | grep -qx 200 && test \"$(whose bob)\" = bob")).Ok();
        (await vm.Run("systemctl start berth.socket")).Ok();
    }

    private async Task A_restart_refuses_nobody()
    {
        const string knock =
            "for i in $(seq 60); do curl -s -m 60 -o /dev/null $address/healthz; echo $?; done | sort | uniq -c | tr -s ' '";
        (
            await Try(
                $$"""
                set -e
                ({{knock}}) >/root/knocks & knocks=$!
                systemctl restart berth-gateway
                systemctl kill --signal=KILL berth-gateway
                wait $knocks
                cat /root/knocks
                # 7 is "connection refused"; who was being answered when it was killed sees that (52, 56).
                ! grep -qE ' 7$' /root/knocks
                systemctl is-active --quiet berth-gateway.socket
                """
            )
        ).Ok();
        (await Try("visit alice / | tail -1 | grep -qx 200 && test \"$(whose alice)\" = alice")).Ok();
        // The control: without systemd's socket a gateway that is down refuses.
        (await vm.Run("systemctl stop berth-gateway.socket berth-gateway.service")).Ok();
        (await Try("curl -s $address/healthz")).Exits(7);
        (await vm.Run("systemctl start berth-gateway.socket berth-gateway-control.socket")).Ok();
        (await Try("curl -s -m 60 $address/healthz")).Ok().Says("OK");
    }

    private async Task A_server_that_starts_is_waited_for()
    {
        (await vm.Run("systemctl stop t3-serve@bob")).Ok();
        (await Try("visit bob /")).Ok().Says("503");
        // What is not a page waits for the server, which comes up meanwhile.
        (
            await Try(
                """
                (ask bob /.well-known/t3/environment >/root/waited) & waiting=$!
                systemctl start t3-serve@bob
                wait $waiting
                grep -q '"bob"' /root/waited
                """
            )
        ).Ok();
        (await Try("visit bob / | tail -1 | grep -qx 200 && paired bob")).Ok();
    }

    /// <summary>Bob listens where alice's server should, by a way that no rule of ours is in.</summary>
    private async Task A_squatter_gets_nothing()
    {
        await vm.Write(
            "/home/bob/squat.py",
            """
            import socket
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", 3773))
            s.listen()
            while True:
                c, _ = s.accept()
                c.settimeout(2)
                try:
                    with open("/home/bob/got", "ab") as f:
                        f.write(c.recv(4096))
                except OSError:
                    pass
                c.close()
            """
        );
        (
            await vm.Run(
                "systemctl stop t3-serve@alice && systemd-run --quiet --uid=bob --unit=squat python3 /home/bob/squat.py"
            )
        ).Ok();
        await vm.Until("ss -Hltn 'sport = :3773' | grep -q 3773");
        (await Try("visit alice /")).Ok().Says("503");
        (await Try("curl -s -m 3 -b /root/jar-alice $address/api/auth/session")).Exits(28);
        (await vm.Run("! test -s /home/bob/got && journalctl -u berth-gateway -o cat | grep -q squatter")).Ok();
        // The control: whoever connects without asking whose it is hands over what they carry.
        (
            await vm.Run("runuser -u berth-gateway -- curl -s -m 5 -H 'Cookie: t3_session=hers' http://127.0.0.1:3773/")
        ).Exits(52);
        (await vm.Run("grep -q t3_session=hers /home/bob/got")).Ok();
        (await vm.Run("systemctl stop squat && systemctl start t3-serve@alice")).Ok();
        (
            await Try("for i in $(seq 60); do visit alice / | tail -1 | grep -qx 200 && exit 0; sleep 1; done; exit 1")
        ).Ok();
    }

    /// <summary>From end to end as the gateway does it: a mint as the person, the exchange, a session that holds.
    /// </summary>
    private async Task A_wedged_server_is_restarted_and_signing_in_to_it_is_checked()
    {
        (await vm.Run("systemctl kill --signal=STOP t3-serve@bob")).Ok();
        await vm.Until("berth incidents --kind wedge --user bob --json | grep -q 'signing in works'", 120);
        (await Try("visit bob / | tail -1 | grep -qx 200 && paired bob")).Ok();
    }

    private async Task A_revoked_sign_in_ends_at_once()
    {
        (await vm.Berth("link list")).Ok().Says("alice").Says("bob");
        (await vm.Berth("link revoke alice")).Ok();
        (await Try("visit alice /")).Ok().Says("401");
        (await Try("visit bob / | tail -1 | grep -qx 200")).Ok();
    }

    private async Task Who_is_led_where_is_nobody_elses_to_read()
    {
        const string file = "/etc/berth/gateway.json";
        Assert.Equal("root:berth-gateway 640", await vm.Ask($"stat -c '%U:%G %a' {file}"));
        (await vm.Run($"runuser -u bob -- cat {file}")).Exits(1);
        // The control: whoever needs it reads it, and what people ask needs it not.
        (await vm.Run($"runuser -u berth-gateway -- grep -q alice@example.com {file}")).Ok();
        (await vm.Run("runuser -u bob -- berth status")).Ok().Says("bob");
    }

    private async Task A_changed_certificate_is_taken_up_and_half_of_one_is_not()
    {
        const string subject = "curl -skv -m 60 https://127.0.0.1:3780/healthz 2>&1 | grep -o 'subject: .*'";
        var (first, second) = (Pair("first"), Pair("second"));
        await vm.Write("/etc/berth/tls/chain.pem", first.Certificate);
        await vm.Write("/etc/berth/tls/key.pem", first.Key);
        await vm.Write(
            "/etc/berth/roster.yaml",
            Roster.Replace(
                "{listen: 127.0.0.1:3780}",
                "{listen: 127.0.0.1:3780, certificate: /etc/berth/tls/chain.pem, key: /etc/berth/tls/key.pem}",
                StringComparison.Ordinal
            )
        );
        (await vm.Run("chmod 600 /etc/berth/tls/key.pem")).Ok();
        (await vm.Berth("apply")).Ok();
        Assert.Contains("CN=first", await vm.Ask(subject), StringComparison.Ordinal);
        var pid = await vm.Ask("systemctl show -p MainPID --value berth-gateway");

        await vm.Write("/etc/berth/tls/chain.pem", second.Certificate);
        await vm.Until("journalctl -u berth-gateway-tls -o cat | grep -q 'the old certificate stays in use'");
        Assert.Contains("CN=first", await vm.Ask(subject), StringComparison.Ordinal);
        Assert.Equal(pid, await vm.Ask("systemctl show -p MainPID --value berth-gateway"));
        // The control: a gateway that begins with such a half does not come up.
        Assert.NotEqual(
            0,
            (
                await vm.Run(
                    "systemd-run --quiet --wait -p LoadCredential=tls-certificate:/etc/berth/tls/chain.pem -p LoadCredential=tls-key:/etc/berth/tls/key.pem -p StateDirectory=half berth gateway"
                )
            ).ExitCode
        );

        await vm.Write("/etc/berth/tls/key.pem", second.Key);
        await vm.Until($"{subject} | grep -q CN=second");
    }

    private async Task Over_a_unix_socket_only_the_proxys_group_says_who_somebody_is()
    {
        const string ask =
            "curl -s -m 60 --unix-socket /run/berth/gateway.sock -H 'X-Login: alice@example.com' -H 'X-Forwarded-Proto: https' http://code.example.com/.well-known/t3/environment";
        var roster = Roster.Replace(
            "{listen: 127.0.0.1:3780}",
            "{listen: 'unix:/run/berth/gateway.sock', url: 'https://code.example.com', identity: {kind: header, header: X-Login}}",
            StringComparison.Ordinal
        );
        await vm.Write("/etc/berth/roster.yaml", roster);
        (await vm.Berth("apply")).Ok();
        Assert.Equal("root:berth-gateway 660", await vm.Ask("stat -c '%U:%G %a' /run/berth/gateway.sock"));
        (await vm.Run("usermod -aG berth-gateway www-data")).Ok();
        (await vm.Run($"runuser -u www-data -- {ask} | grep -q '\"alice\"'")).Ok();
        // The control: another uid is refused by the kernel, whatever it says of itself; 7 is "cannot connect".
        (await vm.Run($"runuser -u bob -- {ask}")).Exits(7);
        (await vm.Run("gpasswd -d www-data berth-gateway")).Ok();
        (await vm.Run($"runuser -u www-data -- {ask}")).Exits(7);
        // The same header over TCP proves nothing, and is refused before it is tried.
        await vm.Write(
            "/root/tcp.yaml",
            roster.Replace("'unix:/run/berth/gateway.sock'", "127.0.0.1:3780", StringComparison.Ordinal)
        );
        (await vm.Berth("check --roster /root/tcp.yaml")).Exits(2);
    }

    private static (string Certificate, string Key) Pair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
