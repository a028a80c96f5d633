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
        await vm.Until(Killed("ann", 1));
        await A_cap_follows_the_roster_while_the_server_runs();
        (
            await vm.As(
                "eve",
                "exec 3<>/dev/tcp/127.0.0.1/4600; printf 'GET /ready HTTP/1.1\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | grep -q standin; pkill -TERM -f 'berth up'"
            )
        ).Ok();
        await vm.Until("! pgrep -u eve standin && grep -q 'everything is stopped' ~eve/up.log");
    }

    /// <summary>The same hog for both: ann's, whose cap was not edited, is the control of ben's.</summary>
    private async Task A_cap_follows_the_roster_while_the_server_runs()
    {
        const string ben = "/sys/fs/cgroup/user.slice/user-*.slice/user@*.service/app.slice/*.scope/user-ben";
        const string server = "pgrep -u eve -f 'standin serve --port 4601'";
        Task Edit(string user) => vm.Run($"sed -i 's/ben: {{.*}}}}/ben: {{{user}}}}}/' ~eve/roster.yaml");
        var before = await vm.Ask(server);

        await Edit("memory: 250M");
        await vm.Until($"test $(cat {ben}/memory.max) = {250 << 20}");
        foreach (var port in (int[])[4600, 4601])
            (await vm.As("eve", StandIns.Spawn(port, "exec standin hog --to 150 --hold 600"))).Ok();
        await vm.Until($"{Killed("ann", 2)} && test $(cat {ben}/memory.current) -ge {150 << 20}");
        (await vm.Run("! grep 'ben: .*killed' ~eve/up.log")).Ok();

        // What a lower cap has no room for goes first, and it alone: the kernel by itself takes the server along.
        await Edit("memory: 100M");
        await vm.Until($"test $(cat {ben}/memory.max) = {100 << 20}");
        (await vm.Run("grep 'ben: killed .standin hog --to 150.*; the server goes on' ~eve/up.log")).Ok();
        Assert.Equal("oom_kill 0", await vm.Ask($"grep '^oom_kill ' {ben}/memory.events"));
        Assert.Equal(before, await vm.Ask(server));

        await Edit("memory: 100M, parked: true");
        await vm.Until("grep -q 'ben: its server is stopped: parked' ~eve/up.log");
        (await vm.Run($"! {server} && ! ls -d {ben}")).Ok();
    }

    private static string Killed(string user, int times) =>
        $"test $(grep -c '{user}: the kernel killed 1 process at the cap of 100M' ~eve/up.log) = {times}";

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
