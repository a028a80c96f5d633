using System.Net.Sockets;

namespace Berth.Gateway;

/// <summary>A connection on which HTTP reads no further than the end of a response's head, so that after "101 Switching
/// Protocols" the socket itself goes on, with nothing left in anybody's buffer.</summary>
internal sealed class HandshakeStream(Socket socket) : Stream
{
    private bool _detached;
    private byte _last;
    private byte _beforeLast;

    /// <summary>From now on the socket belongs to the caller.</summary>
    public void Detach() => _detached = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var seen = await socket.ReceiveAsync(buffer, SocketFlags.Peek, cancellationToken);
        if (seen == 0)
            return 0;
        return socket.Receive(buffer.Span[..UntilHeadEnds(buffer.Span[..seen])]);
    }

    /// <summary>Sent at once as far as it fits: what a socket was once given to send later, it never lets go of, and this
    /// one may be open for days.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var sent = socket.Send(buffer.Span, SocketFlags.None, out _);
        return sent == buffer.Length ? default : new ValueTask(SendAsync(buffer[sent..], cancellationToken));
    }

    private async Task SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken stop)
    {
        while (buffer.Length > 0)
            buffer = buffer[await socket.SendAsync(buffer, stop)..];
    }

    /// <summary>An empty line ends a head, with or without carriage returns.</summary>
    private int UntilHeadEnds(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var ends = bytes[i] == '\n' && (_last == '\n' || (_last == '\r' && _beforeLast == '\n'));
            (_beforeLast, _last) = (_last, bytes[i]);
            if (ends)
                return i + 1;
        }
        return bytes.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (!_detached)
            socket.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
