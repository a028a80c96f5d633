using Berth.Embedded;
using Berth.Host;
using Xunit;

namespace Berth.Gateway;

/// <summary>Programs that print secrets, run for real.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private static Task<BoundedOutcome> Shell(string script, CancellationToken stop) =>
        BoundedProcess.RunAsync("/bin/sh", ["-c", script], null, 100, stop);

    [Fact]
    public async Task What_it_printed_is_kept_in_memory_and_out_of_what_is_told()
    {
        var outcome = await Shell("echo a-secret; echo a-secret >&2; exit 3", Stop);
        Assert.Equal((3, "a-secret\n"), (outcome.ExitCode, outcome.Output));
        Assert.DoesNotContain("a-secret", outcome.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_prints_without_end_is_ended()
    {
        var outcome = await Shell("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", Stop);
        Assert.Equal((124, ""), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task One_that_never_ends_is_ended_with_all_that_it_started()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var pid = Path.Join(_folder.Path, "pid");
        var running = Shell($"sleep 1000 & echo $! > {pid}.new; mv {pid}.new {pid}; wait", late.Token);
        while (!File.Exists(pid))
            await Task.Delay(10, Stop);
        await late.CancelAsync();
        Assert.Equal(124, (await running).ExitCode);
        var child = $"/proc/{(await File.ReadAllTextAsync(pid, Stop)).Trim()}/stat";
        // Ended, or ended and not yet buried.
        while (File.Exists(child) && !(await ReadAsync(child)).Contains(") Z ", StringComparison.Ordinal))
            await Task.Delay(10, Stop);
    }

    [Fact]
    public async Task One_that_is_not_there_is_told()
    {
        var outcome = await BoundedProcess.RunAsync("/nowhere/t3", [], null, 100, Stop);
        Assert.Equal(127, outcome.ExitCode);
        Assert.NotNull(outcome.Fault);
    }

    [Fact]
    public async Task Under_berth_up_the_program_gets_its_own_home_and_nothing_of_the_invokers()
    {
        var state = new StateFolder(_folder.Path);
        var home = state.Home("alice");
        var program = _folder.Write("t3", "#!/bin/sh\nenv > \"$HOME/seen\"\necho \"{\\\"token\\\":\\\"$4-$5\\\"}\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var route = PairingFront.Route("t3", 3773) with { Home = home, Command = $"{program}\nserve" };
        var source = new LocalPairingSource(state, TimeProvider.System);
        var minted = MintOutput.Parse(await source.MintAsync(route, MintKind.Session, Stop))!;
        Assert.Equal("--json---base-dir", minted.Bearer);
        var seen = (await File.ReadAllLinesAsync(Path.Join(home, "seen"), Stop))
            .Select(line => line.Split('=')[0])
            .Except(["PWD", "OLDPWD", "SHLVL", "_"])
            .Order(StringComparer.Ordinal);
        Assert.Equal(["HOME", "NODE_ENV", "PATH", "T3CODE_TELEMETRY_ENABLED"], seen);

        await File.WriteAllTextAsync(state.SecretFile("alice"), "PASSWORD=generated\n", Stop);
        Assert.Equal("generated", await source.SecretAsync(route, "PASSWORD", Stop));
        var missing = await Assert.ThrowsAsync<PairingException>(async () =>
            await source.SecretAsync(route, "JWT_SECRET", Stop)
        );
        Assert.Contains("JWT_SECRET", missing.Message, StringComparison.Ordinal);
        var failed = await Assert.ThrowsAsync<PairingException>(() =>
            source.MintAsync(route with { Command = "/bin/false\nserve" }, MintKind.Session, Stop)
        );
        Assert.Contains("exit status 1", failed.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(string path)
    {
        try
        {
            return await File.ReadAllTextAsync(path, Stop);
        }
        catch (IOException)
        {
            return ") Z ";
        }
    }
}
