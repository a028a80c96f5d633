using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Berth.Doubles.T3;

/// <summary>What stays open: the WebSocket of pings, and a stream like a terminal's.</summary>
internal static class Live
{
    private static readonly TimeSpan s_line = TimeSpan.FromMilliseconds(250);

    /// <summary>Answers <c>{"_tag":"Ping"}</c> with <c>{"_tag":"Pong"}</c>.</summary>
    public static async Task Talk(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                var heard = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (heard.MessageType is WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                    return;
                }
                if (Tag(buffer.AsSpan(0, heard.Count)) == "Ping")
                    await socket.SendAsync(
                        """{"_tag":"Pong"}"""u8.ToArray(),
                        WebSocketMessageType.Text,
                        endOfMessage: true,
                        context.RequestAborted
                    );
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException)
        {
            // Whoever went away, or whoever ends this server.
        }
    }

    /// <summary>Lines with numbers, as events, until somebody goes away.</summary>
    public static async Task Terminal(HttpContext context, string label)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        try
        {
            for (var line = 1; ; line++)
            {
                var number = line.ToString(CultureInfo.InvariantCulture);
                await context.Response.WriteAsync($"id: {number}\ndata: {label} {number}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(s_line, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever went away, or whoever ends this server.
        }
    }

    private static string? Tag(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonNode.Parse(message) is JsonObject json ? (string?)json["_tag"] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
