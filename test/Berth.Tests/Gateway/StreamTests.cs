using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Connections that stay: WebSockets and event streams through changes, restarts and deaths.</summary>
public sealed class StreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_who_listens_in_anothers_place_gets_nothing()
    {
        await using var world = new World();
        var heard = new SynchronizedLines();
        var squatter = await world.ServeAsync(
            "alice",
            context =>
            {
                heard.Add(context.Request.Path);
                return context.Response.WriteAsync("squatted", Stop);
            }
        );
        // The kernel would say it of a process of another person: here the test says it.
        var kernel = world.Owner;
        var isBob = true;
        world.Owner = (own, peer) =>
            kernel(own, peer) is var found && isBob ? found with { Uid = World.Me + 1 } : found;
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(FaultTests.Navigate("/secret"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        Assert.Contains("place is taken", await page.Content.ReadAsStringAsync(Stop));
        Assert.Contains($"uid {World.Me + 1} listens", await world.Log.WaitForAsync("squatter"));
        Assert.Empty(heard.All);
        // Control: the same bytes arrive where the owner is not looked at.
        isBob = false;
        Assert.Equal("squatted", await alice.GetStringAsync("/secret", Stop));
        Assert.NotEmpty(heard.All);
        Assert.True(squatter.Port > 0);
    }

    [Fact]
    public async Task Somebody_who_accepts_in_anothers_place_gets_nothing()
    {
        await using var world = new World();
        var heard = new SynchronizedLines();
        await world.ServeAsync(
            "alice",
            context =>
            {
                heard.Add(context.Request.Path);
                return Task.CompletedTask;
            }
        );
        var kernel = world.Owner;
        // The listener was alice's when it was looked at; who accepted is not.
        world.Owner = (own, peer) =>
            kernel(own, peer) is { IsAccepted: true } found ? found with { Uid = World.Me + 1 } : kernel(own, peer);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(FaultTests.Navigate("/secret"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        await world.Log.WaitForAsync($"uid {World.Me + 1} accepted");
        await Assert.ThrowsAnyAsync<WebSocketException>(() => OpenAsync(world, "alice"));
        Assert.Empty(heard.All);
    }

    [Fact]
    public async Task A_WebSocket_and_a_stream_survive_a_change_of_routes_and_end_with_their_own()
    {
        await using var world = new World();
        await world.ServeAsync("alice", ProxyTests.EchoAsync);
        await world.ServeAsync("bob", ProxyTests.EchoAsync);
        await world.StartAsync();
        using var alice = await OpenAsync(world, "alice");
        using var bob = await OpenAsync(world, "bob");
        await using var carol = await TestServer.StartAsync(context => context.Response.WriteAsync("carol"));
        world.Add("carol", carol.Port);
        await world.Gateway.ChangeAsync(world.Config);
        await EchoAsync(alice, "still here");
        using var browser = world.Browser("carol");
        Assert.Equal("carol", await browser.GetStringAsync("/", Stop));
        // Bob is removed: what was open for him ends, what is alice's does not.
        world.Remove("bob");
        await world.Gateway.ChangeAsync(world.Config);
        Assert.Equal(SocketPump.Policy, await CloseCodeAsync(bob));
        await world.Log.WaitForAsync("websocket bob /ws");
        await EchoAsync(alice, "still here");
        using var gone = world.Browser("bob");
        using var page = await gone.GetAsync("/", Stop);
        Assert.Equal(403, (int)page.StatusCode);
    }

    [Fact]
    public async Task What_is_open_ends_with_the_sign_in_that_opened_it_and_only_that()
    {
        await using var world = new World();
        using var revoked = new CancellationTokenSource();
        world.Until["alice"] = revoked.Token;
        foreach (var user in new[] { "alice", "bob" })
            await world.ServeAsync(
                user,
                async context =>
                {
                    if (context.WebSockets.IsWebSocketRequest || context.Request.Path == "/ws")
                    {
                        await ProxyTests.EchoAsync(context);
                        return;
                    }
                    await context.Response.WriteAsync("first\n", Stop);
                    await context.Response.Body.FlushAsync(Stop);
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
            );
        await world.StartAsync();
        using var alice = await OpenAsync(world, "alice");
        using var bob = await OpenAsync(world, "bob");
        using var hers = world.Browser("alice");
        await using var stream = await hers.GetStreamAsync("/stream", Stop);
        using var reader = new StreamReader(stream);
        Assert.Equal("first", await reader.ReadLineAsync(Stop));
        await revoked.CancelAsync();
        Assert.Equal(SocketPump.Policy, await CloseCodeAsync(alice));
        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadLineAsync(Stop).AsTask());
        // Control: nobody ended his.
        await EchoAsync(bob, "still here");
        // Whoever opens one in the very moment gets one that is over.
        using var late = await OpenAsync(world, "alice");
        Assert.Equal(SocketPump.Policy, await CloseCodeAsync(late));
    }

    [Fact]
    public async Task A_parked_person_is_told_so_and_led_on_when_they_are_back()
    {
        await using var world = new World();
        var server = await world.ServeAsync("alice", context => context.Response.WriteAsync("in"));
        world.Add("alice", server.Port, RouteState.Parked);
        world.Add("carol", 0, RouteState.NoServer);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(FaultTests.Navigate("/"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        Assert.Contains("parked", await page.Content.ReadAsStringAsync(Stop));
        using var carol = world.Browser("carol");
        Assert.Contains("no server", await (await carol.GetAsync("/", Stop)).Content.ReadAsStringAsync(Stop));
        world.Add("alice", server.Port);
        await world.Gateway.ChangeAsync(world.Config);
        Assert.Equal("in", await alice.GetStringAsync("/", Stop));
    }

    [Fact]
    public async Task When_a_server_dies_its_WebSockets_get_a_clean_goodbye()
    {
        await using var world = new World();
        var accepted = new TaskCompletionSource<Socket>();
        await using var server = new RawServer(
            async (client, _) =>
            {
                var head = await client.ReadHeadAsync();
                if (head.Length == 0)
                    return;
                await client.SendAsync(Switching(head));
                await client.SendAsync("\u0081\u0002hi");
                accepted.SetResult(client.Socket);
                await client.ReadToEndAsync();
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var socket = await OpenAsync(world, "alice");
        Assert.Equal("hi", await ReadAsync(socket));
        (await accepted.Task).Dispose();
        Assert.Equal(SocketPump.Restart, await CloseCodeAsync(socket));
        Assert.Contains("ended by the server", await world.Log.WaitForAsync("websocket alice"));
    }

    [Fact]
    public async Task What_comes_right_behind_a_handshake_is_not_lost()
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, _) =>
            {
                var head = await client.ReadHeadAsync();
                if (head.Length == 0)
                    return;
                // In one piece: an early hint, the switch, and the first message.
                await client.SendAsync(
                    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Switching(head) + "\u0081\u0005hello"
                );
                await client.ReadToEndAsync();
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var socket = await OpenAsync(world, "alice");
        Assert.Equal("hello", await ReadAsync(socket));
    }

    [Fact]
    public async Task A_server_that_refuses_a_WebSocket_is_quoted()
    {
        await using var world = new World();
        await world.ServeAsync(
            "alice",
            context =>
            {
                context.Response.StatusCode = 401;
                return context.Response.WriteAsync("{\"no\":1}", Stop);
            }
        );
        await world.StartAsync();
        using var raw = await world.RawAsync();
        await raw.SendAsync(
            "GET /ws HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        var answer = await raw.ReadUntilAsync(text => text.Contains("{\"no\":1}"));
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_that_finds_no_server_is_refused_before_it_opens()
    {
        await using var world = new World
        {
            Patience = new Patience() with { Socket = TimeSpan.FromMilliseconds(300) },
        };
        var port = 0;
        await using (var closed = new RawServer(null))
            port = closed.Port;
        world.Add("alice", port);
        await world.StartAsync();
        var failure = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(world, "alice"));
        Assert.Contains("503", failure.Message);
    }

    [Fact]
    public async Task A_gateway_that_stops_says_so_to_every_stream()
    {
        var world = new World();
        await using var server = await TestServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/ws")
            {
                await ProxyTests.EchoAsync(context);
                return;
            }
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: x\n\n", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var socket = await OpenAsync(world, "alice");
        using var browser = world.Browser("alice");
        using var stream = await browser.GetAsync("/event", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("data: x", await reader.ReadLineAsync(Stop));
        var stopped = world.DisposeAsync();
        Assert.Equal(SocketPump.Restart, await CloseCodeAsync(socket));
        await Assert.ThrowsAnyAsync<Exception>(() => reader.ReadToEndAsync(Stop));
        await stopped;
        Assert.Contains("ended by the gateway, close code 1012", await world.Log.WaitForAsync("websocket alice"));
    }

    [Fact]
    public async Task Two_thousand_idle_WebSockets_are_carried_and_told_apart()
    {
        const int Count = 2000;
        await using var world = new World
        {
            Limits = new GatewayLimits(5000, TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(5)),
        };
        await world.ServeAsync("alice", ProxyTests.EchoAsync);
        await world.StartAsync();
        var sockets = new List<ClientWebSocket>();
        for (var at = 0; at < Count; at += 100)
            sockets.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync(world, "alice"))));
        // Each is counted a moment after its client knows that it is open.
        while (world.Gateway.OpenSockets < Count)
            await Task.Delay(20, Stop);
        await EchoAsync(sockets[0], "first");
        await EchoAsync(sockets[^1], "last");
        sockets.ForEach(socket => socket.Abort());
        while (world.Log.All.Count(line => line.StartsWith("websocket alice", StringComparison.Ordinal)) < Count)
            await Task.Delay(20, Stop);
        Assert.Equal(0, world.Gateway.OpenSockets);
    }

    internal static string Switching(string head)
    {
        const string Name = "Sec-WebSocket-Key: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase) + Name.Length;
        var key = head[at..head.IndexOf("\r\n", at, StringComparison.Ordinal)];
        return $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {SocketKey.Accept(key)}\r\n\r\n";
    }

    internal static async Task<ClientWebSocket> OpenAsync(World world, string user)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(World.ByHeader.Name, user);
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/ws"), Stop);
        return socket;
    }

    internal static async Task EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Stop);
        Assert.Equal(text, await ReadAsync(socket));
    }

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), Stop);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }

    private static async Task<int> CloseCodeAsync(ClientWebSocket socket)
    {
        var got = await socket.ReceiveAsync(new byte[1024].AsMemory(), Stop);
        Assert.Equal(WebSocketMessageType.Close, got.MessageType);
        return (int)socket.CloseStatus!.Value;
    }
}
