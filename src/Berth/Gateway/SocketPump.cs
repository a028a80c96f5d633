using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Berth.Gateway;

/// <summary>An open WebSocket: carries bytes both ways until one end hangs up, and knows who did. While nothing passes
/// it holds no buffer.</summary>
/// <param name="input">What the client says.</param>
/// <param name="output">What the client is told.</param>
/// <param name="server">The server's end; not blocking, and this one's to close.</param>
/// <param name="abort">Hangs up on the client without a word.</param>
internal sealed class SocketPump(PipeReader input, PipeWriter output, Socket server, Action abort)
{
    /// <summary>"Service restart": clients come again.</summary>
    public const int Restart = 1012;

    /// <summary>"Policy violation": whoever it was for may no longer have it.</summary>
    public const int Policy = 1008;

    /// <summary>What is taken from the server before the client is given it.</summary>
    private const int Gulp = 64 << 10;
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private FrameWalk _toServer;
    private FrameWalk _toClient;
    private long _unansweredSince;
    private int _goodbye; // what Berth says to the client; nothing may follow it
    private bool _isSaid;
    private bool _isFlushing;
    private HungUp? _first;

    public long BytesToServer { get; private set; }

    public long BytesToClient { get; private set; }

    public HungUp First => _first ?? HungUp.Client;

    /// <summary>Code of the first Close frame; 0 for none.</summary>
    public int Code { get; private set; }

    /// <summary>For how many milliseconds the client's last words have been left without any answer; 0 when the server
    /// spoke last.</summary>
    public long Unanswered => _unansweredSince == 0 ? 0 : Environment.TickCount64 - _unansweredSince;

    public async Task RunAsync()
    {
        var up = ToServerAsync();
        var down = ToClientAsync();
        if (await Task.WhenAny(up, down) == up)
        {
            // The client's end is closed; what the server still has to say goes to nobody in a moment.
            if (Shutdown())
                await Task.WhenAny(down, Task.Delay(s_farewell));
        }
        else
        {
            // The server is gone. A clean goodbye makes clients come again instead of guessing.
            Say(Restart, HungUp.Server);
            await Task.WhenAny(up, Task.Delay(s_farewell));
        }
        server.Dispose();
        if (!up.IsCompleted || !down.IsCompleted)
            abort();
        await Task.WhenAll(up, down);
    }

    /// <summary>Ends it in Berth's name: with a word to the client, and from this moment nothing more to the server.
    /// </summary>
    public void End(int code)
    {
        Say(code, HungUp.Gateway);
        server.Dispose();
    }

    private void Say(int code, HungUp by)
    {
        lock (_lock)
        {
            _first ??= by;
            if (_goodbye != 0 || _toClient.CloseCode != 0)
                return;
            _goodbye = code;
            if (Code == 0)
                Code = code;
            // While the client is slow to read, whoever waits for it says it.
            if (!_isFlushing)
                SayNow();
        }
    }

    /// <summary>Where a frame may begin; within one, there is nothing to be said.</summary>
    private void SayNow()
    {
        if (_isSaid || !_toClient.IsAtBoundary)
            return;
        _isSaid = true;
        try
        {
            output.Write(FrameWalk.CloseFrame(_goodbye));
            _ = FlushedAsync(output.FlushAsync());
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // So is the client.
        }
    }

    private static async Task FlushedAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // So is the client.
        }
    }

    private async Task ToServerAsync()
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                foreach (var part in read.Buffer)
                {
                    Note(part.Span);
                    // What fits into the kernel's buffer goes at once; only the rest has to wait.
                    var sent = server.Send(part.Span, SocketFlags.None, out _);
                    while (sent < part.Length)
                        sent += await server.SendAsync(part[sent..]);
                }
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                    break;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // This direction is over.
        }
        lock (_lock)
            _first ??= HungUp.Client;
    }

    private void Note(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _toServer.Follow(bytes);
            BytesToServer += bytes.Length;
            if (_unansweredSince == 0)
                _unansweredSince = Environment.TickCount64;
            if (_toServer.CloseCode != 0 && _first is null)
                (_first, Code) = (HungUp.Client, _toServer.CloseCode);
        }
    }

    private async Task ToClientAsync()
    {
        try
        {
            while (true)
            {
                // Waits without a buffer: ten thousand idle sockets would hold ten thousand.
                _ = await server.ReceiveAsync(Memory<byte>.Empty);
                if (!Take(out var flush))
                    break;
                var isGone = (await flush).IsCompleted;
                lock (_lock)
                {
                    _isFlushing = false;
                    if (_goodbye != 0)
                        SayNow();
                }
                if (isGone)
                    break;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // This direction is over.
        }
        lock (_lock)
            _first ??= HungUp.Server;
    }

    /// <summary>Takes what the server has said, and begins to give it to the client.</summary>
    /// <returns>False at the end.</returns>
    private bool Take(out ValueTask<FlushResult> flush)
    {
        flush = default;
        lock (_lock)
        {
            var isOver = false;
            var taken = 0;
            while (taken < Gulp && _goodbye == 0)
            {
                var room = output.GetSpan(4096);
                var length = server.Receive(room, SocketFlags.None, out var error);
                isOver = length == 0 && error is not SocketError.WouldBlock;
                if (length == 0)
                    break;
                _toClient.Follow(room[..length]);
                output.Advance(length);
                taken += length;
                if (length < room.Length)
                    break;
            }
            if (_goodbye != 0 || (isOver && taken == 0))
                return false;
            BytesToClient += taken;
            _unansweredSince = 0;
            if (_toClient.CloseCode != 0 && _first is null)
                (_first, Code) = (HungUp.Server, _toClient.CloseCode);
            _isFlushing = true;
            flush = output.FlushAsync();
            return true;
        }
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
