using System.Net.Sockets;
using Berth.Host;
using Berth.Metrics;

namespace Berth.Gateway;

/// <summary>Where a gateway finds what it needs beside its configuration.</summary>
/// <param name="State">A folder of its own (mode 0700).</param>
/// <param name="Credentials">What the service manager handed over; null outside of a unit.</param>
/// <param name="Handed">Listening sockets by name (<c>people</c>, <c>control</c>); none outside of a unit.</param>
internal sealed record GatewayPlace(
    string State,
    string? Credentials,
    IReadOnlyList<(string Name, int Descriptor)> Handed
);

/// <summary>A gateway with everything it is made of, as <c>berth gateway</c> and <c>berth up</c> run it.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly Action<string> _log;
    private readonly KernelSockets _kernel = new();
    private readonly Identities _identities;
    private readonly GatewayServer _server;
    private readonly Certificates? _certificates;
    private OtlpExport? _export;

    /// <param name="config">What it goes by.</param>
    /// <param name="place">Where it finds the rest.</param>
    /// <param name="source">What only root may read or run.</param>
    /// <param name="access">The access log; null for none.</param>
    /// <param name="log">One line of what is out of the ordinary; never a secret.</param>
    /// <exception cref="InvalidDataException">The configuration cannot be used.</exception>
    public RunningGateway(
        GatewayConfig config,
        GatewayPlace place,
        IPairingSource source,
        AccessLog? access,
        Action<string> log
    )
    {
        _log = log;
        var clock = TimeProvider.System;
        _identities = Identities.From(config, new IdentityFolders(place.State, place.Credentials), log, clock);
        _certificates = Certificate(config, place, log, clock);
        _server = new GatewayServer(
            config,
            new GatewayParts(
                _identities.Identity,
                routes => LoginMap.Of(routes).Find,
                (route, upstream) => Pairings.For(route, upstream.Client, source, clock),
                _identities.Paths,
                _kernel.Find,
                access
            )
            {
                Log = log,
                Drifted = (source as DaemonClient) is { } daemon ? daemon.TellDrift : (_, _) => { },
                Metrics = new MetricsParts(
                    new MetricFiles(HostPaths.Live).Read,
                    () => File.ReadAllText("/etc/passwd"),
                    Scraper(config, place, log)
                ),
            },
            new Listeners(
                config.Gateway,
                [
                    .. place
                        .Handed.Where(socket => socket.Name == Units.GatewayUnits.PeopleName)
                        .Select(s => s.Descriptor),
                ],
                _certificates
            ).Open
        );
    }

    /// <summary>Where it listens, as URLs.</summary>
    public IEnumerable<string> Addresses => _server.Addresses;

    /// <summary>Makes sign-in links; null where people sign in in another way.</summary>
    public SignInDesk? Desk => _identities.Desk;

    public async Task StartAsync(CancellationToken stop)
    {
        await _server.StartAsync(stop);
        _export = OtlpExport.Start(Environment.GetEnvironmentVariable, _server.Metrics.Samples, TimeProvider.System);
    }

    /// <summary>People are led by this from now on; how they sign in stays as it was.</summary>
    public async Task ChangeAsync(GatewayConfig config)
    {
        _identities.Follow(config);
        await _server.ChangeAsync(config);
    }

    /// <summary>Answers <c>berth link</c> until it is told to stop.</summary>
    public async Task ControlAsync(Socket listener, CancellationToken stop)
    {
        try
        {
            await _identities.Control.RunAsync(listener, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
        catch (SocketException gone)
        {
            _log($"'berth link' is not answered any more: {gone.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _export?.Dispose();
        await _server.DisposeAsync();
        await _identities.DisposeAsync();
        _kernel.Dispose();
    }

    /// <summary>The secret of a scraper from elsewhere. Only root may read the file itself: systemd hands it over.</summary>
    private static SharedSecret? Scraper(GatewayConfig config, GatewayPlace place, Action<string> log)
    {
        if (config.Gateway.Metrics?.TokenFile is not { } path)
            return null;
        return new SharedSecret(
            place.Credentials is { } handed ? Path.Join(handed, Units.GatewayUnits.MetricsCredential) : path,
            log,
            "metrics"
        );
    }

    private static Certificates? Certificate(
        GatewayConfig config,
        GatewayPlace place,
        Action<string> log,
        TimeProvider clock
    )
    {
        if (config.Gateway is not { Certificate: { } certificate, Key: { } key })
            return null;
        return place.Credentials is { } handed
            ? new Certificates(
                Path.Join(handed, Units.GatewayUnits.CertificateCredential),
                Path.Join(handed, Units.GatewayUnits.KeyCredential),
                clock,
                log
            )
            : new Certificates(certificate, key, clock, log);
    }
}
