using System.Net;
using System.Net.Sockets;
using System.Text;
using Berth.Host;
using Berth.Rosters;
using Berth.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Berth.Gateway;

/// <summary>A gateway in this process with people and their servers, on ports that the kernel chose.</summary>
internal sealed class World : IAsyncDisposable
{
    private static readonly KernelSockets s_kernel = new();
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<Route> _routes = [];

    public static int Me => (int)Native.EffectiveUser();

    public GatewaySettings Settings { get; set; } = new("127.0.0.1:0", IdentitySettings.Link);

    public SocketOwner Owner { get; set; } = s_kernel.Find;

    public GatewayLimits Limits { get; set; } = new(1000, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2));

    public Func<Route, Upstream, IPairing> Pairing { get; set; } = (_, _) => new NoPairing();

    public Patience Patience { get; set; } = new();

    public TimeSpan AcceptBound { get; set; } = Upstream.AcceptBound;

    public Dictionary<string, RequestDelegate> Own { get; } = [];

    /// <summary>How long each person's sign-in lasts.</summary>
    public Dictionary<string, CancellationToken> Until { get; } = [];

    public Action<KestrelServerOptions>? Listen { get; set; }

    public AccessLog? Access { get; set; }

    public SynchronizedLines Log { get; } = new();

    public GatewayServer Gateway { get; private set; } = null!;

    public int Port { get; private set; }

    public MetricsParts Metrics { get; set; } = MetricsParts.None;

    public Action<string, string> Drifted { get; set; } = (_, _) => { };

    public IReadOnlyList<string> Admins { get; set; } = [];

    public GatewayConfig Config => new(Settings, [.. _routes]) { Admins = Admins };

    /// <summary>A person with a server of this answer.</summary>
    public async Task<TestServer> ServeAsync(string user, RequestDelegate answer)
    {
        var server = await TestServer.StartAsync(answer);
        _servers.Add(server);
        Add(user, server.Port);
        return server;
    }

    public Route Add(string user, int port, RouteState state = RouteState.Serving, ReadyCheck? ready = null)
    {
        var route = new Route(
            user,
            $"{user}@example.com",
            Me,
            "test",
            "custom",
            ready ?? ReadyCheck.Tcp,
            "127.0.0.1",
            port,
            $"/home/{user}",
            state
        );
        _routes.RemoveAll(one => one.User == user);
        _routes.Add(route);
        return route;
    }

    public void Remove(string user) => _routes.RemoveAll(one => one.User == user);

    public async Task StartAsync()
    {
        Gateway = new GatewayServer(
            Config,
            new GatewayParts(new ByHeader(Until), Find, Pairing, Own, (a, b) => Owner(a, b), Access)
            {
                Log = Log.Add,
                Limits = Limits,
                AcceptBound = AcceptBound,
                Patience = Patience,
                Metrics = Metrics,
                Drifted = Drifted,
            },
            Listen ?? (options => options.Listen(IPAddress.Loopback, 0))
        );
        await Gateway.StartAsync(TestContext.Current.CancellationToken);
        Port = Gateway.Addresses.Select(address => new Uri(address).Port).FirstOrDefault();
    }

    /// <summary>A browser of this person, or of nobody.</summary>
    public HttpClient Browser(string? user)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{Port}"),
            Timeout = TimeSpan.FromMinutes(2),
        };
        if (user is not null)
            client.DefaultRequestHeaders.Add(ByHeader.Name, user);
        return client;
    }

    /// <summary>A connection without any manners: what is sent is sent as it is.</summary>
    public async Task<RawClient> RawAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
        return new RawClient(socket);
    }

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
            await Gateway.DisposeAsync();
        if (Access is not null)
            await Access.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private static Func<Identified, Route?> Find(GatewayConfig config) =>
        who => config.Routes.FirstOrDefault(route => route.Login == who.Login);

    /// <summary>Believes what a header says; a double of what the real ones prove.</summary>
    internal sealed class ByHeader(IReadOnlyDictionary<string, CancellationToken> until) : IIdentity
    {
        public const string Name = "Test-User";

        public ValueTask<Identified> WhoAsync(HttpContext context)
        {
            var user = context.Request.Headers[Name].ToString();
            return new ValueTask<Identified>(
                user.Length == 0
                    ? Identified.Nobody("no header")
                    : Identified.ByLogin($"{user}@example.com") with
                    {
                        Until = until.GetValueOrDefault(user),
                    }
            );
        }

        public void Strip(HttpRequestMessage request) => request.Headers.Remove(Name);
    }

    internal sealed class NoPairing : IPairing
    {
        public ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop) =>
            new(false);

        public void Inject(HttpRequestMessage request) { }
    }
}

/// <summary>Lines that several threads write.</summary>
internal sealed class SynchronizedLines
{
    private readonly List<string> _lines = [];

    public void Add(string line)
    {
        lock (_lines)
            _lines.Add(line);
    }

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Waits for a line that holds this.</summary>
    public async Task<string> WaitForAsync(string part)
    {
        while (true)
        {
            if (All.FirstOrDefault(line => line.Contains(part)) is { } found)
                return found;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>One connection, byte by byte.</summary>
internal sealed class RawClient(Socket socket) : IDisposable
{
    public Socket Socket { get; } = socket;

    public async Task SendAsync(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var sent = 0; sent < bytes.Length; )
            sent += await Socket.SendAsync(bytes.AsMemory(sent), TestContext.Current.CancellationToken);
    }

    /// <summary>Everything until the other end closes.</summary>
    public Task<string> ReadToEndAsync() => ReadUntilAsync(_ => false);

    public Task<string> ReadHeadAsync() => ReadUntilAsync(text => text.Contains("\r\n\r\n"));

    public async Task<string> ReadUntilAsync(Func<string, bool> enough)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 << 10];
        while (!enough(text.ToString()))
        {
            int length;
            try
            {
                length = await Socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                break;
            }
            if (length == 0)
                break;
            text.Append(Encoding.Latin1.GetString(buffer, 0, length));
        }
        return text.ToString();
    }

    public void Dispose() => Socket.Dispose();
}
