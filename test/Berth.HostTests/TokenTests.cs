using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Each person's token reaches that person's processes by every way, and nobody else's; with the real Claude
/// Code against a model stub that tells which token it was sent.</summary>
public class TokenTests(Debian13WithClaude vm) : IClassFixture<Debian13WithClaude>, IAsyncLifetime
{
    private const string Quiet =
        "export ANTHROPIC_BASE_URL=http://127.0.0.1:5999 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_TELEMETRY=1 DISABLE_ERROR_REPORTING=1 DISABLE_AUTOUPDATER=1;";
    private const string Inference = "timeout 200 claude -p hello --model haiku --max-turns 1 </dev/null 2>&1";

    /// <summary>Not real: right in form only. The model stub tells them apart by their last six characters.</summary>
    private static string Token(string ending) => "sk-ant-oat01-" + new string('x', 89) + ending;

    private static readonly string s_alice = Token("ALICE1");
    private static readonly string s_bob = Token("BOB001");

    public async ValueTask InitializeAsync()
    {
        vm.AtEnd = Swept;
        if ((await vm.Run("test -e /root/tokens-ready")).ExitCode == 0)
            return;
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster + "\nstore: {kind: local}\n");
        (await vm.Berth("apply")).Ok();
        await vm.LetIn("alice");
        await vm.LetIn("bob");
        (await Give("alice", s_alice)).Ok();
        (await Give("bob", s_bob)).Ok();
        await vm.Run(
            """
            printf 'ALICE1\nBOB001\n' >/root/accept
            systemd-run --quiet --unit=model standin model --port 5999 --accept /root/accept --log /root/model.log
            systemctl restart standin-serve@alice standin-serve@bob
            touch /root/tokens-ready
            """
        );
        await vm.Until("grep -q 176F /proc/net/tcp"); // 5999
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private Task<Outcome> Give(string user, string token) => vm.Run($"berth token set {user} <<'END'\n{token}\nEND");

    private async Task<string> Sent() =>
        await vm.Ask("grep -o 'messages.*' /root/model.log | tail -1 | cut -d' ' -f2-");

    [Fact]
    public async Task The_real_agent_sends_its_owners_token_from_server_launch_login_shell_and_pane()
    {
        // From the server unit: a child of the server, as an agent is.
        (
            await vm.Run(
                StandIns.Spawn(
                    StandIns.AlicePort,
                    $"{Quiet} {Inference} >/tmp/from-server; echo done >>/tmp/from-server"
                )
            )
        ).Ok();
        var server = "/proc/$(systemctl show -p MainPID --value standin-serve@alice)/root/tmp/from-server";
        await vm.Until($"grep -q done {server}", 240);
        Assert.Equal("yes", await vm.Ask($"head -1 {server}"));
        Assert.Equal("ALICE1", await Sent());

        var shell = (await vm.As("bob", $"bash -lc '{Quiet} {Inference}'")).Ok();
        Assert.Equal("yes", shell.Stdout.Trim());
        Assert.Equal("BOB001", await Sent());

        var launched = (
            await vm.As("alice", $"{Quiet} berth launch -- -p hello --model haiku --max-turns 1 </dev/null")
        ).Ok();
        Assert.Equal("yes", launched.Stdout.Trim());
        Assert.Equal("ALICE1", await Sent());

        (
            await vm.As(
                "bob",
                $"tmux new-session -d \"bash -l\" \\; send-keys '{Quiet} {Inference} >pane; echo done >>pane' Enter"
            )
        ).Ok();
        await vm.Until("grep -q done /home/bob/pane", 240);
        Assert.Equal("yes", await vm.Ask("head -1 /home/bob/pane"));
        Assert.Equal("BOB001", await Sent());

        // What the provider no longer takes is found out by the login watch, and a stronger variable is named.
        await vm.Run("sed -i /BOB001/d /root/accept");
        Assert.Contains(
            "401",
            (await vm.As("bob", $"bash -lc '{Quiet} {Inference}'")).Stdout,
            StringComparison.Ordinal
        );
        await vm.Write(
            "/etc/systemd/system/berth-login@bob.service.d/stub.conf",
            "[Service]\nEnvironment=ANTHROPIC_BASE_URL=http://127.0.0.1:5999"
        );
        await vm.Run(
            "systemctl stop berth-login@bob; rm -f /var/lib/berth-login/bob/report.json; systemctl daemon-reload; systemctl start berth-login@bob"
        );
        await vm.Until("journalctl -u berth-login@bob | grep -q AuthInvalid", 240);
        await vm.As("bob", "echo '{\"env\":{\"ANTHROPIC_API_KEY\":\"k\"}}' >.claude/settings.json");
        await vm.Until("berth token status | grep -q 'shadowed by ANTHROPIC_API_KEY'", 60);
        Assert.Contains(
            "\"probe\": \"Invalid\"",
            await vm.Ask("berth token status --json || true"),
            StringComparison.Ordinal
        );
        await vm.Run("rm -f /home/bob/.claude/settings.json; echo BOB001 >>/root/accept");
    }

    [Fact]
    public async Task Eight_agents_with_a_token_work_on_while_the_login_file_has_expired()
    {
        const string expired =
            """mkdir -p .claude; printf '{"claudeAiOauth":{"accessToken":"old","refreshToken":"used","expiresAt":1,"refreshTokenExpiresAt":4102444800000,"scopes":["user:inference"],"subscriptionType":null,"rateLimitTier":null}}' >.claude/.credentials.json; chmod 600 .claude/.credentials.json; md5sum .claude/.credentials.json >sum; """;
        // Two at a time: the machine is small.
        const string eight =
            $"for i in 1 2 3 4; do ({Inference} >a$i & {Inference} >b$i; wait); done; grep -lx yes a? b? | wc -l";
        var outcome = await vm.As("bob", $"bash -l <<'END'\n{expired}\n{Quiet}\n{eight}\nmd5sum -c sum >&2\nEND");
        Assert.True(outcome.Stdout.Trim() is "8", outcome.ToString());
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        // The control: the same agent without the token is out.
        var without = await vm.As("bob", $"{Quiet} {Inference}");
        Assert.NotEqual(0, without.ExitCode);
        await vm.Run("rm -rf /home/bob/.claude /home/bob/[ab][1-4] /home/bob/sum");
    }

    [Fact]
    public async Task Nobody_gets_anothers_token_whatever_they_do_with_their_own_paths()
    {
        foreach (
            var attempt in (string[])
                [
                    "cat /run/berth/tokens/bob",
                    "ls /run/berth/tokens",
                    "cat /run/berth/tokens/units/bob.env",
                    "ln -sf /run/berth/tokens/bob /run/berth/tokens/alice",
                    "ln /run/berth/tokens/bob ~/mine",
                    "ln /var/lib/berth-login/bob/claude.json ~/mine",
                    "mv /run/berth/tokens/alice /run/berth/tokens/x",
                    "mkfifo /run/berth/tokens/units/alice.env",
                    "ls /var/lib/berth/credentials",
                    "ls /var/lib/berth-login/bob",
                    "cat /proc/$(systemctl show -p MainPID --value standin-serve@bob)/environ",
                    "berth token status",
                    "USER=bob berth launch -- --version && false",
                ]
        )
            Assert.False(
                (await vm.As("alice", attempt)).ExitCode == 0 && !attempt.StartsWith("USER", StringComparison.Ordinal),
                attempt
            );
        Assert.DoesNotContain(
            "BOB001",
            (await vm.As("alice", "USER=bob bash -lc env")).Stdout,
            StringComparison.Ordinal
        );
        // Root with somebody's USER does not pick up their token either.
        Assert.DoesNotContain("BOB001", (await vm.Run("USER=bob bash -lc env")).Stdout, StringComparison.Ordinal);

        // Her own login file and state, turned into traps.
        await vm.As(
            "alice",
            """
            rm -rf ~/.claude; mkdir -p ~/.claude
            ln -s /home/bob/.claude/.credentials.json ~/.claude/.credentials.json
            rm -rf ~/.codex; mkdir -p ~/.codex; mkfifo ~/.codex/auth.json
            rm -f /var/lib/berth-login/alice/report.json; mkfifo /var/lib/berth-login/alice/report.json
            """
        );
        (await vm.Run("timeout 60 berth token status --json >/root/status.json; test -s /root/status.json")).Ok();
        (
            await vm.Run(
                "timeout 60 berth token sync && timeout 60 systemctl restart standin-serve@alice standin-serve@bob"
            )
        ).Ok();
        await vm.Until(
            "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value standin-serve@bob)/environ | grep -q BOB001"
        );
        await vm.Run(
            "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value standin-serve@alice)/environ | grep -q ALICE1"
        );
        await vm.Run("rm -rf /home/alice/.claude /home/alice/.codex /var/lib/berth-login/alice/report.json");
    }

    [Fact]
    public async Task The_seeds_unit_is_the_control_and_leaks()
    {
        await vm.Write(
            "/etc/systemd/system/seed@.service",
            """
            [Service]
            User=%i
            EnvironmentFile=-/home/%i/.config/claude-oauth.env
            ExecStart=/usr/local/bin/standin serve --port 4900
            """
        );
        await vm.Run(
            "install -d -o bob -g bob -m 700 /home/bob/.config && install -o bob -g bob -m 600 /dev/null /home/bob/.config/claude-oauth.env && echo SECRET_OF=bob >/home/bob/.config/claude-oauth.env"
        );
        (
            await vm.As(
                "alice",
                "mkdir -p .config; ln -sfn /home/bob/.config/claude-oauth.env .config/claude-oauth.env; ! cat .config/claude-oauth.env 2>/dev/null"
            )
        ).Ok();
        (await vm.Run("systemctl daemon-reload && systemctl start seed@alice")).Ok();
        var leaked = await vm.Ask(
            "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value seed@alice)/environ | grep SECRET_OF || true"
        );
        Assert.Equal("SECRET_OF=bob", leaked);
        await vm.Run(
            "systemctl stop seed@alice; rm /etc/systemd/system/seed@.service /home/alice/.config/claude-oauth.env; systemctl daemon-reload"
        );
    }

    [Fact]
    public async Task Tokens_are_sealed_at_rest_and_bound_to_their_owner()
    {
        Assert.Equal("600", await vm.Ask("stat -c %a /var/lib/berth/credentials/alice.cred"));
        Assert.Equal("700", await vm.Ask("stat -c %a /var/lib/berth/credentials"));
        // Bob's entry in the place of alice's does not open: nothing changes, and it is said.
        await vm.Run("cd /var/lib/berth/credentials && cp alice.cred /root/kept && cp bob.cred alice.cred");
        var swapped = await vm.Berth("token sync");
        Assert.NotEqual(0, swapped.ExitCode);
        Assert.Contains("what was delivered stays", swapped.Stderr, StringComparison.Ordinal);
        (
            await vm.Run(
                "grep -q ALICE1 /run/berth/tokens/alice && cp /root/kept /var/lib/berth/credentials/alice.cred && rm /root/kept && berth token sync"
            )
        ).Ok();
    }

    /// <summary>After all that the tests of this class have done.</summary>
    private async Task Swept()
    {
        await Sweep.For(vm, "printf 'xxxxxxxx%s\\n' ALICE1 BOB001 BOB002 BOB003 BOB004 BOB009");
        await Sweep.Environments(vm, "alice", "BOB00");
        await Sweep.Environments(vm, "bob", "ALICE1");
    }

    [Fact]
    public async Task A_killed_or_refused_write_leaves_the_old_or_the_new_token_and_nothing_else()
    {
        // A folder that cannot be written: the store's, then the deliveries'.
        foreach (var folder in (string[])["/var/lib/berth/credentials", "/run/berth/tokens"])
        {
            (await vm.Run($"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}")).Ok();
            var closed = await vm.Run($"berth token rotate bob <<'END'\n{Token("BOB009")}\nEND");
            Assert.NotEqual(0, closed.ExitCode);
            Assert.Contains("Read-only file system", closed.Stderr, StringComparison.Ordinal);
            Assert.Single(closed.Stderr.Trim().Split('\n'));
            (await vm.Run($"umount {folder} && grep -q BOB001 /run/berth/tokens/bob")).Ok();
            (await Give("bob", s_bob)).Ok();
        }
        // A full disk under the store, then under what is delivered.
        foreach (var folder in (string[])["/var/lib/berth/credentials", "/run/berth/tokens"])
        {
            (
                await vm.Run(
                    $"cp -a {folder} /root/full && mount -t tmpfs -o size=64k,mode=711 tmpfs {folder} && cp -a /root/full/. {folder}/ && (cat /dev/zero >{folder}/filler 2>/dev/null || true)"
                )
            ).Ok();
            var full = await vm.Run($"berth token rotate bob <<'END'\n{Token("BOB009")}\nEND");
            Assert.NotEqual(0, full.ExitCode);
            Assert.Contains("No space left", full.Stderr, StringComparison.Ordinal);
            (
                await vm.Run(
                    $"grep -q BOB001 /run/berth/tokens/bob && ! ls {folder}/*.new {folder}/*/*.new 2>/dev/null"
                )
            ).Ok();
            (await vm.Run($"umount {folder} && rm -r /root/full")).Ok();
            (await Give("bob", s_bob)).Ok();
        }
        // Killed at any moment: what the next run finds is one of the two, whole, and for nobody else to read.
        var killed = await vm.Run(
            $$"""
            umask 077
            echo '{{Token("BOB003")}}' >/root/three; echo '{{Token("BOB004")}}' >/root/four
            for i in $(seq 1 30); do
                case $((i % 2)) in 0) f=/root/three ;; 1) f=/root/four ;; esac
                timeout -s KILL 0.$((RANDOM % 40 + 10)) berth token set bob <$f >/dev/null 2>&1
                find /run/berth/tokens /var/lib/berth/credentials /var/lib/berth/truth -type f -perm /077 | grep . && exit 1
                grep -qE 'BOB00[134]$' /run/berth/tokens/bob || exit 2
                berth token sync >/dev/null || exit 3
                cmp /run/berth/tokens/bob /run/berth/tokens/units/bob.env || exit 4
            done
            rm /root/three /root/four
            """
        );
        Assert.True(killed.ExitCode == 0, killed.ToString());
        (await Give("bob", s_bob)).Ok();
        (
            await vm.Run(
                "! ls /run/berth/tokens/*.new /run/berth/tokens/units/*.new /var/lib/berth/credentials/*.new 2>/dev/null"
            )
        ).Ok();
        (await vm.Run("systemctl restart standin-serve@bob")).Ok();
    }

    [Fact]
    public async Task A_new_token_waits_for_running_servers_and_a_disabled_one_is_taken_back()
    {
        await vm.Run("systemctl restart standin-serve@bob");
        var rotated = (await vm.Run($"berth token rotate bob <<'END'\n{Token("BOB002")}\nEND")).Ok();
        Assert.Contains("systemctl restart standin-serve@bob", rotated.Stdout, StringComparison.Ordinal);
        Assert.Contains(
            "standin-serve@bob.service holds generation",
            await vm.Ask("COLUMNS=250 berth token status || true"),
            StringComparison.Ordinal
        );
        var wrong = await vm.Run("echo 'sk-ant-oat01-abc\"' | berth token set bob");
        Assert.Contains("this is no token: it holds a quote", wrong.Stderr, StringComparison.Ordinal);
        var shared = await Give("bob", s_alice);
        Assert.Contains("never shared", shared.Stderr, StringComparison.Ordinal);
        // At boot /run is empty: the same generation comes back.
        (await vm.Run("rm -r /run/berth/tokens && systemctl restart berth-tokens")).Ok();
        Assert.Contains("BOB002", (await vm.As("bob", "bash -lc env")).Stdout, StringComparison.Ordinal);

        (await vm.Berth("token disable bob")).Ok();
        (await vm.Run("! test -e /run/berth/tokens/bob && ! test -e /run/berth/tokens/units/bob.env")).Ok();
        Assert.DoesNotContain("CLAUDE_CODE", (await vm.As("bob", "bash -lc env")).Stdout, StringComparison.Ordinal);
        (await Give("bob", s_bob)).Ok();
        (await vm.Run("systemctl restart standin-serve@bob")).Ok();
    }
}
