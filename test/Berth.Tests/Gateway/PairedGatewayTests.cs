using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Berth.Doubles.T3;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Pairing in the gateway itself: whose server it is, which connection, which request.</summary>
public class PairedGatewayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Alice and bob, each with a server that calls its session as every other does.</summary>
    private static async Task<(World, T3Double Alice, T3Double Bob)> Start()
    {
        var alice = await T3Double.Start(new T3Options { Label = "alice", Cookie = CookieGeneration.Plain });
        var bob = await T3Double.Start(new T3Options { Label = "bob", Cookie = CookieGeneration.Plain });
        var world = new World
        {
            Pairing = (route, upstream) =>
                Pairings.For(
                    route with
                    {
                        Preset = "t3",
                    },
                    upstream.Client,
                    TestSource.Of(route.User == "alice" ? alice : bob),
                    TimeProvider.System
                ),
        };
        world.Add("alice", alice.Port);
        world.Add("bob", bob.Port);
        await world.StartAsync();
        return (world, alice, bob);
    }

    private static async Task<string> Open(World world, CookieContainer profile, string user)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = profile, UseProxy = false });
        browser.DefaultRequestHeaders.Add(World.ByHeader.Name, user);
        browser.DefaultRequestHeaders.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        browser.DefaultRequestHeaders.TryAddWithoutValidation("Sec-Fetch-Dest", "document");
        using var page = await browser.GetAsync($"http://127.0.0.1:{world.Port}/", Stop);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        browser.DefaultRequestHeaders.Remove("Sec-Fetch-Mode");
        browser.DefaultRequestHeaders.TryAddWithoutValidation("Sec-Fetch-Mode", "cors");
        var session = await browser.GetStringAsync($"http://127.0.0.1:{world.Port}/api/auth/session", Stop);
        Assert.Contains("\"authenticated\":true", session, StringComparison.Ordinal);
        return await page.Content.ReadAsStringAsync(Stop);
    }

    [Fact]
    public async Task Each_person_is_signed_in_to_their_own_server_and_one_profile_may_change_hands()
    {
        var (world, alice, bob) = await Start();
        await using var _w = world;
        await using var _a = alice;
        await using var _b = bob;
        var (hers, his) = (new CookieContainer(), new CookieContainer());
        Assert.Contains(">alice<", await Open(world, hers, "alice"), StringComparison.Ordinal);
        Assert.Contains(">bob<", await Open(world, his, "bob"), StringComparison.Ordinal);
        // The same browser, another person: the session of the one is nothing to the other's server, and is replaced.
        Assert.Contains(">bob<", await Open(world, hers, "bob"), StringComparison.Ordinal);
        Assert.Contains(">alice<", await Open(world, hers, "alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_websocket_of_a_page_goes_on_to_the_server_with_its_session()
    {
        var (world, alice, bob) = await Start();
        await using var _w = world;
        await using var _a = alice;
        await using var _b = bob;
        var profile = new CookieContainer();
        await Open(world, profile, "alice");
        using var socket = new ClientWebSocket();
        socket.Options.Cookies = profile;
        socket.Options.Proxy = null;
        socket.Options.SetRequestHeader(World.ByHeader.Name, "alice");
        socket.Options.SetRequestHeader("Origin", $"http://127.0.0.1:{world.Port}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/ws"), Stop);
        await socket.SendAsync("""{"_tag":"Ping"}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Stop);
        var buffer = new byte[100];
        var heard = await socket.ReceiveAsync(buffer, Stop);
        Assert.Equal("""{"_tag":"Pong"}""", Encoding.UTF8.GetString(buffer, 0, heard.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
    }

    [Theory]
    [InlineData("/global/event", false)]
    [InlineData("/pty/1/connect", true)]
    public async Task A_password_goes_along_with_everything_and_a_browser_is_never_asked_for_it(
        string path,
        bool isSocket
    )
    {
        var seen = new ConcurrentQueue<string>();
        await using var world = new World
        {
            Pairing = (route, _) =>
                new BasicPairing(route, new TestSource { Secret = _ => "generated" }, TimeProvider.System),
        };
        await world.ServeAsync(
            "alice",
            context =>
            {
                if (context.Request.Path == path)
                    seen.Enqueue(context.Request.Headers.Authorization.ToString());
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"opencode\"";
                return Task.CompletedTask;
            }
        );
        await world.StartAsync();
        using var browser = world.Browser("alice");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", "Basic Z3Vlc3NlZA==");
        if (isSocket)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            request.Headers.TryAddWithoutValidation("Origin", $"http://127.0.0.1:{world.Port}");
        }
        using var answer = await browser.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Empty(answer.Headers.WwwAuthenticate);
        var sent = Assert.Single(seen);
        Assert.Equal("opencode:generated", Encoding.UTF8.GetString(Convert.FromBase64String(sent["Basic ".Length..])));
    }
}
