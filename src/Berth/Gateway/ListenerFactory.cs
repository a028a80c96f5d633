using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Berth.Gateway;

/// <summary>Kestrel's sockets, but for one thing: they can stop accepting before what was accepted is closed. Without
/// that, a connection whose request has not been read is closed unanswered when the gateway stops.</summary>
internal sealed class ListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(
        Options.Create(
            new SocketTransportOptions
            {
                Backlog = 4096,
                NoDelay = true,
                UnsafePreferInlineScheduling = EventLoops.AreUsed,
            }
        ),
        NullLoggerFactory.Instance
    );
    private readonly List<IConnectionListener> _listeners = [];

    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default
    )
    {
        var listener = await _sockets.BindAsync(endpoint, cancellationToken);
        lock (_listeners)
            _listeners.Add(listener);
        return listener;
    }

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    /// <summary>Accepts nothing more; what was accepted goes on.</summary>
    public async Task UnbindAsync()
    {
        IConnectionListener[] listeners;
        lock (_listeners)
            listeners = [.. _listeners];
        foreach (var listener in listeners)
            await listener.UnbindAsync();
    }
}
