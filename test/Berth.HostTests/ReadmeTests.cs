using Berth.Checkout;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>What README shows is what happens: its session is typed into a fresh machine, command by command.</summary>
public sealed class ReadmeTests(Debian13 vm) : IClassFixture<Debian13>
{
    [Fact]
    public async Task Every_command_of_the_readmes_session_works_as_shown()
    {
        var commands = Session()
            .Where(line => line.StartsWith("# ", StringComparison.Ordinal))
            .Select(line => line[2..])
            .ToList();
        Assert.True(commands.Count >= 6, "README has lost its session");
        foreach (var command in commands)
            (await vm.Run(command)).Ok();
    }

    /// <summary>The embedded engine where it may use the kernel's cap: in a delegated scope of an ordinary user.</summary>
    [Fact]
    public async Task Up_in_a_delegated_scope_uses_the_kernels_cap_and_leaves_nothing()
    {
        (await vm.Run("id eve 2>/dev/null || useradd -m -s /bin/bash eve")).Ok();
        await vm.LetIn("eve");
        (
            await vm.As(
                "eve",
                """
                cat >~/roster.yaml <<'R'
                servers:
                  standin: {preset: custom, ports: 4600-, ready: /ready, command: [standin, serve, --port, "{port}"]}
                defaults: {memory: 100M}
                users: {ann: {}, ben: {}}
                R
                systemd-run --user --scope --quiet --property=Delegate=yes berth up --roster ~/roster.yaml >~/up.log 2>&1 </dev/null &
                timeout 90 bash -c 'until grep -q "ben: ready" ~/up.log && grep -q "ann: ready" ~/up.log; do sleep 0.3; done'
                """
            )
        ).Ok();
        (await vm.As("eve", "grep -q \"run under the kernel's own cap\" ~/up.log")).Ok();
        (await vm.As("eve", StandIns.Spawn(4600, "exec standin hog --to 200"))).Ok();
        await vm.Until("grep -q 'ann: the kernel killed 1 process at the cap of 100M' ~eve/up.log");
        (
            await vm.As(
                "eve",
                "exec 3<>/dev/tcp/127.0.0.1/4600; printf 'GET /ready HTTP/1.1\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | grep -q standin; pkill -TERM -f 'berth up'"
            )
        ).Ok();
        await vm.Until("! pgrep -u eve standin && grep -q 'everything is stopped' ~eve/up.log");
    }

    private static IEnumerable<string> Session()
    {
        var inside = false;
        foreach (var line in File.ReadLines(Repository.Path("README.md")))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line is "```console";
            else if (inside)
                yield return line;
        }
    }
}
