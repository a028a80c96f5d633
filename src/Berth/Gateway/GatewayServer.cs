using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Berth.Gateway;

/// <summary>What a gateway is made of, given by whoever runs it.</summary>
/// <param name="Identity">How people prove who they are.</param>
/// <param name="Find">Makes the look-up of a configuration: from who was proven to their route.</param>
/// <param name="Pairing">How people are signed in to a server.</param>
/// <param name="Own">Paths below <c>/berth/</c> that others answer.</param>
/// <param name="Owner">Whose a socket is.</param>
/// <param name="Access">The access log; null for none.</param>
internal sealed record GatewayParts(
    IIdentity Identity,
    Func<GatewayConfig, Func<Identified, Route?>> Find,
    Func<Route, Upstream, IPairing> Pairing,
    IReadOnlyDictionary<string, RequestDelegate> Own,
    SocketOwner Owner,
    AccessLog? Access
)
{
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A line for the log of what is out of the ordinary.</summary>
    public Action<string> Log { get; init; } = _ => { };

    public GatewayLimits Limits { get; init; } = new();

    public Patience Patience { get; init; } = new();

    /// <summary>Is told whose server answered what Berth does not know, and what that was.</summary>
    public Action<string, string> Drifted { get; init; } = (_, _) => { };

    /// <summary>What others tell of, and who may read all of it.</summary>
    public MetricsParts Metrics { get; init; } = MetricsParts.None;

    /// <summary>How long a server may leave a connection unaccepted before that counts as a stall.</summary>
    public TimeSpan AcceptBound { get; init; } = Upstream.AcceptBound;
}

/// <summary>How much the gateway lets itself be asked for.</summary>
/// <param name="Connections">Open connections at once; more are closed at once.</param>
/// <param name="Headers">How long a client may take for a request's headers.</param>
/// <param name="Drain">How long requests that are under way may take to end when the gateway stops.</param>
internal sealed record GatewayLimits(int Connections, TimeSpan Headers, TimeSpan Drain)
{
    public GatewayLimits()
        : this(20_000, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5)) { }
}

/// <summary>The gateway: listens, leads everybody to their own server, changes its routes while it runs.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(300);
    private readonly GatewayParts _parts;
    private readonly ListenerFactory _listeners = new();
    private readonly IServer _kestrel;
    private readonly SocketDoor _sockets;
    private readonly GatewayApplication _application;
    private readonly ServiceProvider _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _swap = new();
    private volatile RouteTable _table;
    private Task _trim = Task.CompletedTask;

    public GatewayServer(GatewayConfig config, GatewayParts parts, Action<KestrelServerOptions> listen)
    {
        _parts = parts;
        _table = Table(config, null);
        var traffic = new Traffic();
        _sockets = new SocketDoor(parts.Clock, parts.Log, traffic);
        Metrics = new MetricsDoor(
            parts.Metrics,
            parts.Identity,
            parts.Owner,
            traffic,
            () => _sockets.Count,
            parts.Clock
        );
        // Kestrel and the forwarder alone: no routing, no middleware, no configuration files.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<IConnectionListenerFactory>(_listeners);
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.AllowSynchronousIO = false;
            Limit(options.Limits, parts.Limits);
            options.ConfigureEndpointDefaults(endpoint => Handover.Use(endpoint, _sockets.CarryAsync));
            listen(options);
        });
        _services = builder.Services.BuildServiceProvider();
        var gate = new Gate(
            parts.Identity,
            new Forwarding(_services.GetRequiredService<IHttpForwarder>(), parts.Patience, traffic),
            new OwnPaths(parts.Own),
            new Counted(traffic, Metrics, parts.Drifted),
            () => _table,
            parts.Log,
            _stopping.Token
        );
        _application = new GatewayApplication(gate, _sockets, parts.Access, parts.Log, traffic);
        _kestrel = _services.GetRequiredService<IServer>();
    }

    /// <summary>WebSockets that are open.</summary>
    public int OpenSockets => _sockets.Count;

    /// <summary>What it counts, and what others have told.</summary>
    public MetricsDoor Metrics { get; }

    /// <summary>Where it listens, as URLs.</summary>
    public IEnumerable<string> Addresses => _kestrel.Features.Get<IServerAddressesFeature>()!.Addresses;

    public async Task StartAsync(CancellationToken stop)
    {
        await _kestrel.StartAsync(_application, stop);
        _trim = new IdleTrim(() => _sockets.Opened).RunAsync(_parts.Clock, _stopping.Token);
    }

    /// <summary>From now on people are led by this. Nobody's connection is dropped, but for those to a server that is no
    /// longer theirs.</summary>
    public Task ChangeAsync(GatewayConfig config)
    {
        RouteTable before;
        lock (_swap)
        {
            before = _table;
            _table = Table(config, before);
        }
        foreach (var (user, place) in before.Places)
        {
            if (_table.Places.TryGetValue(user, out var kept) && kept == place)
                continue;
            _sockets.Close(kept is null ? SocketPump.Policy : SocketPump.Restart, place);
            place.Dispose();
        }
        return Task.CompletedTask;
    }

    /// <summary>Takes no more connections, lets requests end, says goodbye to WebSockets.</summary>
    public async Task StopAsync()
    {
        await _listeners.UnbindAsync();
        await _stopping.CancelAsync();
        _sockets.Close(SocketPump.Restart);
        // What was accepted a moment ago has yet to say what it wants, and is answered; a connection that is kept alive
        // learns from its next answer that it is the last.
        await Task.Delay(s_settle);
        using var bound = new CancellationTokenSource(_parts.Limits.Drain);
        await _kestrel.StopAsync(bound.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
            await StopAsync();
        await _trim;
        _kestrel.Dispose();
        foreach (var place in _table.Places.Values)
            place.Dispose();
        await _services.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Limit(KestrelServerLimits kestrel, GatewayLimits limits)
    {
        kestrel.MaxConcurrentConnections = limits.Connections;
        kestrel.RequestHeadersTimeout = limits.Headers;
        // An upload may be as long as it likes: it passes through, and its server decides.
        kestrel.MaxRequestBodySize = null;
        kestrel.MaxRequestLineSize = 16 << 10;
        // Identity providers sign long lists of groups.
        kestrel.MaxRequestHeadersTotalSize = 64 << 10;
        kestrel.MaxRequestBufferSize = 256 << 10;
        kestrel.MaxResponseBufferSize = 256 << 10;
    }

    private Place Place(Route route)
    {
        var upstream = new Upstream(route, _parts.Owner, _parts.AcceptBound);
        return new Place(upstream, _parts.Pairing(route, upstream), _parts.Clock, _parts.Log);
    }

    private RouteTable Table(GatewayConfig config, RouteTable? before)
    {
        var places = new Dictionary<string, Place>();
        foreach (var route in config.Routes)
            if (route is { State: RouteState.Serving, Port: > 0 })
                places[route.User] =
                    before is not null
                    && before.Places.TryGetValue(route.User, out var place)
                    && place.Upstream.Route == route
                        ? place
                        : Place(route);
        return new RouteTable(
            config,
            _parts.Find(config),
            Pages.Of(config),
            OriginPolicy.OriginOf(config.Gateway.Url),
            Peers.Of(config.Gateway.Proxies),
            places
        );
    }
}
