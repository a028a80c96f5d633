using System.CommandLine;
using System.Runtime.InteropServices;
using Berth.Embedded;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth up</c>: the roster's servers in the foreground, without root or systemd.</summary>
public static class UpCommand
{
    public static Command Create()
    {
        var command = new Command(
            "up",
            "Run the roster's servers here, in the foreground, without root or systemd (a try-out)"
        );
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancelled)
    {
        // Before the roster is read: what is written meanwhile is an edit.
        var watch = new RosterWatch(parse.GetValue(Shared.RosterFile) ?? Shared.DefaultRoster);
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var state = StateFolder.OfInvoker();
        using var hold = TakeState(state);
        if (hold is null)
            return ExitCodes.Failed;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var view = new EngineView(parse.GetValue(Shared.Json));
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (stop.IsCancellationRequested)
                // Asked a second time: the pipes to every hold close with this process, and they kill all below them.
                Environment.Exit(ExitCodes.Warnings);
            view.Event("stopping", null, "Stopping; once more to stop at once");
            // Not on the thread that delivers signals: the second one must get through.
            _ = Task.Run(stop.Cancel, CancellationToken.None);
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        return await new EmbeddedEngine(roster, watch, state, view).RunAsync(stop.Token);
    }

    private static FileStream? TakeState(StateFolder state)
    {
        try
        {
            // .NET takes an advisory lock with FileShare.None, and the kernel gives it back with the process.
            return new FileStream(
                Path.Join(state.Root, "lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
        }
        catch (IOException)
        {
            Console.Error.WriteLine(
                $"berth: another 'berth up' runs with {state.Root}; stop it first, or set XDG_STATE_HOME to another folder"
            );
            return null;
        }
    }
}
