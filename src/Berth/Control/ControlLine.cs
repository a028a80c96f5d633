using System.Net.Sockets;
using System.Text;

namespace Berth.Control;

/// <summary>One line over a socket, bounded in size and in time.</summary>
internal static class ControlLine
{
    /// <returns>Null when no whole line came.</returns>
    /// <exception cref="OperationCanceledException">The time was up.</exception>
    public static async Task<string?> ReadAsync(
        Socket socket,
        int largest,
        TimeSpan patience,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var buffer = new byte[largest];
        for (var length = 0; length < largest; )
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length), end.Token);
            if (count == 0)
                return null;
            var newline = buffer.AsSpan(length, count).IndexOf((byte)'\n');
            length += count;
            if (newline >= 0)
                return Encoding.UTF8.GetString(buffer, 0, length - count + newline);
        }
        return null;
    }

    public static async Task WriteAsync(
        Socket socket,
        string line,
        TimeSpan patience,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(line);
        while (!rest.IsEmpty)
            rest = rest[await socket.SendAsync(rest, end.Token)..];
    }
}
