using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>What people type: berth launch, a login shell, and verbs that have nothing to work with.</summary>
public sealed class TokenVerbsTests(Debian13 vm) : IClassFixture<Debian13>, IAsyncLifetime
{
    private const string Token =
        "sk-ant-oat01-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxALICE1";

    public async ValueTask InitializeAsync()
    {
        if ((await vm.Run("test -e /root/ready")).ExitCode == 0)
            return;
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster + "\nstore: {kind: local}\n");
        (await vm.Berth("apply")).Ok();
        await vm.LetIn("alice");
        (await vm.Run($"berth token set alice <<'END'\n{Token}\nEND\ntouch /root/ready")).Ok();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A stand-in for the agent: it notes its arguments and ends as it is told.</summary>
    private const string Fake =
        "mkdir -p ~/fake; printf '#!/bin/sh\\necho \"$@\" >>~/arguments; exit $(cat ~/code)\\n' >~/fake/claude; chmod +x ~/fake/claude; rm -f ~/arguments;";

    [Fact]
    public async Task A_clean_exit_ends_the_pane_and_a_crash_leaves_a_shell_in_the_same_conversation()
    {
        const string launch = "tmux new-session -d -s work 'PATH=$HOME/fake:$PATH berth launch --session review'";
        (await vm.As("alice", $"{Fake} echo 0 >~/code; {launch}")).Ok();
        await vm.Until("test -s /home/alice/arguments && ! sudo -u alice tmux has-session -t work 2>/dev/null");
        (await vm.As("alice", $"echo 3 >~/code; {launch}")).Ok();
        await vm.Until("sudo -u alice tmux capture-pane -p -t work | grep -q 'the agent ended with 3'");
        Assert.Matches(
            "^(ba|da)?sh$",
            await vm.Ask("sudo -u alice tmux list-panes -t work -F '#{pane_current_command}'")
        );
        await vm.As("alice", "tmux kill-session -t work");
        // The same name is the same conversation, until there is something to resume; without a name each is new.
        var asked = (await vm.Ask("cat /home/alice/arguments")).Split('\n');
        Assert.Equal(asked[0], asked[1]);
        Assert.Contains("--session-id", asked[0], StringComparison.Ordinal);
        Assert.EndsWith("--name review", asked[0], StringComparison.Ordinal);
        Assert.Equal(
            "true",
            await vm.Ask("grep -o '\"hasCompletedOnboarding\":true' /home/alice/.claude.json | cut -d: -f2")
        );
        await vm.As("alice", "rm -rf ~/fake ~/arguments ~/code");
    }

    /// <summary>With the line that 'berth plan' shows for zsh.</summary>
    [Fact]
    public async Task A_login_shell_of_zsh_has_the_token_as_well()
    {
        const string line = "emulate sh -c '. /etc/profile.d/berth-token.sh'";
        (await vm.Run("COLUMNS=250 berth plan")).Says(line);
        await vm.Write("/etc/zsh/zprofile", line);
        Assert.Contains("ALICE1", (await vm.As("alice", "zsh -lc env")).Ok().Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("berth_", (await vm.As("alice", "zsh -lc set")).Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("BOB00", (await vm.As("alice", "USER=bob zsh -lc env")).Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token status")]
    [InlineData("token set alice")]
    [InlineData("token import alice")]
    [InlineData("token rotate alice")]
    [InlineData("token disable alice")]
    [InlineData("token sync")]
    [InlineData("store setup alice")]
    [InlineData("store check alice")]
    [InlineData("store policy alice")]
    [InlineData("store forget alice")]
    [InlineData("sync --daemon")]
    public async Task Without_a_store_each_verb_says_so_in_one_line(string verb)
    {
        await vm.Write("/root/plain.yaml", StandIns.Roster);
        var outcome = await vm.Run($"berth {verb} -r /root/plain.yaml </dev/null");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Equal("", outcome.Stdout);
        Assert.True(outcome.Stderr.Trim().Split('\n') is [{ Length: > 20 }], outcome.ToString());
    }

    [Fact]
    public async Task Without_the_agent_launch_says_what_to_install_and_the_probe_learns_nothing()
    {
        var launch = await vm.As("alice", "berth launch");
        Assert.True(launch.ExitCode == 2, launch.ToString());
        Assert.Equal(
            "berth: claude is not installed for you: npm install -g @anthropic-ai/claude-code",
            launch.Stderr.Trim()
        );
    }
}
