using System.CommandLine;
using System.Runtime.InteropServices;
using Berth.Host;
using Berth.Watching;

namespace Berth.Commands;

/// <summary><c>berth watch</c>: what berth-watchdog.service runs.</summary>
public static class WatchCommand
{
    public static Command Create()
    {
        var command = new Command("watch", "Restart servers that are wedged (what berth-watchdog.service runs)")
        {
            Hidden = true,
        };
        command.SetAction((_, stop) => RunAsync(stop));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancelled)
    {
        if (Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine("berth: this restarts everybody's servers and is run by berth-watchdog.service");
            return ExitCodes.Failed;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        ServiceManager.Tell("READY=1");
        await new Watchdog(HostPaths.Live, TimeProvider.System, Console.Out.WriteLine).RunAsync(
            () => ServiceManager.Tell("WATCHDOG=1"),
            end.Token
        );
        ServiceManager.Tell("STOPPING=1");
        return ExitCodes.Ok;
    }
}
