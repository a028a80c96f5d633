using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Where people come in: TLS, PROXY headers, handed sockets, unix sockets, Berth's own answers.</summary>
public sealed class EdgeTests
{
    private static readonly GatewaySettings s_settings = new("127.0.0.1:0", IdentitySettings.Link);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TLS_speaks_HTTP_2_and_takes_up_a_changed_certificate()
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = (Path.Join(folder.Path, "c.pem"), Path.Join(folder.Path, "k.pem"));
        Write(certificate, key, "first.example");
        var clock = new Advancing();
        var log = new SynchronizedLines();
        var certificates = new Certificates(certificate, key, clock, log.Add);
        await using var world = new World { Listen = new Listeners(s_settings, [], certificates).Open };
        await world.ServeAsync(
            "alice",
            context => context.Response.WriteAsync(context.Request.Headers["X-Forwarded-Proto"].ToString(), Stop)
        );
        await world.StartAsync();
        Assert.Equal(("first.example", "2.0", "https"), await OverTlsAsync(world));
        File.WriteAllText(key, "rubbish");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("first.example", (await OverTlsAsync(world)).Name);
        Assert.Contains(log.All, line => line.Contains("the old certificate stays in use"));
        Write(certificate, key, "second.example");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("second.example", (await OverTlsAsync(world)).Name);
        Assert.DoesNotContain(log.All, line => line.Contains("PRIVATE"));
    }

    [Fact]
    public async Task A_WebSocket_over_HTTP_2_reaches_a_server_that_speaks_HTTP_1()
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = (Path.Join(folder.Path, "c.pem"), Path.Join(folder.Path, "k.pem"));
        Write(certificate, key, "box.example");
        var certificates = new Certificates(certificate, key, TimeProvider.System, _ => { });
        await using var world = new World { Listen = new Listeners(s_settings, [], certificates).Open };
        await world.ServeAsync("alice", ProxyTests.EchoAsync);
        await world.StartAsync();
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=box.example";
        using var invoker = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.SetRequestHeader(World.ByHeader.Name, "alice");
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{world.Port}/ws"), invoker, Stop);
        await StreamTests.EchoAsync(socket, "over two");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        Assert.Contains("close code 1000", await world.Log.WaitForAsync("websocket alice"));
    }

    [Fact]
    public async Task A_PROXY_header_names_the_client_and_one_is_needed()
    {
        var settings = s_settings with { ProxyProtocol = true, Proxies = ["127.0.0.1"] };
        await using var world = new World { Settings = settings, Listen = new Listeners(settings, [], null).Open };
        await world.ServeAsync("alice", ShowClientAsync);
        await world.StartAsync();
        using var proxied = await world.RawAsync();
        // In two pieces, and with the forged word of the client behind it.
        await proxied.SendAsync("PROXY TCP4 192.0.2.9 ");
        await proxied.SendAsync(
            "192.0.2.1 1234 443\r\nGET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
        );
        Assert.Contains("client 192.0.2.9", await proxied.ReadUntilAsync(text => text.Contains("client")));
        using var bare = await world.RawAsync();
        await bare.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n");
        Assert.Equal("", await bare.ReadToEndAsync());
    }

    [Fact]
    public async Task A_PROXY_header_of_a_stranger_is_not_believed()
    {
        var settings = s_settings with { ProxyProtocol = true, Proxies = ["192.0.2.1"] };
        await using var world = new World { Settings = settings, Listen = new Listeners(settings, [], null).Open };
        await world.ServeAsync("alice", ShowClientAsync);
        await world.StartAsync();
        var answer = "";
        try
        {
            using var stranger = await world.RawAsync();
            await stranger.SendAsync(
                "PROXY TCP4 192.0.2.9 192.0.2.1 1234 443\r\nGET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n"
            );
            answer = await stranger.ReadToEndAsync();
        }
        catch (SocketException)
        {
            // Hung up on before it could say anything.
        }
        Assert.Equal("", answer);
    }

    [Fact]
    public async Task Over_a_unix_socket_the_proxys_word_counts()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "people.sock");
        var settings = s_settings with { Listen = $"unix:{path}" };
        await using var world = new World { Settings = settings, Listen = new Listeners(settings, [], null).Open };
        await world.ServeAsync("alice", ShowClientAsync);
        await world.StartAsync();
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        client.DefaultRequestHeaders.Add(World.ByHeader.Name, "alice");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.9");
        Assert.Equal("client 192.0.2.9", await client.GetStringAsync(new Uri("http://box/"), Stop));
    }

    /// <summary>The listening socket stays while gateways come and go, as it does with the service manager.</summary>
    [Fact]
    public async Task A_restart_under_load_refuses_nobody()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using var server = await TestServer.StartAsync(context => context.Response.WriteAsync("served", Stop));
        using var end = new CancellationTokenSource();
        var served = 0;
        async Task ClientAsync()
        {
            while (!end.IsCancellationRequested)
            {
                // A connection for each request: what is tested is that each one is taken.
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, Stop);
                using var raw = new RawClient(socket);
                await raw.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nConnection: close\r\n\r\n");
                Assert.Contains("served", await raw.ReadToEndAsync());
                Interlocked.Increment(ref served);
            }
        }
        var clients = new List<Task>();
        for (var restart = 0; restart < 5; restart++)
        {
            var handed = Dup((int)listener.Handle);
            await using var world = new World { Listen = new Listeners(s_settings, [handed], null).Open };
            world.Add("alice", server.Port);
            await world.StartAsync();
            if (clients.Count == 0)
                clients.AddRange(Enumerable.Range(0, 8).Select(_ => Task.Run(ClientAsync, Stop)));
            var before = Volatile.Read(ref served);
            while (Volatile.Read(ref served) < before + 50 && !clients.Exists(client => client.IsFaulted))
                await Task.Delay(5, Stop);
        }
        // The last one has stopped: what came meanwhile waits in the socket for the next.
        await using var last = new World { Listen = new Listeners(s_settings, [Dup((int)listener.Handle)], null).Open };
        last.Add("alice", server.Port);
        await last.StartAsync();
        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.True(served >= 250);
    }

    [Fact]
    public async Task Everything_that_Berth_itself_says_is_hardened()
    {
        await using var world = new World();
        world.Add("carol", 0, RouteState.NoServer);
        world.Add("parked", 1, RouteState.Parked);
        await using (var free = new RawServer(null))
            world.Add("down", free.Port);
        await world.StartAsync();
        foreach (var user in (string?[])[null, "stranger", "carol", "parked", "down"])
        foreach (var path in (string[])["/", "/healthz", "/berth/none", "/berth"])
        {
            using var client = world.Browser(user);
            using var response = await client.SendAsync(FaultTests.Navigate(path), Stop);
            var headers = response.Headers;
            Assert.Equal("no-store", headers.GetValues("Cache-Control").Single());
            Assert.Equal("nosniff", headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("no-referrer", headers.GetValues("Referrer-Policy").Single());
            Assert.Contains("default-src 'none'", headers.GetValues("Content-Security-Policy").Single());
            Assert.Contains("frame-ancestors 'none'", headers.GetValues("Content-Security-Policy").Single());
            Assert.False(headers.Contains("Server"));
            Assert.NotNull(response.Content.Headers.ContentType?.MediaType);
            if (path == "/")
                Assert.Equal(
                    user is null ? 401
                        : user == "stranger" ? 403
                        : 503,
                    (int)response.StatusCode
                );
        }
    }

    [Fact]
    public async Task A_script_is_answered_in_plain_words_and_not_with_a_page()
    {
        await using var world = new World();
        await world.StartAsync();
        using var client = world.Browser("stranger");
        using var response = await client.GetAsync("/api", Stop);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("stranger@example.com", await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task The_echo_is_for_everybody_from_here_and_reaches_no_server()
    {
        await using var world = new World();
        await world.StartAsync();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/berth/ws-echo"), Stop);
        await StreamTests.EchoAsync(socket, "hello");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        using var foreign = new ClientWebSocket();
        foreign.Options.SetRequestHeader("Origin", "https://evil.example");
        await Assert.ThrowsAsync<WebSocketException>(() =>
            foreign.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/berth/ws-echo"), Stop)
        );
    }

    [Fact]
    public async Task The_access_log_tells_of_each_request_and_of_no_secret()
    {
        var written = new MemoryStream();
        await using (var world = new World { Access = new AccessLog(written, TimeProvider.System) })
        {
            await world.ServeAsync("alice", context => context.Response.WriteAsync("x", Stop));
            await world.StartAsync();
            using var alice = world.Browser("alice");
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ws?wsTicket=s3cret&x=1");
            request.Headers.Add("Cookie", "t3_session=s3cret");
            request.Headers.Add("Referer", "http://h/?code=s3cret");
            request.Headers.Add("Authorization", "Bearer s3cret");
            using var response = await alice.SendAsync(request, Stop);
            using var health = await alice.GetAsync("/healthz", Stop);
        }
        var line = Assert.Single(
            Encoding.UTF8.GetString(written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
        Assert.StartsWith("127.0.0.1 - alice [", line, StringComparison.Ordinal);
        Assert.Contains("\"GET /ws?wsTicket=***&x=1 HTTP/1.1\" 200 ", line);
        Assert.DoesNotContain("s3cret", line);
    }

    [Fact]
    public async Task The_routes_follow_their_file_and_a_bad_one_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var world = new World();
        await world.ServeAsync("alice", context => context.Response.WriteAsync("in", Stop));
        await world.StartAsync();
        var file = folder.Write("gateway.json", world.Config.ToJson());
        var log = new SynchronizedLines();
        var watch = new RouteWatch(file, world.Gateway.ChangeAsync, TimeProvider.System, log.Add);
        await watch.LookAsync();
        using var alice = world.Browser("alice");
        Assert.Equal("in", await alice.GetStringAsync("/", Stop));
        File.WriteAllText(file, "{\"gateway\":");
        await watch.LookAsync();
        Assert.Equal("in", await alice.GetStringAsync("/", Stop));
        Assert.Contains(log.All, line => line.Contains("what was known stays in use"));
        File.Delete(file);
        await watch.LookAsync();
        Assert.Equal("in", await alice.GetStringAsync("/", Stop));
        world.Remove("alice");
        folder.Write("gateway.json", world.Config.ToJson());
        await watch.LookAsync();
        using var gone = await alice.GetAsync("/", Stop);
        Assert.Equal(403, (int)gone.StatusCode);
    }

    private static Task ShowClientAsync(HttpContext context) =>
        context.Response.WriteAsync($"client {context.Request.Headers["X-Forwarded-For"]}", Stop);

    private static async Task<(string Name, string Version, string Body)> OverTlsAsync(World world)
    {
        var name = "";
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            name = certificate!.Subject["CN=".Length..];
            return name.EndsWith(".example", StringComparison.Ordinal);
        };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        client.DefaultRequestHeaders.Add(World.ByHeader.Name, "alice");
        using var response = await client.GetAsync(new Uri($"https://127.0.0.1:{world.Port}/"), Stop);
        return (name, response.Version.ToString(), await response.Content.ReadAsStringAsync(Stop));
    }

    private static void Write(string certificate, string key, string name)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", pair, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, pair.ExportPkcs8PrivateKeyPem());
    }

    private static int Dup(int descriptor)
    {
        // What the service manager does at each start.
        var copy = NativeDup.Dup(descriptor);
        Assert.True(copy >= 0);
        return copy;
    }

    /// <summary>A clock that goes on by itself and can be put forward.</summary>
    private sealed class Advancing : TimeProvider
    {
        private long _ahead;

        public void Advance(TimeSpan by) =>
            Interlocked.Add(ref _ahead, by.Ticks * (TimestampFrequency / TimeSpan.TicksPerSecond));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
    }
}

internal static partial class NativeDup
{
    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "dup")]
    public static extern int Dup(int descriptor);
}
