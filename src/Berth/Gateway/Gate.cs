using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Berth.Gateway;

/// <summary>What is counted, who may read it, and who is told of a server that Berth does not know.</summary>
internal sealed record Counted(Traffic Traffic, MetricsDoor Door, Action<string, string> Drifted);

/// <summary>What every request goes through, in this order: is it well formed and meant for here, is it one of Berth's
/// own paths, may a page like the one that asks ask for this, who is it, which server is theirs, is it ready, are they
/// signed in to it. Only then is it sent on.</summary>
internal sealed class Gate(
    IIdentity identity,
    Forwarding forwarding,
    OwnPaths own,
    Counted counted,
    Func<RouteTable> table,
    Action<string> log,
    CancellationToken stopping
)
{
    private const string NotProven = "-";

    public async Task PassAsync(HttpContext context, RequestNote note)
    {
        var now = table();
        if (stopping.IsCancellationRequested && context.Request.Protocol == "HTTP/1.1")
            context.Response.Headers.Connection = "close";
        var features = context.Features;
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.Path == "/healthz")
        {
            note.IsProbe = true;
            await OwnPaths.HealthAsync(context);
            return;
        }
        if (!RequestHeaders.IsPlainTarget(request.RawTarget) || IsAmbiguous(context))
        {
            await Pages.Bad().WriteAsync(context, document: true);
            return;
        }
        var upgrade = features.Get<IHttpUpgradeFeature>();
        var extended = features.Get<IHttpExtendedConnectFeature>();
        var isSocket =
            extended is { IsExtendedConnect: true, Protocol: "websocket" }
            || (
                upgrade is { IsUpgradableRequest: true }
                && string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            );
        var headers = context.Request.Headers;
        var isDocument = Navigation.IsDocument(
            request.Method,
            headers["Sec-Fetch-Mode"],
            headers["Sec-Fetch-Dest"],
            headers.Accept,
            isSocket,
            headers.XRequestedWith
        );
        var origin = OriginOf(context, now);
        // What a session is set for: behind a proxy that speaks TLS the browser's way here is the one that counts.
        context.Request.Scheme = origin.Scheme;
        note.Client = origin.Client;
        var isOwnHost = now.Own is null || OriginPolicy.IsHostOf(origin.PublicHost, now.Own);
        if (request.Path == MetricsDoor.Path && !isSocket)
        {
            note.User = await counted.Door.AnswerAsync(context, now, isOwnHost);
            return;
        }
        if (!isOwnHost)
        {
            await Pages.WrongHost(now.Own!).WriteAsync(context, isDocument);
            return;
        }
        if (
            (isSocket || OriginPolicy.IsUnsafe(request.Method))
            && !OriginPolicy.Allows(
                new RequestSource(
                    headers.Origin.Count == 0 ? null : headers.Origin.ToString(),
                    headers["Sec-Fetch-Site"],
                    headers.Referer,
                    headers.UserAgent,
                    headers.Cookie.Count > 0
                ),
                origin.PublicHost,
                now.Own
            )
        )
        {
            await Pages.Foreign().WriteAsync(context, isDocument);
            return;
        }
        if (OwnPaths.IsOwn(request.Path))
        {
            await own.AnswerAsync(context, isDocument, isSocket);
            return;
        }
        var who = await identity.WhoAsync(context);
        if (!who.IsProven)
        {
            note.User = NotProven;
            await now.Pages.SignIn(now.Config.Gateway.Identity.Kind == "link").WriteAsync(context, isDocument);
            return;
        }
        var route = now.Find(who);
        note.User = route?.User ?? who.Login ?? who.User;
        if (route is null || !now.Places.TryGetValue(route.User, out var place))
        {
            var page = route?.State switch
            {
                null => now.Pages.Unknown(who.Login),
                RouteState.Parked => now.Pages.Parked(),
                _ => now.Pages.NoServer(),
            };
            await page.WriteAsync(context, isDocument);
            return;
        }
        for (var isFirst = true; ; isFirst = false)
        {
            if (
                !place.Room.IsReady
                && !await forwarding.AwaitReadyAsync(context, place, now.Pages, isDocument, isSocket)
            )
                return;
            try
            {
                if (await place.Pairing.PrepareAsync(context, isDocument, context.RequestAborted))
                    return;
                break;
            }
            catch (PairingException failure)
            {
                // A server that went away since it last answered is waited for, as by every other request.
                if (isFirst && !failure.Drift && !await place.Room.AnswersAsync())
                {
                    place.Room.Invalidate(null);
                    continue;
                }
                counted.Traffic.PairingFailed(route.User, failure.Drift);
                if (failure.Drift)
                    counted.Drifted(route.User, failure.Message);
                log($"pairing {route.User}: {failure.Message}{(failure.Drift ? " (drift)" : "")}");
                await now.Pages.PairingFailed(failure.Drift).WriteAsync(context, isDocument);
                return;
            }
        }
        note.Ride = await forwarding.SendAsync(
            context,
            place,
            new Exchange(identity, place, origin, counted.Traffic, stopping, who.Until),
            now.Pages,
            isDocument,
            isSocket
        );
    }

    /// <summary>A request that says twice how long it is means something else to each who reads it.</summary>
    private static bool IsAmbiguous(HttpContext context)
    {
        var headers = context.Request.Headers;
        // Kestrel goes by Transfer-Encoding and keeps the length that it takes no notice of under another name.
        return headers.Host.Count != 1
            || (
                headers.TransferEncoding.Count > 0
                && (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length"))
            );
    }

    private static Origin OriginOf(HttpContext context, RouteTable now)
    {
        var connection = context.Features.GetRequiredFeature<IHttpConnectionFeature>();
        var headers = context.Request.Headers;
        var peer = connection.RemoteIpAddress;
        var host = headers.Host.ToString();
        var scheme = context.Request.Scheme;
        var client = peer;
        var publicHost = host;
        if (now.Peers.Trusts(peer))
        {
            client = now.Peers.Client(peer, Joined(headers["X-Forwarded-For"]));
            if (now.Peers.Said(peer, Joined(headers["X-Forwarded-Proto"])) is "https" or "wss")
                scheme = "https";
            publicHost = now.Peers.Said(peer, Joined(headers["X-Forwarded-Host"])) ?? host;
        }
        return new Origin(client, client?.ToString() ?? "unix", scheme, host, publicHost);
    }

    private static string? Joined(Microsoft.Extensions.Primitives.StringValues values) =>
        values.Count == 0 ? null : values.ToString();
}
