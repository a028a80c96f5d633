using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Berth.Gateway;

/// <summary>Somebody's server with proper manners.</summary>
internal sealed class TestServer : IAsyncDisposable, IHttpApplication<HttpContext>
{
    private readonly RequestDelegate _answer;
    private readonly KestrelServer _kestrel;

    private TestServer(RequestDelegate answer, int port)
    {
        _answer = answer;
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, port);
        _kestrel = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance
        );
    }

    public int Port { get; private set; }

    public static async Task<TestServer> StartAsync(RequestDelegate answer, int port = 0)
    {
        var server = new TestServer(answer, port);
        await server._kestrel.StartAsync(server, default);
        server.Port = new Uri(server._kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return server;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => _answer(context);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _kestrel.StopAsync(now.Token);
        _kestrel.Dispose();
    }
}
