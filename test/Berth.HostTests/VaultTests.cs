using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Tokens from Vault to their owners, on a real host, against the strict double of Vault.</summary>
public sealed class VaultTests(Debian13 vm) : IClassFixture<Debian13>, IAsyncLifetime
{
    private const string Store =
        "\nstore: {kind: vault, address: \"https://127.0.0.1:8200\", path: \"secret/workstation/claude-users/{user}\", ca-file: /etc/berth/vault-ca.pem}\n";

    /// <summary>Another client than Berth: curl, with a token that may do everything.</summary>
    private const string Curl =
        "curl -sS --fail-with-body --cacert /etc/berth/vault-ca.pem -H \"X-Vault-Token: $(cat /root/admin-token)\"";

    private const string Entry = "https://127.0.0.1:8200/v1/secret/data/workstation/claude-users";

    private static string Token(string ending) => "sk-ant-oat01-" + new string('x', 89) + ending;

    public async ValueTask InitializeAsync()
    {
        vm.AtEnd = Swept;
        if ((await vm.Run("test -e /root/vault-ready")).ExitCode == 0)
            return;
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster + Store);
        (
            await vm.Run(
                "umask 022; systemd-run --quiet --unit=vault vault-double --port 8200 --ca-file /etc/berth/vault-ca.pem --root-token-file /root/admin-token"
            )
        ).Ok();
        await vm.Until("test -s /etc/berth/vault-ca.pem && test -s /root/admin-token && grep -q 2008 /proc/net/tcp");
        (await vm.Berth("apply")).Ok();
        await vm.LetIn("alice");
        (await vm.Run("VAULT_TOKEN=$(cat /root/admin-token) berth store setup alice bob")).Ok().Says("bob: connected");
        await vm.Run("touch /root/vault-ready");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<Outcome> Give(string user, string token) => vm.Run($"berth token set {user} <<'END'\n{token}\nEND");

    private async Task Fault(string kind, int times) =>
        (
            await vm.Run(
                $"{Curl} https://127.0.0.1:8200/_double/fault -d '{{\"kind\":\"{kind}\",\"times\":{times}}}' >/dev/null"
            )
        ).Ok();

    private Task<Outcome> Delivered(string user, string ending) =>
        vm.Until($"head -1 /run/berth/tokens/{user} | grep -q '{ending}$'");

    [Fact]
    public async Task A_token_set_by_berth_or_by_anybody_else_reaches_its_owner_and_siblings_stay()
    {
        (
            await vm.Run(
                $"{Curl} {Entry}/alice -d '{{\"data\":{{\"claudeAiOauth\":{{\"note\":\"kept\"}},\"other\":\"1\"}}}}' >/dev/null"
            )
        ).Ok();
        (await Give("alice", Token("AL0001"))).Ok();
        await Delivered("alice", "AL0001");
        Assert.Contains("\"kept\"", await vm.Ask($"{Curl} {Entry}/alice"), StringComparison.Ordinal);

        // Somebody else's tool writes: berth-sync sees the version, root delivers.
        (
            await vm.Run($"{Curl} {Entry}/bob -d '{{\"data\":{{\"setup_token\":\"{Token("BO0001")}\"}}}}' >/dev/null")
        ).Ok();
        await Delivered("bob", "BO0001");
        Assert.Equal("400 bob", await vm.Ask("stat -c '%a %U' /run/berth/tokens/bob"));

        // Deleted there, withdrawn here; and what is not a token never comes through.
        (
            await vm.Run(
                $"{Curl} {Entry}/bob -d '{{\"data\":{{\"setup_token\":\"x\\nLD_PRELOAD=/tmp/x\"}}}}' >/dev/null"
            )
        ).Ok();
        await vm.Until("journalctl -u berth-sync | grep -q 'bob: what the store holds is no token'");
        await Delivered("bob", "BO0001");
        (await vm.Run($"{Curl} -X DELETE {Entry}/bob")).Ok();
        await vm.Until("! test -e /run/berth/tokens/bob && ! test -e /run/berth/tokens/units/bob.env");
        (await vm.Run("journalctl -u berth-tokens | grep -q 'bob: TokenWithdrawn'")).Ok();
    }

    [Fact]
    public async Task A_store_that_is_away_takes_nothing_away_not_even_over_a_reboot()
    {
        (await Give("alice", Token("AL0002"))).Ok();
        // Away for a while: sealed, then not there at all.
        await Fault("sealed", 100000);
        await vm.Until("journalctl -u berth-sync | grep -q 'alice: Vault is sealed'");
        await vm.Until("berth token status | grep -q 'Vault is sealed'");
        await Delivered("alice", "AL0002");
        var refused = await Give("alice", Token("AL0003"));
        refused.Exits(2).Says("Vault is sealed");

        // As after a boot: nothing in /run, berth-sync has heard nothing.
        (
            await vm.Run(
                "systemctl stop berth-sync vault; rm -rf /run/berth/tokens /run/private/berth-sync/answers; systemctl restart berth-tokens"
            )
        ).Ok();
        await Delivered("alice", "AL0002");

        // The control: without the sealed copy there would be nothing to deliver.
        (
            await vm.Run(
                "mv /var/lib/berth/copies /root/copies; rm -rf /run/berth/tokens; systemctl restart berth-tokens; ! test -e /run/berth/tokens/alice; mv /root/copies /var/lib/berth/copies; systemctl restart berth-tokens"
            )
        ).Ok();
        await Delivered("alice", "AL0002");
        await vm.Run("systemctl reset-failed vault; rm -f /root/vault-ready /root/admin-token /etc/berth/vault-ca.pem");
        await InitializeAsync();
    }

    [Fact]
    public async Task A_store_token_of_somebody_else_is_refused_before_it_reads_and_a_broken_one_stops_nobody()
    {
        (await Give("alice", Token("AL0004"))).Ok();
        (await Give("bob", Token("BO0004"))).Ok();
        // Bob's store token in alice's place: sealed under her name, so that it opens.
        (
            await vm.Run(
                """
                umask 077; cd /var/lib/berth/vault && cp alice.cred /root/alice.cred
                systemd-creds decrypt --name=vault_bob.cred bob.cred - 2>/dev/null | systemd-creds encrypt --name=vault_alice.cred - alice.cred 2>/dev/null
                systemctl restart berth-sync
                """
            )
        ).Ok();
        await vm.Until("journalctl -u berth-tokens | grep -q 'alice: ForeignTokenRefused'");
        await Delivered("alice", "AL0004");
        Assert.DoesNotContain("BO0004", await vm.Ask("cat /run/berth/tokens/alice"), StringComparison.Ordinal);

        // A file that does not open (here bob's, under alice's name): everybody else is served again after one pass.
        (
            await vm.Run(
                "cd /var/lib/berth/vault && cp bob.cred alice.cred && ! systemctl restart berth-sync && systemctl restart berth-tokens && systemctl restart berth-sync"
            )
        ).Ok();
        await vm.Until("systemctl is-active --quiet berth-sync");
        (
            await vm.Run("test -e /var/lib/berth/vault-broken/alice.cred && ! test -e /var/lib/berth/vault/alice.cred")
        ).Ok();
        await Delivered("alice", "AL0004");
        (
            await vm.Run($"{Curl} {Entry}/bob -d '{{\"data\":{{\"setup_token\":\"{Token("BO0005")}\"}}}}' >/dev/null")
        ).Ok();
        await Delivered("bob", "BO0005");
        (await vm.Run("VAULT_TOKEN=$(cat /root/admin-token) berth store setup alice && rm /root/alice.cred")).Ok();
    }

    /// <summary>What wakes root's pass is level-triggered: a pass that fails must not be started for ever.</summary>
    [Fact]
    public async Task A_roster_that_cannot_be_read_makes_no_storm_and_people_are_served_when_it_can()
    {
        const string begun = "journalctl -u berth-tokens -o cat | grep -c '^Starting'";
        (await Give("bob", Token("BO0006"))).Ok();
        await vm.Until("! test -e /run/private/berth-sync/changed && ! systemctl is-active --quiet berth-tokens", 30);
        // Before the roster breaks: berth-sync may hear of the first token only now, and after one failed pass the next
        // one starts a minute later, whatever else is heard.
        var before = int.Parse(await vm.Ask(begun));
        (await vm.Run("cp /etc/berth/roster.yaml /root/roster.yaml; echo 'users: [' >/etc/berth/roster.yaml")).Ok();
        try
        {
            (
                await vm.Run(
                    $"{Curl} {Entry}/bob -d '{{\"data\":{{\"setup_token\":\"{Token("BO0007")}\"}}}}' >/dev/null"
                )
            ).Ok();
            await vm.Until($"test $({begun}) -gt {before}");
            var after = int.Parse(await vm.Ask($"sleep 8; {begun}"));
            Assert.InRange(after - before, 1, 3);
            await Delivered("bob", "BO0006");
        }
        finally
        {
            await vm.Run("mv /root/roster.yaml /etc/berth/roster.yaml");
        }
        await vm.Until("head -1 /run/berth/tokens/bob | grep -q 'BO0007$'", 180);
    }

    [Fact]
    public async Task Who_speaks_to_the_network_is_nobody_and_secrets_are_where_they_belong()
    {
        (await Give("alice", Token("AL0006"))).Ok();
        const string pid = "$(systemctl show -p MainPID --value berth-sync)";
        Assert.NotEqual("0", await vm.Ask($"awk '/^Uid:/ {{print $2}}' /proc/{pid}/status"));
        Assert.Equal("0000000000000000", await vm.Ask($"awk '/^CapEff:/ {{print $2}}' /proc/{pid}/status"));
        foreach (
            var attempt in (string[])
                [
                    "ls /run/berth-sync/",
                    "ls /run/private",
                    "ls /run/credentials/berth-sync.service",
                    "ls /var/lib/berth/vault",
                    "ls /var/lib/berth/copies",
                ]
        )
            Assert.NotEqual(0, (await vm.As("alice", attempt)).ExitCode);
    }

    /// <summary>After all that the tests of this class have done: tokens, the admin's, and people's store tokens.</summary>
    private async Task Swept()
    {
        (await Give("alice", Token("AL0009"))).Ok();
        await Sweep.For(
            vm,
            """
            printf 'xxxxxxxx%s\n' AL0001 AL0002 AL0003 AL0004 AL0006 AL0007 AL0009 BO0006 BO0007 BO0001 BO0004 BO0005
            cat /root/admin-token; echo
            for u in alice bob; do systemd-creds decrypt --name=vault_$u.cred /var/lib/berth/vault/$u.cred - 2>/dev/null; echo; done
            """,
            "/run/credentials"
        );
        await Sweep.Environments(vm, "bob", "AL00");
    }

    [Fact]
    public async Task Every_command_of_the_vault_runbook_works_as_shown()
    {
        (await vm.Run("berth store forget alice bob")).Ok();
        await vm.Run($"umask 077; echo {Token("AL0007")} >/root/new-token");
        var commands = Runbook.Commands("docs/runbooks/vault.md");
        Assert.True(commands.Count >= 12, "the runbook has lost its commands");
        foreach (var command in commands)
        {
            // 'check' of somebody without a token is a warning.
            var outcome = await vm.Run(command);
            Assert.True(
                outcome.ExitCode == 0
                    || (outcome.ExitCode == 1 && command.StartsWith("berth store check", StringComparison.Ordinal)),
                outcome.ToString()
            );
        }
        (await vm.Run("berth users add bob && berth apply")).Ok();
        (await vm.Run("VAULT_TOKEN=$(cat /root/admin-token) berth store setup bob")).Ok();
    }
}
