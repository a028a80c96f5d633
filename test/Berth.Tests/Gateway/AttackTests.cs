using System.Net;
using System.Net.Sockets;
using System.Text;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>What somebody tries who sends bytes of their own. Each attack has its control: the same bytes to a server
/// without the gateway's protection get through.</summary>
public sealed class AttackTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Requests that two readers may take for different ones, or that smuggle a second one along.</summary>
    public static TheoryData<string> Smuggled =>
        [
            // Length twice over, in every disguise.
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGET /evil HTTP/1.1\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\n123456",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nContent-Length: 5, 6\r\n\r\n123456",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding:\x0b chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
            // Folded and split lines.
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX-A: b\r\n folded: c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n X-A: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX-A: b\rX-B: c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX-A: b\0c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX A: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX-A\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n: b\r\n\r\n",
            // Whom it is for.
            "GET / HTTP/1.1\r\nHost: h\r\nHost: evil\r\nTest-User: alice\r\n\r\n",
            "GET / HTTP/1.1\r\nTest-User: alice\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h evil\r\nTest-User: alice\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h/evil@x\r\nTest-User: alice\r\n\r\n",
            "GET http://evil/ HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\nTest-User: alice\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            // Targets.
            "GET /a\rb HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "GET /a\x01b HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "GET /a\x80 HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "GET /a#b HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "GET / HTTP/1.1 x\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "GET / HTTP/3.0\r\nHost: h\r\nTest-User: alice\r\n\r\n",
            "G\x01T / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n",
        ];

    [Theory]
    [MemberData(nameof(Smuggled))]
    public async Task An_ambiguous_request_is_refused_and_never_reaches_a_server(string bytes)
    {
        await using var world = new World();
        var reached = 0;
        await world.ServeAsync(
            "alice",
            async context =>
            {
                Interlocked.Increment(ref reached);
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                await context.Response.WriteAsync("reached", context.RequestAborted);
            }
        );
        await world.StartAsync();
        using var raw = await world.RawAsync();
        await raw.SendAsync(bytes);
        var answer = await raw.ReadHeadAsync();
        Assert.DoesNotContain("reached", answer);
        Assert.Matches("^HTTP/1.1 (4..|505) ", answer);
        // One whose body turns out wrong may have begun to arrive; it is never answered as if it were whole.
        Assert.True(reached == 0 || bytes.Contains("Transfer-Encoding: chunked\r\n\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Control_a_plain_relay_lets_a_smuggled_request_through()
    {
        // What the gateway takes apart, a relay of bytes hands on: the server behind answers what it never should see.
        await using var server = await TestServer.StartAsync(context =>
            context.Response.WriteAsync(context.Request.Path)
        );
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, Stop);
        using var raw = new RawClient(socket);
        await raw.SendAsync(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n"
        );
        Assert.Contains("/evil", await raw.ReadUntilAsync(text => text.Contains("/evil")));
    }

    [Theory]
    [InlineData("Content-Length: +5", "12345")]
    [InlineData("Content-Length: 0005", "12345")]
    [InlineData("Transfer-Encoding: Chunked", "5;x=\"y\"\r\n12345\r\n0\r\nX-Trailer: evil\r\n\r\n")]
    public async Task A_length_in_odd_clothes_arrives_in_plain_ones(string header, string body)
    {
        await using var world = new World();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var text = await reader.ReadToEndAsync(Stop);
                await context.Response.WriteAsync(
                    $"[{context.Request.Headers.ContentLength}|{context.Request.Headers.TransferEncoding}|{text}|{context.Request.Headers["X-Trailer"]}]",
                    Stop
                );
            }
        );
        await world.StartAsync();
        using var raw = await world.RawAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n{header}\r\n\r\n{body}");
        var answer = await raw.ReadUntilAsync(text => text.Contains(']'));
        Assert.Contains(header.StartsWith('C') ? "[5||12345|]" : "[|chunked|12345|]", answer);
    }

    [Fact]
    public async Task Nobody_says_for_the_gateway_where_a_request_comes_from()
    {
        await using var world = new World();
        await world.ServeAsync("alice", EchoHeadersAsync);
        await world.StartAsync();
        var seen = await HeadersAsync(world);
        Assert.Contains("X-Forwarded-For=127.0.0.1\n", seen);
        Assert.Contains("X-Forwarded-Host=code.example\n", seen);
        Assert.Contains("X-Forwarded-Proto=http\n", seen);
        Assert.Contains("Host=code.example\n", seen);
        Assert.Contains("X-Harmless=stays\n", seen);
        Assert.Contains("Cookie=a=1\n", seen);
        foreach (
            var forged in (string[])["evil", "6.6.6.6", "X-Original", "Forwarded=", "X-Named", "Test-User", "berth_"]
        )
            Assert.DoesNotContain(forged, seen);
    }

    [Fact]
    public async Task Control_a_trusted_proxy_is_believed()
    {
        await using var world = new World
        {
            Settings = new GatewaySettings("x", IdentitySettings.Link) { Proxies = ["127.0.0.1"] },
        };
        await world.ServeAsync("alice", EchoHeadersAsync);
        await world.StartAsync();
        var seen = await HeadersAsync(world);
        Assert.Contains("X-Forwarded-For=6.6.6.6\n", seen);
        Assert.Contains("X-Forwarded-Host=evil\n", seen);
        Assert.Contains("X-Forwarded-Proto=https\n", seen);
        // Even a trusted proxy says nothing else for somebody.
        Assert.DoesNotContain("X-Original", seen);
    }

    [Theory]
    [InlineData("https://evil.example", null, 403)]
    [InlineData("null", null, 403)]
    [InlineData(null, "cross-site", 403)]
    [InlineData("http://code.example", "same-site", 403)]
    [InlineData("http://code.example", "same-origin", 200)]
    [InlineData(null, null, 200)]
    public async Task Another_site_changes_nothing_in_somebodys_name(string? origin, string? site, int status)
    {
        await using var world = new World();
        var reached = 0;
        await world.ServeAsync(
            "alice",
            context =>
            {
                reached++;
                return Task.CompletedTask;
            }
        );
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("x") };
        request.Headers.Host = "code.example";
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        using var response = await alice.SendAsync(request, Stop);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, reached);
    }

    [Theory]
    [InlineData("http://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("http://code.example:81", 403)]
    [InlineData("http://code.example", 101)]
    public async Task Another_site_opens_no_WebSocket_in_somebodys_name(string origin, int status)
    {
        await using var world = new World();
        await world.ServeAsync("alice", ProxyTests.EchoAsync);
        await world.StartAsync();
        using var raw = await world.RawAsync();
        await raw.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: code.example\r\nTest-User: alice\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_sets_no_cookie_for_Berth_or_for_other_hosts()
    {
        await using var world = new World();
        Task Answer(HttpContext context)
        {
            context.Response.Headers.SetCookie = new([
                "t3_session=x; Path=/; HttpOnly",
                "tossed=1; Domain=example.com; Path=/",
                "berth_session=evil; Path=/",
                "=berth_session=evil",
            ]);
            return Task.CompletedTask;
        }
        var server = await world.ServeAsync("alice", Answer);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var response = await alice.GetAsync("/", Stop);
        Assert.Equal(["t3_session=x; Path=/; HttpOnly", "tossed=1; Path=/"], response.Headers.GetValues("Set-Cookie"));
        // Control: straight from the server, everything arrives.
        using var direct = new HttpClient();
        using var bare = await direct.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/"), Stop);
        Assert.Contains("berth_session=evil; Path=/", bare.Headers.GetValues("Set-Cookie"));
    }

    [Fact]
    public async Task With_a_configured_address_no_other_name_is_answered()
    {
        await using var world = new World
        {
            Settings = new GatewaySettings("x", IdentitySettings.Link) { Url = "http://code.example" },
        };
        await world.ServeAsync("alice", context => context.Response.WriteAsync("in"));
        await world.StartAsync();
        using var alice = world.Browser("alice");
        foreach (
            var (host, status) in (ReadOnlySpan<(string, int)>)
                [("code.example", 200), ("code.example:80", 200), ("evil.example", 421), ("127.0.0.1", 421)]
        )
            Assert.Equal(status, Ask(alice, host));
        // Whether the gateway runs is asked by address.
        using var health = await alice.GetAsync("/healthz", Stop);
        Assert.Equal("OK\n", await health.Content.ReadAsStringAsync(Stop));
    }

    private static int Ask(HttpClient client, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = host;
        using var response = client.Send(request, Stop);
        return (int)response.StatusCode;
    }

    private static Task EchoHeadersAsync(HttpContext context)
    {
        var text = new StringBuilder();
        foreach (var (name, values) in context.Request.Headers)
            text.Append(name).Append('=').Append(values).Append('\n');
        return context.Response.WriteAsync(text.ToString(), Stop);
    }

    private static async Task<string> HeadersAsync(World world)
    {
        using var raw = await world.RawAsync();
        await raw.SendAsync(
            "GET / HTTP/1.1\r\nHost: code.example\r\nTest-User: alice\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n"
                + "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 99\r\nForwarded: for=evil\r\nX-Real-IP: 6.6.6.6\r\nX-Original-URL: /evil\r\n"
                + "X-authentik-username: evil\r\nRemote-User: evil\r\nProxy: evil\r\nConnection: X-Named\r\nX-Named: evil\r\n"
                + "X-Harmless: stays\r\nCookie: a=1; berth_session=evil\r\n\r\n"
        );
        return await raw.ReadUntilAsync(text => text.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
    }
}
