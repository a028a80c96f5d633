using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Berth.Checkout;
using Xunit;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Berth.HostTests.Machine;

/// <summary>A disposable workstation: a real Debian with systemd and cgroup v2 under software emulation, driven over
/// ssh. One is booted for each test class, on a fresh disk; nothing it does outlives it.</summary>
public abstract class Vm(string suite, params string[] agents) : IAsyncLifetime
{
    private static readonly TimeSpan s_bootLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan s_commandLimit = TimeSpan.FromMinutes(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-vm-").FullName;
    private Process? _machine;
    private int _port;
    private string _key = "";

    private string Console => Path.Join(_folder, "console.log");

    public async ValueTask InitializeAsync()
    {
        _key = Path.Join((await Repository.Script("test/vm/image.sh", suite)).Trim(), "key");
        var payload = Path.Join(_folder, "payload.img");
        await Repository.Script("test/vm/payload.sh", [payload, .. agents]);
        // Made before the clock of a start runs.
        await Repository.Script("test/vm/booted.sh", suite, "3072");
        // Under emulation on a busy machine a start may stall; the tests themselves are never tried twice.
        for (var attempt = 1; ; attempt++)
        {
            if (await Boot(payload))
                break;
            await Stop();
            if (attempt == 3)
                Assert.Fail($"the {suite} machine did not start in three attempts; its console:\n{await Tail()}");
        }
        (await Run(await Repository.Script("test/vm/wake.sh"))).Ok();
    }

    /// <summary>Looked at once, after the last test of the class and before the machine ends.</summary>
    public Func<Task>? AtEnd { get; set; }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            if (AtEnd is { } look)
                await look();
        }
        finally
        {
            await Keep();
            await Stop();
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Runs a bash script as root.</summary>
    /// <param name="script">The script.</param>
    /// <param name="limit">For scripts that do very much; five minutes by default.</param>
    public Task<Outcome> Run(string script, TimeSpan? limit = null) => Ssh("root", script, limit ?? s_commandLimit);

    /// <summary>Runs a bash script in a real ssh session of a person, who must have been let in.</summary>
    public Task<Outcome> As(string user, string script) => Ssh(user, script, s_commandLimit);

    /// <summary>Runs a berth command as root.</summary>
    public Task<Outcome> Berth(string arguments) => Run($"berth {arguments}");

    /// <summary>Gives a person the key that opens ssh sessions, as they would do themselves.</summary>
    public async Task LetIn(string user) =>
        (
            await Run(
                $"H=$(getent passwd {user} | cut -d: -f6); install -d -m 700 -o {user} -g {user} $H/.ssh && install -m 600 -o {user} -g {user} /root/.ssh/authorized_keys $H/.ssh/"
            )
        ).Ok();

    /// <summary>Ends the shared connection of a person, so that their next session is a new login.</summary>
    public async Task HangUp(string user)
    {
        var start = new ProcessStartInfo("ssh", [.. Options(user), "-O", "exit", $"{user}@127.0.0.1"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
    }

    /// <summary>Writes a file as root.</summary>
    public async Task Write(string path, string text) =>
        (
            await Run(
                $"mkdir -p \"$(dirname '{path}')\" && cat > '{path}' <<'BERTH_END'\n{text.TrimEnd('\n')}\nBERTH_END"
            )
        ).Ok();

    /// <summary>The text a script prints, without blanks around it.</summary>
    public async Task<string> Ask(string script) => (await Run(script)).Ok().Stdout.Trim();

    /// <summary>Waits until a script succeeds; fails with its last words when it does not within the bound.</summary>
    public async Task<Outcome> Until(string script, int seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var outcome = await Run(script);
            if (outcome.ExitCode == 0)
                return outcome;
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"not within {seconds} s: {outcome}");
            await Task.Delay(300);
        }
    }

    /// <summary>Takes the processor away from the whole machine, as a host does that is suspended: it sees only that the
    /// time has jumped.</summary>
    public async Task Suspend(TimeSpan time)
    {
        await Signal("STOP");
        await Task.Delay(time);
        await Signal("CONT");
    }

    private async Task Signal(string signal)
    {
        using var kill = Process.Start("pkill", [$"-{signal}", "-f", $"qemu-system.*127.0.0.1:{_port}-"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<bool> Boot(string payload)
    {
        _port = FreePort();
        var start = new ProcessStartInfo(
            Repository.Path("test/vm/boot.sh"),
            [suite, _port.ToString(), Console, payload]
        )
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        _machine = Process.Start(start)!;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_bootLimit && !_machine.HasExited)
        {
            if ((await Ssh("root", "true", TimeSpan.FromSeconds(20))).ExitCode == 0)
                return true;
            await Task.Delay(500);
        }
        return false;
    }

    /// <summary>The machine ends when the pipe to its script closes: also when this process is killed.</summary>
    private async Task Stop()
    {
        if (_machine is null)
            return;
        _machine.StandardInput.Close();
        await _machine.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        _machine.Dispose();
        _machine = null;
    }

    private string[] Options(string user) =>
        [
            "-q",
            "-i",
            _key,
            "-p",
            _port.ToString(),
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "ConnectTimeout=5",
            "-o",
            "ControlMaster=auto",
            "-o",
            "ControlPersist=yes",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            $"ControlPath={_folder}/{_port}-{user}",
        ];

    private async Task<Outcome> Ssh(string user, string script, TimeSpan limit)
    {
        var start = new ProcessStartInfo("ssh", [.. Options(user), $"{user}@127.0.0.1", "bash", "-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var stdout = process.StandardOutput.ReadToEndAsync();
        // The master connection that a first call leaves behind holds stderr open: it is read until this call ends.
        var stderr = new System.Text.StringBuilder();
        process.ErrorDataReceived += (_, line) => stderr.AppendLine(line.Data);
        process.BeginErrorReadLine();
        try
        {
            await process.StandardInput.WriteAsync(script + "\n");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read a word: no machine answers yet. Its exit code says so.
        }
        try
        {
            var output = await stdout.WaitAsync(limit);
            await process
                .WaitForExitAsync()
                .WaitAsync(TimeSpan.FromSeconds(5))
                .ContinueWith(_ => { }, TaskScheduler.Default);
            return new Outcome(
                $"{user}$ {script}",
                process.HasExited ? process.ExitCode : 0,
                output,
                stderr.ToString()
            );
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            return new Outcome($"{user}$ {script}", 124, "", $"no answer within {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>Console and journal of the last run stay in artifacts/host-tests.</summary>
    private async Task Keep()
    {
        if (!File.Exists(Console))
            return;
        var kept = Repository.Path("artifacts/host-tests");
        Directory.CreateDirectory(kept);
        var name = $"{TestContext.Current.TestClass?.TestClassSimpleName ?? GetType().Name}-{suite}";
        File.Copy(Console, Path.Join(kept, $"{name}-console.log"), overwrite: true);
        var journal = await Run("journalctl --no-pager -o short-monotonic | tail -400");
        await File.WriteAllTextAsync(Path.Join(kept, $"{name}-journal.log"), journal.Stdout);
    }

    private async Task<string> Tail() =>
        File.Exists(Console)
            ? string.Join('\n', (await File.ReadAllLinesAsync(Console)).TakeLast(25))
            : "(it never started: is qemu-system-x86 installed?)";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Debian 13: systemd 257, kernel 6.12, tmux 3.5, earlyoom 1.8.</summary>
public sealed class Debian13() : Vm("trixie");

/// <summary>Debian 13 with the real Claude Code.</summary>
public sealed class Debian13WithClaude() : Vm("trixie", "claude");

/// <summary>Debian 12: systemd 252, kernel 6.1, tmux 3.3, earlyoom 1.7.</summary>
public sealed class Debian12() : Vm("bookworm");
