using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>What Berth itself answers to, all of it below <c>/berth/</c> but for <c>/healthz</c>. Nothing of it reaches
/// anybody's server.</summary>
/// <param name="others">Paths that others answer, such as <c>/berth/sign-in</c>.</param>
internal sealed class OwnPaths(IReadOnlyDictionary<string, RequestDelegate> others)
{
    private const int MaxEchoes = 256;
    private const int MaxMessages = 10_000;
    private static readonly TimeSpan s_echoEnds = TimeSpan.FromMinutes(10);
    private static readonly byte[] s_ok = "OK\n"u8.ToArray();
    private int _echoes;

    public static bool IsOwn(string path) =>
        path.StartsWith("/berth", StringComparison.Ordinal) && (path.Length == 6 || path[6] == '/');

    /// <summary>The gateway runs.</summary>
    public static Task HealthAsync(HttpContext context)
    {
        PageWriter.Harden(context.Response);
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = s_ok.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(s_ok, context.RequestAborted).AsTask();
    }

    public Task AnswerAsync(HttpContext context, bool isDocument, bool isSocket)
    {
        if (others.TryGetValue(context.Request.Path.Value!, out var answer))
        {
            PageWriter.Harden(context.Response);
            return answer(context);
        }
        return isSocket && context.Request.Path == "/berth/ws-echo"
            ? EchoAsync(context)
            : Pages.NotFound().WriteAsync(context, isDocument);
    }

    /// <summary>Sends back what it gets, so that a way through proxies can be tried without signing in.</summary>
    private async Task EchoAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _echoes) > MaxEchoes)
        {
            Interlocked.Decrement(ref _echoes);
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "10";
            return;
        }
        try
        {
            await using var stream = await AcceptAsync(context);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            limit.CancelAfter(s_echoEnds);
            using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
            await EchoAsync(socket, limit.Token);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // The other end is gone, or the time is up.
        }
        finally
        {
            Interlocked.Decrement(ref _echoes);
        }
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken stop)
    {
        var buffer = new byte[4096];
        for (var messages = 0; messages < MaxMessages; messages++)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), stop);
            if (received.MessageType is WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, stop);
                return;
            }
            await socket.SendAsync(
                buffer.AsMemory(0, received.Count),
                received.MessageType,
                received.EndOfMessage,
                stop
            );
        }
        await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "that was a lot of echoes", stop);
    }

    private static async Task<Stream> AcceptAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } extended)
            return await extended.AcceptAsync();
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = SocketKey.Accept(context.Request.Headers.SecWebSocketKey!);
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}

/// <summary>The handshake's proof that the other end speaks WebSocket (RFC 6455 §4.2.2); no secret.</summary>
internal static class SocketKey
{
    public static string New() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

#pragma warning disable CA5350 // SHA-1 is what the RFC asks for; nothing rests on its strength.
    public static string Accept(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
