using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Berth.Gateway;
using Berth.Host;
using Berth.Units;

namespace Berth.Commands;

/// <summary><c>berth gateway</c>: what berth-gateway.service runs. Everything it works with is handed to it: its sockets
/// and credentials by the service manager, its routes by <c>berth apply</c>, what only root may do by the daemon.</summary>
public static class GatewayCommand
{
    private static readonly Option<string> s_config = new("--config")
    {
        Description = "The routes, as 'berth apply' writes them",
        HelpName = "FILE",
        DefaultValueFactory = _ => GatewayConfig.Path,
    };

    private static readonly Option<string> s_state = new("--state")
    {
        Description = "A folder of its own, for who is signed in",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STATE_DIRECTORY") ?? GatewayUnits.State,
    };

    private static readonly Option<string?> s_control = new("--control")
    {
        Description = "Where 'berth link' asks, when no service manager opened it",
        HelpName = "PATH",
    };

    private static readonly Option<bool> s_check = new("--check-certificate")
    {
        Description = "Only say whether certificate and key can be used (what berth-gateway-tls.service asks)",
    };

    public static Command Create()
    {
        var command = new Command("gateway", "Lead people to their own server (what berth-gateway.service runs)")
        {
            s_config,
            s_state,
            s_control,
            s_check,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancelled)
    {
        if (parse.GetValue(s_check))
            return CheckCertificate(RouteWatch.Read(parse.GetValue(s_config)!).Gateway);
        EventLoops.Use();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            // Not on the thread that delivers signals.
            _ = Task.Run(end.Cancel, CancellationToken.None);
        }
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        var path = parse.GetValue(s_config)!;
        var config = RouteWatch.Read(path);
        var handed = ServiceManager.Inherited();
        var place = new GatewayPlace(
            parse.GetValue(s_state)!,
            Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"),
            handed
        );
        var source = new DaemonClient(GatewayUnits.DaemonPath, TimeProvider.System);
        await using var access = new AccessLog(Console.OpenStandardOutput(), TimeProvider.System);
        await using var log = new LineWriter(Console.OpenStandardError());
        await using var gateway = new RunningGateway(config, place, source, access, log.Write);
        await gateway.StartAsync(end.Token);
        using var control = Control(handed, parse.GetValue(s_control));
        await Task.WhenAll(
            control is null ? Task.CompletedTask : gateway.ControlAsync(control, end.Token),
            FollowAsync(path, gateway, log.Write, end.Token)
        );
        return ExitCodes.Ok;
    }

    private static int CheckCertificate(Rosters.GatewaySettings gateway)
    {
        if (gateway is not { Certificate: { } certificate, Key: { } key })
            return ExitCodes.Ok;
        if (Certificates.Fault(certificate, key) is not { } fault)
            return ExitCodes.Ok;
        Console.Error.WriteLine(
            $"berth: {fault}; the old certificate stays in use: put the certificate and the key that belong together there"
        );
        return ExitCodes.Failed;
    }

    private static async Task FollowAsync(
        string path,
        RunningGateway gateway,
        Action<string> log,
        CancellationToken stop
    )
    {
        var watch = new RouteWatch(path, gateway.ChangeAsync, TimeProvider.System, log);
        try
        {
            await watch.RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private static Socket? Control(IReadOnlyList<(string Name, int Descriptor)> handed, string? path)
    {
        foreach (var (name, descriptor) in handed)
            if (name == GatewayUnits.ControlName)
                return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        return path is null ? null : LinkControl.Listen(path);
    }
}
