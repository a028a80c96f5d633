using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Berth.Gateway;

/// <summary>A WebSocket that is open.</summary>
/// <param name="target">Path that was asked for, without its query.</param>
/// <param name="until">See <see cref="Identified.Until"/>.</param>
internal sealed class Ride(SocketPump pump, Place place, string target, CancellationToken until)
{
    public SocketPump Pump { get; } = pump;

    public Place Place { get; } = place;

    public string Target { get; } = target;

    public CancellationToken Until { get; } = until;
}

/// <summary>Opens WebSockets to people's servers and reports on each when it is over.</summary>
internal sealed class SocketDoor(TimeProvider clock, Action<string> log, Traffic traffic)
{
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private readonly HashSet<Ride> _open = [];
    private bool _ending;
    private long _opened;

    /// <summary>How many were opened so far.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>How many are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Asks the server for a WebSocket. What the server says instead is handed on.</summary>
    /// <returns>The open one, to be carried; null when its connection carries it, or the request was answered otherwise.
    /// </returns>
    /// <exception cref="UpstreamException">The server cannot be reached; nothing was answered yet.</exception>
    /// <exception cref="HttpRequestException">It gave no proper answer; nothing was answered yet.</exception>
    public static async Task<Ride?> OpenAsync(HttpContext context, Place place, Exchange exchange)
    {
        var socket = await place.Upstream.ConnectAsync(context.RequestAborted);
        socket.Blocking = false;
        await using var stream = new HandshakeStream(socket);
        using var handler = Upstream.Handler((_, _) => new ValueTask<Stream>(stream));
        using var http = new HttpMessageInvoker(handler);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var request = Ask(context, exchange, out var key);
        limit.CancelAfter(s_handshake);
        using var response = await http.SendAsync(request, limit.Token);
        context.Response.StatusCode = (int)response.StatusCode;
        Exchange.CopyBack(response, context.Response.Headers);
        if (response.StatusCode is not HttpStatusCode.SwitchingProtocols)
        {
            await response.Content.CopyToAsync(context.Response.Body, limit.Token);
            return null;
        }
        if (key is not null && !response.Headers.NonValidated["Sec-WebSocket-Accept"].Contains(SocketKey.Accept(key)))
            throw new HttpRequestException(HttpRequestError.InvalidResponse, "no proof of a WebSocket");
        var pump = await AcceptAsync(context, socket);
        var ride = new Ride(pump, place, context.Request.Path.Value ?? "", exchange.Until);
        stream.Detach();
        if (Kept(context) is not { } handover)
            return ride;
        handover.Ride = ride;
        return null;
    }

    /// <summary>Ends those of one server, or all.</summary>
    public void Close(int code, Place? of = null)
    {
        Ride[] open;
        lock (_lock)
        {
            _ending |= of is null;
            open = [.. _open.Where(one => of is null || one.Place == of)];
        }
        foreach (var one in open)
            one.Pump.End(code);
    }

    /// <summary>Carries a WebSocket until it is over, and reports on it. Nothing of the request that opened it is held
    /// meanwhile.</summary>
    public async Task CarryAsync(Ride ride)
    {
        var started = clock.GetUtcNow();
        bool late;
        lock (_lock)
        {
            _open.Add(ride);
            _opened++;
            late = _ending;
        }
        if (late)
            ride.Pump.End(SocketPump.Restart);
        else if (ride.Place.Upstream.Gone.IsCancellationRequested)
            ride.Pump.End(SocketPump.Policy);
        try
        {
            await using var ended = ride.Until.UnsafeRegister(
                static ride => ((Ride)ride!).Pump.End(SocketPump.Policy),
                ride
            );
            await ride.Pump.RunAsync();
        }
        finally
        {
            lock (_lock)
                _open.Remove(ride);
        }
        await ReportAsync(ride, started);
    }

    private async Task ReportAsync(Ride ride, DateTimeOffset started)
    {
        var pump = ride.Pump;
        var stalled = TimeSpan.FromMilliseconds(pump.Unanswered);
        // Silence alone is no proof: some things need no answer.
        if (stalled >= StreamReport.StallAfter && await ride.Place.Room.AnswersAsync())
            stalled = TimeSpan.Zero;
        var report = new StreamReport(
            ride.Place.Upstream.Route.User,
            ride.Target,
            started,
            clock.GetUtcNow() - started,
            pump.BytesToServer,
            pump.BytesToClient,
            pump.First,
            pump.Code,
            stalled
        );
        traffic.Closed(report);
        log(report.ToString());
    }

    private static HttpRequestMessage Ask(HttpContext context, Exchange exchange, out string? key)
    {
        key = null;
        var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        exchange.Fill(context, request);
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true })
        {
            // HTTP/2 needs no key (RFC 8441): the server behind speaks HTTP/1.1 and wants one.
            key = SocketKey.New();
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        }
        return request;
    }

    private static async Task<SocketPump> AcceptAsync(HttpContext context, Socket server)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } extended)
        {
            context.Response.StatusCode = 200;
            context.Response.Headers.Remove("Sec-WebSocket-Accept");
            return Over(await extended.AcceptAsync(), server, context);
        }
        context.Response.Headers.Upgrade = "websocket";
        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        if (Kept(context) is not { } handover)
            return Over(stream, server, context);
        // HTTP ends here: no clock of its may go on for what follows.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        return handover.Pump(server);
    }

    private static SocketPump Over(Stream client, Socket server, HttpContext context) =>
        new(
            PipeReader.Create(client, new StreamPipeReaderOptions(useZeroByteReads: true, leaveOpen: true)),
            PipeWriter.Create(client, new StreamPipeWriterOptions(leaveOpen: true)),
            server,
            context.Abort
        );

    /// <summary>The connection itself, where it is plain: what is encrypted, or shared with other requests, stays with
    /// its request.</summary>
    private static Handover? Kept(HttpContext context) =>
        context.Features.Get<ITlsConnectionFeature>() is null ? context.Features.Get<Handover>() : null;
}
