using Berth.Rosters;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Berth.Gateway;

/// <summary>Where a gateway listens: on what the service manager handed over, else where the roster says.</summary>
/// <param name="Settings">The roster's gateway.</param>
/// <param name="Handed">Descriptors of listening sockets for people; empty to open one.</param>
/// <param name="Certificates">For TLS; null without.</param>
internal sealed record Listeners(GatewaySettings Settings, IReadOnlyList<int> Handed, Certificates? Certificates)
{
    public void Open(KestrelServerOptions options)
    {
        foreach (var descriptor in Handed)
            options.ListenHandle((ulong)descriptor, Configure);
        if (Handed.Count > 0)
            return;
        var address = ListenAddress.Parse(Settings.Listen);
        if (address.Tcp is not null)
            options.Listen(address.Tcp, Configure);
        else
            options.ListenUnixSocket(address.Path!, Configure);
    }

    private void Configure(ListenOptions options)
    {
        if (Settings.ProxyProtocol)
        {
            var peers = Peers.Of(Settings.Proxies);
            options.UseProxyProtocol(peers);
        }
        options.Protocols = Certificates is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (Certificates is { } certificates)
            options.UseHttps(
                new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => new(certificates.Options()),
                    HandshakeTimeout = TimeSpan.FromSeconds(10),
                }
            );
    }
}
