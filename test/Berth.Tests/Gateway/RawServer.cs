using System.Net;
using System.Net.Sockets;

namespace Berth.Gateway;

/// <summary>Somebody's server without manners: each connection is handled by hand. It accepts only while it is told
/// to.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="handle">Given each connection, and its number from 1; null to listen and accept nothing.</param>
    /// <param name="port">0 for one that the kernel chooses.</param>
    public RawServer(Func<RawClient, int, Task>? handle, int port = 0)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = handle is null ? Task.CompletedTask : AcceptAsync(handle);
    }

    public int Port { get; }

    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<RawClient, int, Task> handle)
    {
        try
        {
            while (true)
                _ = HandleAsync(await _listener.AcceptAsync(_stop.Token), handle);
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task HandleAsync(Socket socket, Func<RawClient, int, Task> handle)
    {
        using var client = new RawClient(socket);
        try
        {
            await handle(client, Interlocked.Increment(ref _connections));
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // The gateway hung up.
        }
    }
}
