using System.Diagnostics;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>One person's server under <c>berth up</c>: started below a <see cref="Hold"/>, started again when it
/// fails.</summary>
internal sealed class EmbeddedServer(User user, ServerSettings server, int port, StateFolder state, EngineView view)
{
    private Process? _hold;

    public User User { get; } = user;

    public int Port { get; } = port;

    public ServerSettings Settings { get; } = server;

    public Preset Preset { get; } = Presets.For(server);

    /// <summary>The process that everything of this server runs below; 0 while there is none.</summary>
    public int HoldPid { get; private set; }

    /// <summary>The server's own process; 0 while it is not running.</summary>
    public int ServerPid { get; private set; }

    public long Cap { get; init; }

    /// <summary>Keeps the server running until it ends cleanly or is told to stop.</summary>
    /// <param name="enclose">Puts the hold under its cap before anything runs below it.</param>
    public async Task RunAsync(Action<EmbeddedServer> enclose, CancellationToken stop)
    {
        var policy = new RestartPolicy(0, Preset.ZeroIsFailure);
        while (!stop.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            var code = await OnceAsync(enclose, stop);
            if (stop.IsCancellationRequested)
                return;
            (policy, var pause) = policy.After(code, clock.Elapsed);
            if (pause is not { } wait)
            {
                view.Event("stopped", User.Name, "its server ended by itself with exit 0 and is not started again");
                return;
            }
            view.Event(
                "failed",
                User.Name,
                $"its server ended ({How(code)}); again in {wait.TotalSeconds:0} s; log: {state.Log(User.Name)}"
            );
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

    /// <summary>Asks the server to end; a second time, or after ten seconds, everything below its hold is killed.</summary>
    public void Stop()
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
        Preset.Ready.PasswordVariable is { } variable ? Secrets.Value(state.SecretFile(User.Name), variable) : null;

    private async Task<int> OnceAsync(Action<EmbeddedServer> enclose, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var word in (string[])["hold", "--log", state.Log(User.Name), "--", .. Command()])
            start.ArgumentList.Add(word);
        ServerEnvironment.Fill(start.Environment, this, state);
        using var hold = Process.Start(start)!;
        _hold = hold;
        HoldPid = hold.Id;
        try
        {
            enclose(this);
            await hold.StandardInput.WriteLineAsync("go");
            await hold.StandardInput.FlushAsync(stop);
            if (stop.IsCancellationRequested)
                Stop();
            var said = await hold.StandardOutput.ReadLineAsync(CancellationToken.None);
            ServerPid = int.TryParse(said, out var pid) ? pid : 0;
            await hold.WaitForExitAsync(CancellationToken.None);
            return hold.ExitCode;
        }
        catch (IOException)
        {
            await hold.WaitForExitAsync(CancellationToken.None);
            return hold.ExitCode == 0 ? 1 : hold.ExitCode;
        }
        finally
        {
            (_hold, HoldPid, ServerPid) = (null, 0, 0);
        }
    }

    private IEnumerable<string> Command() =>
        Preset.Command.Select(word => Placeholders.Fill(word, User.Name, state.Home(User.Name), Settings.Host, Port));

    private static string How(int code) => code > 128 ? $"killed by signal {code - 128}" : $"exit {code}";
}
