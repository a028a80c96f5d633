using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Berth.Gateway;

public sealed class ProxyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everybody_lands_in_their_own_server()
    {
        await using var world = new World();
        await world.ServeAsync("alice", context => context.Response.WriteAsync("hello alice"));
        await world.ServeAsync("bob", context => context.Response.WriteAsync("hello bob"));
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var bob = world.Browser("bob");
        Assert.Equal("hello alice", await alice.GetStringAsync("/", Stop));
        Assert.Equal("hello bob", await bob.GetStringAsync("/", Stop));
    }

    [Fact]
    public async Task Method_path_query_body_and_status_pass_through()
    {
        await using var world = new World();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                using var body = new StreamReader(context.Request.Body);
                context.Response.StatusCode = 418;
                context.Response.Headers["X-Answer"] = "yes";
                await context.Response.WriteAsync(
                    $"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget} {await body.ReadToEndAsync(Stop)} {context.Request.ContentType}"
                );
            }
        );
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var response = await alice.PutAsync(
            "/a%2Fb/%5Bc?x=1&y=%20",
            new StringContent("text", Encoding.UTF8, "text/x-test"),
            Stop
        );
        Assert.Equal(418, (int)response.StatusCode);
        Assert.Equal("yes", response.Headers.GetValues("X-Answer").Single());
        Assert.Equal(
            "PUT /a%2Fb/%5Bc?x=1&y=%20 text text/x-test; charset=utf-8",
            await response.Content.ReadAsStringAsync(Stop)
        );
    }

    [Fact]
    public async Task An_event_arrives_while_its_stream_is_open()
    {
        await using var world = new World();
        var more = new TaskCompletionSource();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: one\n\n", Stop);
                await context.Response.Body.FlushAsync(Stop);
                await more.Task;
                await context.Response.WriteAsync("data: two\n\n", Stop);
            }
        );
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var response = await alice.GetAsync("/event", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("data: one", await reader.ReadLineAsync(Stop));
        more.SetResult();
        Assert.Equal("\ndata: two\n\n", await reader.ReadToEndAsync(Stop));
    }

    [Fact]
    public async Task A_WebSocket_carries_messages_both_ways_and_its_end_is_told()
    {
        await using var world = new World();
        await world.ServeAsync("alice", EchoAsync);
        await world.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(World.ByHeader.Name, "alice");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/ws"), Stop);
        foreach (var size in (int[])[1, 125, 126, 70_000])
        {
            var sent = Encoding.ASCII.GetBytes(new string('x', size));
            await socket.SendAsync(sent, WebSocketMessageType.Text, true, Stop);
            var got = new byte[size];
            for (var at = 0; at < size; )
                at += (await socket.ReceiveAsync(got.AsMemory(at), Stop)).Count;
            Assert.Equal(sent, got);
        }
        Assert.Equal(1, world.Gateway.OpenSockets);
        await socket.CloseAsync((WebSocketCloseStatus)4321, "bye", Stop);
        var line = await world.Log.WaitForAsync("websocket alice /ws");
        Assert.Contains("ended by the client, close code 4321", line);
        Assert.DoesNotContain("stalled", line);
        Assert.Equal(0, world.Gateway.OpenSockets);
    }

    internal static async Task EchoAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = SocketKey.Accept(context.Request.Headers.SecWebSocketKey!);
        await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[4096];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (got.MessageType is WebSocketMessageType.Close)
            {
                await socket.CloseAsync(socket.CloseStatus!.Value, null, context.RequestAborted);
                return;
            }
            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, Stop);
        }
    }
}
