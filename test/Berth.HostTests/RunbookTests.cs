using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Each command of the runbooks works, in the order in which they show them.</summary>
public sealed class RunbookTests(Debian12 vm) : IClassFixture<Debian12>
{
    [Fact]
    public async Task Every_command_of_the_tokens_runbook_works_as_shown()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();
        // As the terminal wraps it, and as a file.
        var (first, second) = ("sk-ant-oat01-" + new string('a', 95), "sk-ant-oat01-" + new string('b', 95));
        await vm.Write("/root/printed-by-setup-token", $"Your token:\n\n{first[..80]}\n{first[80..]}\n\nStore it.");
        await vm.Write("/root/new-token", second);
        var commands = Runbook.Commands("docs/runbooks/tokens.md");
        Assert.True(commands.Count >= 14, "the runbook has lost its commands");
        foreach (var command in commands)
        {
            (await vm.Run(command)).Ok();
            if (command.StartsWith("berth token rotate", StringComparison.Ordinal))
                (await vm.Run("grep -q bbbb /run/berth/tokens/alice")).Ok();
        }
        (await vm.Run("! test -e /run/berth/tokens/alice && ! test -e /run/berth/tokens/bob")).Ok();
    }
}
