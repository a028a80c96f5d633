using System.CommandLine;
using System.Runtime.InteropServices;
using Berth.Control;
using Berth.Gateway;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Commands;

/// <summary><c>berth daemon</c>: what berth.service runs. It does for the gateway, which may do nothing, the few things
/// that need root; it reaches no network, and nothing that runs depends on it.</summary>
public static class DaemonCommand
{
    /// <summary>The account of the gateway, which alone may ask beside root.</summary>
    private const string Gateway = "berth-gateway";

    /// <summary>How often the loop shows that it turns where systemd does not ask for it.</summary>
    private static readonly TimeSpan s_often = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var command = new Command("daemon", "Do for the gateway what needs root (what berth.service runs)")
        {
            Hidden = true,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancelled)
    {
        if (Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine("berth: this reads everybody's secrets and is run by berth.service");
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
        var paths = HostPaths.Live;
        using var listener = ControlSocket.Open(paths);
        var drifts = new DriftBook(paths, TimeProvider.System, Console.Error.WriteLine);
        using var requests = new PairingRequests(
            paths,
            new ServerMint(AsTransientUnit),
            TimeProvider.System,
            drifts.Tell
        );
        using var server = new ControlServer(
            listener,
            PeerCredential.Uid,
            uid => uid == 0 || uid == GatewayUid(paths),
            requests.AnswerAsync,
            TimeProvider.System
        );
        ServiceManager.Tell("READY=1");
        try
        {
            await server.RunAsync(
                () => ServiceManager.Tell("WATCHDOG=1"),
                ServiceManager.Watchdog() / 3 ?? s_often,
                end.Token
            );
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to end.
        }
        ServiceManager.Tell("STOPPING=1");
        return ExitCodes.Ok;
    }

    private static Task<BoundedOutcome> AsTransientUnit(Route route, MintCommand command, CancellationToken stop) =>
        BoundedProcess.RunAsync("systemd-run", command.AsTransientUnit(route.User), null, MintOutput.Largest, stop);

    /// <summary>Looked up each time: the account may be made while this runs.</summary>
    private static uint? GatewayUid(HostPaths paths) =>
        (new Files(paths).Text("/etc/passwd") ?? "")
            .Split('\n')
            .Select(line => line.Split(':'))
            .Where(fields => fields is [Gateway, _, _, ..])
            .Select(fields => uint.TryParse(fields[2], out var uid) ? uid : (uint?)null)
            .FirstOrDefault();
}
