using System.ComponentModel;
using System.Diagnostics;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>One person's server under <c>berth up</c>: started below a <see cref="Hold"/>, started again when it
/// fails.</summary>
internal sealed class EmbeddedServer(Placement placement, StateFolder state, EngineView view) : IDisposable
{
    /// <summary>Exit code of a server that did not come to run.</summary>
    private const int NotStarted = 1;

    private readonly CancellationTokenSource _end = new();
    private volatile Placement _placement = placement;
    private Process? _hold;
    private Task _running = Task.CompletedTask;

    public string User { get; } = placement.User;

    /// <summary>The program that holds it: this one.</summary>
    public string Program { get; init; } = Environment.ProcessPath!;

    /// <summary>How it is to run. Another one may take its place if it <see cref="Placement.RunsAs"/> this one.</summary>
    public Placement Placement
    {
        get => _placement;
        set => _placement = value;
    }

    public Preset Preset => Presets.For(_placement.Settings);

    /// <summary>Is cancelled when it is to end.</summary>
    public CancellationToken Ending { get; private set; }

    /// <summary>The process that everything of this server runs below; 0 while there is none.</summary>
    public int HoldPid { get; private set; }

    /// <summary>The server's own process; 0 while it is not running.</summary>
    public int ServerPid { get; private set; }

    /// <summary>Keeps the server running until it ends cleanly or is told to end.</summary>
    /// <param name="enclose">Puts the hold under its cap before anything runs below it.</param>
    public void Start(Action<EmbeddedServer> enclose) => _running = RunAsync(enclose, Ending = _end.Token);

    /// <summary>Asks the server to end and waits for it; after ten seconds everything below its hold is killed.</summary>
    public async Task EndAsync()
    {
        // A hold that is asked twice waits no longer.
        if (!_end.IsCancellationRequested)
        {
            await _end.CancelAsync();
            Stop();
        }
        await _running;
    }

    private async Task RunAsync(Action<EmbeddedServer> enclose, CancellationToken stop)
    {
        var policy = new RestartPolicy(0, Preset.ZeroIsFailure);
        while (!stop.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            var end = await OnceAsync(enclose, stop);
            if (stop.IsCancellationRequested)
                return;
            (policy, var pause) = policy.After(end.Code, clock.Elapsed);
            if (pause is not { } wait)
            {
                view.Event("stopped", User, "its server ended by itself with exit 0 and is not started again");
                return;
            }
            view.Event("failed", User, $"its server {end.Words}; again in {wait.TotalSeconds:0} s{end.Look}");
            try
            {
                await Task.Delay(wait, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Dispose() => _end.Dispose();

    private void Stop()
    {
        try
        {
            _hold?.StandardInput.WriteLine("stop");
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            // It has ended by itself meanwhile.
        }
    }

    public string? Password =>
        Preset.Ready.PasswordVariable is { } variable ? Secrets.Value(state.SecretFile(User), variable) : null;

    private async Task<End> OnceAsync(Action<EmbeddedServer> enclose, CancellationToken stop)
    {
        try
        {
            using var hold = Begin();
            _hold = hold;
            HoldPid = hold.Id;
            return Cap(enclose) is { } refused ? await WithoutAsync(hold, refused) : await HeldAsync(hold, stop);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return new End(NotStarted, $"was not started: {failure.Message}");
        }
        finally
        {
            (_hold, HoldPid, ServerPid) = (null, 0, 0);
        }
    }

    private Process Begin()
    {
        var start = new ProcessStartInfo(Program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var word in (string[])["hold", "--log", state.Log(User), "--", .. Command()])
            start.ArgumentList.Add(word);
        ServerEnvironment.Fill(start.Environment, this, state);
        return Process.Start(start)!;
    }

    /// <returns>Why there is no cap on it; null when there is one.</returns>
    private string? Cap(Action<EmbeddedServer> enclose)
    {
        try
        {
            enclose(this);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return refused.Message;
        }
    }

    /// <summary>The hold was not told to go: nothing runs below it.</summary>
    private static async Task<End> WithoutAsync(Process hold, string refused)
    {
        hold.Kill();
        await hold.WaitForExitAsync(CancellationToken.None);
        return new End(NotStarted, $"was not started, its cap cannot be put on it: {refused}");
    }

    private async Task<End> HeldAsync(Process hold, CancellationToken stop)
    {
        var isBroken = false;
        try
        {
            await hold.StandardInput.WriteLineAsync("go");
            if (stop.IsCancellationRequested)
                Stop();
            var said = await hold.StandardOutput.ReadLineAsync(CancellationToken.None);
            ServerPid = int.TryParse(said, out var pid) ? pid : 0;
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            isBroken = true;
        }
        await hold.WaitForExitAsync(CancellationToken.None);
        var code = isBroken && hold.ExitCode == 0 ? NotStarted : hold.ExitCode;
        return new End(code, $"ended ({How(code)})", $"; log: {state.Log(User)}");
    }

    private IEnumerable<string> Command() =>
        Preset.Command.Select(word =>
            Placeholders.Fill(word, User, state.Home(User), _placement.Settings.Host, _placement.Port)
        );

    private static string How(int code) => code > 128 ? $"killed by signal {code - 128}" : $"exit {code}";

    /// <param name="Code">Exit code.</param>
    /// <param name="Words">How it ended.</param>
    /// <param name="Look">Where to look.</param>
    private sealed record End(int Code, string Words, string Look = "");
}
