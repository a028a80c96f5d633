using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>Opens WebSockets to people's servers and reports on each when it is over.</summary>
internal sealed class SocketDoor(TimeProvider clock, Action<string> log)
{
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private readonly Dictionary<SocketPump, Place> _open = [];
    private bool _ending;

    /// <summary>How many are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Asks the server for a WebSocket and carries it until it is over. What the server says instead is handed
    /// on.</summary>
    /// <exception cref="UpstreamException">The server cannot be reached; nothing was answered yet.</exception>
    /// <exception cref="HttpRequestException">It gave no proper answer; nothing was answered yet.</exception>
    public async Task PassAsync(HttpContext context, Place place, Exchange exchange)
    {
        var socket = await place.Upstream.ConnectAsync(context.RequestAborted);
        await using var stream = new HandshakeStream(socket);
        using (var handler = Upstream.Handler((_, _) => new ValueTask<Stream>(stream)))
        using (var http = new HttpMessageInvoker(handler))
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted))
        using (var request = Ask(context, exchange, out var key))
        {
            limit.CancelAfter(s_handshake);
            using var response = await http.SendAsync(request, limit.Token);
            context.Response.StatusCode = (int)response.StatusCode;
            Exchange.CopyBack(response, context.Response.Headers);
            if (response.StatusCode is not HttpStatusCode.SwitchingProtocols)
            {
                await response.Content.CopyToAsync(context.Response.Body, limit.Token);
                return;
            }
            if (
                key is not null
                && !response.Headers.NonValidated["Sec-WebSocket-Accept"].Contains(SocketKey.Accept(key))
            )
                throw new HttpRequestException(HttpRequestError.InvalidResponse, "no proof of a WebSocket");
            stream.Detach();
        }
        await CarryAsync(context, place, socket);
    }

    /// <summary>Ends those of one server, or all.</summary>
    public async Task CloseAsync(int code, Place? of = null)
    {
        KeyValuePair<SocketPump, Place>[] open;
        lock (_lock)
        {
            _ending |= of is null;
            open = [.. _open.Where(one => of is null || one.Value == of)];
        }
        await Task.WhenAll(open.Select(one => one.Key.EndAsync(code)));
    }

    private async Task CarryAsync(HttpContext context, Place place, Socket socket)
    {
        SocketPump pump;
        try
        {
            pump = new SocketPump(await AcceptAsync(context), socket, context.Abort);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var started = clock.GetUtcNow();
        var target = context.Request.Path.Value ?? "";
        bool late;
        lock (_lock)
        {
            _open.Add(pump, place);
            late = _ending;
        }
        if (late)
            await pump.EndAsync(SocketPump.Restart);
        try
        {
            await pump.RunAsync();
        }
        finally
        {
            lock (_lock)
                _open.Remove(pump);
        }
        var stalled = TimeSpan.FromMilliseconds(pump.Unanswered);
        // Silence alone is no proof: some things need no answer.
        if (stalled >= StreamReport.StallAfter && await place.Room.AnswersAsync())
            stalled = TimeSpan.Zero;
        log(
            new StreamReport(
                place.Upstream.Route.User,
                target,
                started,
                clock.GetUtcNow() - started,
                pump.BytesToServer,
                pump.BytesToClient,
                pump.First,
                pump.Code,
                stalled
            ).ToString()
        );
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

    private static async Task<Stream> AcceptAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } extended)
        {
            context.Response.StatusCode = 200;
            context.Response.Headers.Remove("Sec-WebSocket-Accept");
            return await extended.AcceptAsync();
        }
        context.Response.Headers.Upgrade = "websocket";
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
