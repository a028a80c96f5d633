using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Berth.Gateway;

/// <summary>How long what came for a server waits while it is not ready.</summary>
/// <param name="Document">A page is answered at once: the first look at a server that runs takes milliseconds.</param>
/// <param name="Request">A script's request waits for a server that restarts.</param>
/// <param name="Socket">A WebSocket waits less long: its clients give up on a handshake after 10 to 20 s.</param>
internal sealed record Patience(TimeSpan Document, TimeSpan Request, TimeSpan Socket)
{
    public Patience()
        : this(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(8)) { }
}

/// <summary>Sends requests on to people's servers, and knows what to say when one cannot be reached: a page for people,
/// patience for everything else.</summary>
internal sealed class Forwarding(IHttpForwarder forwarder, Patience patience, Traffic traffic)
{
    /// <summary>How long a page may take to begin.</summary>
    private static readonly TimeSpan s_firstByte = TimeSpan.FromSeconds(30);

    private const int Attempts = 3;

    private static readonly ForwarderRequestConfig s_config = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // A turn of an agent may take very long without a byte, and an event stream may be silent for hours.
        ActivityTimeout = TimeSpan.FromHours(6),
        AllowResponseBuffering = false,
    };

    /// <summary>Waits for the server, or answers that it is not there yet.</summary>
    /// <returns>Whether the request can be sent on; false: it was answered.</returns>
    public async ValueTask<bool> AwaitReadyAsync(
        HttpContext context,
        Place place,
        Pages pages,
        bool isDocument,
        bool isSocket
    )
    {
        var bound =
            isDocument ? patience.Document
            : isSocket ? patience.Socket
            : patience.Request;
        if (await place.Room.WaitAsync(bound, context.RequestAborted))
            return true;
        traffic.Waits();
        // A WebSocket is refused before it opens: a client that sees it open and close again takes the opening for
        // success, forgets its patience and asks in a tight loop.
        var page = place.Room.Fault?.Fault is UpstreamFault.Squatter ? pages.Squatted() : Pages.Starting();
        await page.WriteAsync(context, isDocument);
        return false;
    }

    /// <returns>A WebSocket that is open now, to be carried; null when the request was answered.</returns>
    public async ValueTask<Ride?> SendAsync(
        HttpContext context,
        Place place,
        Exchange exchange,
        Pages pages,
        bool isDocument,
        bool isSocket
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            Ride? ride = null;
            Exception? failure;
            if (isSocket)
                (ride, failure) = await OpenAsync(context, place, exchange);
            else
                failure = await ForwardAsync(context, place, exchange, isDocument);
            if (failure is null || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                return ride;
            var fault = UpstreamException.Within(failure);
            var answer = AnswerTo(failure, fault, pages);
            if (answer.Status is 503 or 504)
                place.Room.Invalidate(fault);
            if (attempt == Attempts || answer.Status != 503 || !CanSendAgain(context, fault, isSocket))
            {
                if (answer.Status is 503 or 504)
                    traffic.Waits();
                await answer.WriteAsync(context, isDocument);
                return null;
            }
            context.Response.Clear();
            if (!await AwaitReadyAsync(context, place, pages, isDocument, isSocket))
                return null;
        }
    }

    private async ValueTask<Exception?> ForwardAsync(
        HttpContext context,
        Place place,
        Exchange exchange,
        bool isDocument
    )
    {
        // Only a page is expected soon: a script may ask for something that takes an agent an hour.
        using var firstByte = isDocument ? new CancellationTokenSource(s_firstByte) : null;
        exchange.FirstByte = firstByte;
        var error = await forwarder.SendAsync(
            context,
            place.Upstream.Base,
            place.Upstream.Client,
            s_config,
            exchange,
            firstByte?.Token ?? default
        );
        if (error == ForwarderError.None)
            return null;
        if (error == ForwarderError.RequestBodyClient)
            return new BadHttpRequestException("the body is not formed as HTTP asks for", 400);
        return context.Features.Get<IForwarderErrorFeature>()?.Exception
            ?? new HttpRequestException($"forwarding failed: {error}");
    }

    private static async ValueTask<(Ride?, Exception?)> OpenAsync(HttpContext context, Place place, Exchange exchange)
    {
        try
        {
            return (await SocketDoor.OpenAsync(context, place, exchange), null);
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return (null, failure);
        }
    }

    private static Page AnswerTo(Exception failure, UpstreamException? fault, Pages pages) =>
        (fault?.Fault, failure) switch
        {
            (_, BadHttpRequestException bad) => Pages.Bad() with { Status = bad.StatusCode },
            (UpstreamFault.Squatter, _) => pages.Squatted(),
            (UpstreamFault.NeverAccepted, _) => Pages.NoAnswer(),
            (UpstreamFault.Refused, _) => Pages.Starting(),
            (_, OperationCanceledException) => Pages.NoAnswer(),
            (_, HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }) => pages.Broken(
                "Its headers are longer than 64 KB."
            ),
            (_, HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }) => pages.Broken(
                "It is not formed as HTTP asks for."
            ),
            _ => Pages.Starting(),
        };

    /// <summary>What never left may be sent when the server is back; what left and changes nothing, too.</summary>
    private static bool CanSendAgain(HttpContext context, UpstreamException? fault, bool isSocket) =>
        fault is not null
        || isSocket
        || HttpMethods.IsGet(context.Request.Method)
        || HttpMethods.IsHead(context.Request.Method);
}
