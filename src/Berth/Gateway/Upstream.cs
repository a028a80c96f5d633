using System.Net;
using System.Net.Sockets;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>One person's server as the gateway reaches it. Every connection is proven to end at a process of that person
/// before a byte goes over it, once for each connection.</summary>
internal sealed class Upstream : IDisposable
{
    /// <summary>How long a server may leave a connection unaccepted before that counts as a stall.</summary>
    public static readonly TimeSpan AcceptBound = TimeSpan.FromSeconds(10);
    private static readonly IPEndPoint s_nobody = new(IPAddress.Any, 0);
    private static readonly IPEndPoint s_nobody6 = new(IPAddress.IPv6Any, 0);
    private readonly SocketOwner _owner;
    private readonly TimeSpan _acceptBound;
    private readonly SocketsHttpHandler _handler;
    private readonly CancellationTokenSource _gone = new();

    public Upstream(Route route, SocketOwner owner, TimeSpan? acceptBound = null)
    {
        Route = route;
        Gone = _gone.Token;
        _owner = owner;
        _acceptBound = acceptBound ?? AcceptBound;
        EndPoint = new IPEndPoint(IPAddress.Parse(ListenHost.Reached(route.Host)), route.Port);
        Base = $"http://{EndPoint}";
        Address = new Uri(Base + "/");
        _handler = Handler(async (_, stop) => new NetworkStream(await ConnectAsync(stop), ownsSocket: true));
        Client = new HttpMessageInvoker(_handler);
    }

    public Route Route { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>Such as <c>http://127.0.0.1:3773</c>, without a slash.</summary>
    public string Base { get; }

    /// <summary>The same as an address, with its slash.</summary>
    public Uri Address { get; }

    /// <summary>HTTP to the server over proven connections, kept alive. No cookies, no redirects, no decompression.
    /// Failures are <see cref="HttpRequestException"/>s with an <see cref="UpstreamException"/> within.</summary>
    public HttpMessageInvoker Client { get; }

    /// <summary>Ends when the person no longer has this server: what is still open to it is ended then.</summary>
    public CancellationToken Gone { get; }

    /// <summary>A handler like the gateway's own, over other streams.</summary>
    public static SocketsHttpHandler Handler(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect
    ) =>
        new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            MaxConnectionsPerServer = int.MaxValue,
            // Node closes idle connections after 5 s: a connection is given up before its server does so, and no request
            // meets one that is just closing.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
            // A reload of the server's firewall or owner is met sooner or later: connections do not live for ever.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            MaxResponseHeadersLength = 64,
            MaxResponseDrainSize = 64 << 10,
            ConnectCallback = connect,
        };

    /// <summary>A new connection that is proven to be the person's.</summary>
    /// <exception cref="UpstreamException">There is none to be had.</exception>
    public async ValueTask<Socket> ConnectAsync(CancellationToken stop)
    {
        var listener = _owner(EndPoint, EndPoint.AddressFamily is AddressFamily.InterNetworkV6 ? s_nobody6 : s_nobody);
        if (!listener.Exists)
            throw Refused(null);
        if (listener.Uid != Route.Uid)
            throw Squatter(listener.Uid, "listens");
        var socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(EndPoint, stop);
            await ProveAsync(socket, stop);
            return socket;
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw Refused(refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Requests that are under way keep their connections until they are done.
        _gone.Cancel();
        Client.Dispose();
        _handler.Dispose();
        _gone.Dispose();
    }

    /// <summary>Between the look at the listener and the connect another may have taken its place: what counts is who
    /// accepted. Until somebody did, the connection is nobody's.</summary>
    private async ValueTask ProveAsync(Socket socket, CancellationToken stop)
    {
        var client = (IPEndPoint)socket.LocalEndPoint!;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var pause = 0; ; pause = Math.Min(pause == 0 ? 1 : pause * 2, 50))
        {
            var accepted = _owner(EndPoint, client);
            if (accepted.IsAccepted)
            {
                if (accepted.Uid != Route.Uid)
                    throw Squatter(accepted.Uid, "accepted");
                return;
            }
            if (!accepted.Exists || accepted.IsListener)
                throw Refused(null); // closed already
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > _acceptBound)
                throw new UpstreamException(
                    UpstreamFault.NeverAccepted,
                    $"{EndPoint} listens and accepted nothing for {_acceptBound.TotalSeconds:0} s"
                );
            if (pause == 0)
                await Task.Yield();
            else
                await Task.Delay(pause, stop);
        }
    }

    private UpstreamException Refused(SocketException? why) =>
        new(UpstreamFault.Refused, $"nobody listens on {EndPoint}", why);

    private UpstreamException Squatter(int uid, string does) =>
        new(
            UpstreamFault.Squatter,
            $"squatter: uid {uid} {does} on {EndPoint}, which is {Route.User}'s (uid {Route.Uid}); nothing was sent"
        );
}
