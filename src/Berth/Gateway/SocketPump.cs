using System.Buffers;
using System.Net.Sockets;

namespace Berth.Gateway;

/// <summary>An open WebSocket: carries bytes both ways until one end hangs up, and knows who did. While nothing passes
/// it holds no buffer.</summary>
internal sealed class SocketPump(Stream client, Socket server, Action abort)
{
    /// <summary>"Service restart": clients come again.</summary>
    public const int Restart = 1012;

    /// <summary>"Policy violation": whoever it was for may no longer have it.</summary>
    public const int Policy = 1008;

    private const int ChunkSize = 16 << 10;
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private FrameWalk _toServer;
    private FrameWalk _toClient;
    private long _unansweredSince;
    private bool _closed; // Berth has said goodbye to the client: nothing may follow
    private HungUp? _first;
    private int _code;

    public long BytesToServer { get; private set; }

    public long BytesToClient { get; private set; }

    public HungUp First => _first ?? HungUp.Client;

    /// <summary>Code of the first Close frame; 0 for none.</summary>
    public int Code => _code;

    /// <summary>For how many milliseconds the client's last words have been left without any answer; 0 when the server
    /// spoke last.</summary>
    public long Unanswered => _unansweredSince == 0 ? 0 : Environment.TickCount64 - _unansweredSince;

    public async Task RunAsync()
    {
        var up = ToServerAsync();
        var down = ToClientAsync();
        try
        {
            if (await Task.WhenAny(up, down) == up)
            {
                // The client's end is closed; what the server still has to say goes to nobody in a moment.
                if (!Shutdown())
                    return;
                await Task.WhenAny(down, Task.Delay(s_farewell));
                return;
            }
            // The server is gone. A clean goodbye makes clients come again instead of guessing.
            if (await CloseAsync(Restart, HungUp.Server))
                await Task.WhenAny(up, Task.Delay(s_farewell));
        }
        finally
        {
            server.Dispose();
            abort();
            await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Says goodbye to the client in Berth's name, where a frame may begin.</summary>
    /// <returns>Whether it could be said.</returns>
    private async Task<bool> CloseAsync(int code, HungUp by)
    {
        ValueTask sent;
        lock (_lock)
        {
            _first ??= by;
            if (_closed || _toClient.CloseCode != 0)
                return true;
            if (!_toClient.IsAtBoundary)
                return false;
            _closed = true;
            if (_code == 0)
                _code = code;
            sent = client.WriteAsync(FrameWalk.CloseFrame(code));
        }
        try
        {
            await sent;
            return true;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return false;
        }
    }

    /// <summary>Ends it in Berth's name: with a word to the client, and from this moment nothing more to the server.
    /// </summary>
    public async Task EndAsync(int code)
    {
        await CloseAsync(code, HungUp.Gateway);
        server.Dispose();
    }

    private async Task ToServerAsync()
    {
        byte[]? chunk = null;
        try
        {
            while (true)
            {
                // Waits without a buffer: ten thousand idle sockets would hold ten thousand.
                _ = await client.ReadAsync(Memory<byte>.Empty);
                chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
                var length = await client.ReadAsync(chunk);
                if (length == 0)
                    return;
                lock (_lock)
                {
                    _toServer.Follow(chunk.AsSpan(0, length));
                    BytesToServer += length;
                    if (_unansweredSince == 0)
                        _unansweredSince = Environment.TickCount64;
                    if (_toServer.CloseCode != 0)
                        Farewell(HungUp.Client, _toServer.CloseCode);
                }
                for (var sent = 0; sent < length; )
                    sent += await server.SendAsync(chunk.AsMemory(sent, length - sent));
                ArrayPool<byte>.Shared.Return(chunk);
                chunk = null;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // Said below: this direction is over.
        }
        finally
        {
            if (chunk is not null)
                ArrayPool<byte>.Shared.Return(chunk);
            lock (_lock)
                _first ??= HungUp.Client;
        }
    }

    private async Task ToClientAsync()
    {
        byte[]? chunk = null;
        try
        {
            while (true)
            {
                _ = await server.ReceiveAsync(Memory<byte>.Empty);
                chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
                var length = await server.ReceiveAsync(chunk.AsMemory());
                if (length == 0)
                    return;
                ValueTask sent;
                lock (_lock)
                {
                    _unansweredSince = 0;
                    if (_closed)
                        return;
                    _toClient.Follow(chunk.AsSpan(0, length));
                    BytesToClient += length;
                    if (_toClient.CloseCode != 0)
                        Farewell(HungUp.Server, _toClient.CloseCode);
                    sent = client.WriteAsync(chunk.AsMemory(0, length));
                }
                await sent;
                ArrayPool<byte>.Shared.Return(chunk);
                chunk = null;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // Said below: this direction is over.
        }
        finally
        {
            if (chunk is not null)
                ArrayPool<byte>.Shared.Return(chunk);
            lock (_lock)
                _first ??= HungUp.Server;
        }
    }

    private void Farewell(HungUp by, int code)
    {
        if (_first is null)
            (_first, _code) = (by, code);
    }

    private bool Shutdown()
    {
        try
        {
            server.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return false;
        }
    }

    private static bool IsGone(Exception failure) =>
        failure
            is IOException
                or SocketException
                or ObjectDisposedException
                or OperationCanceledException
                or InvalidOperationException;
}
