using System.Net.Sockets;
using Berth.Host;

namespace Berth.Watching;

/// <summary>Whether what a server sends still arrives at others: then its answers are late, and come. Asked of the kernel,
/// and only while there is a doubt.</summary>
/// <param name="port">The server's port.</param>
internal sealed class Sending(int port)
{
    private const int Netlink = 16; // AF_NETLINK
    private const int Raw = 3 | 0x80000; // SOCK_RAW | SOCK_CLOEXEC
    private const int Protocol = 4; // NETLINK_SOCK_DIAG
    private const int MostParts = 4_096;

    private Dictionary<ulong, ulong> _before = [];
    private long _looked;

    /// <returns>Whether anything has arrived since the last look; a first look, or one after a while, says no.</returns>
    public bool Look(long at)
    {
        var now = new Dictionary<ulong, ulong>();
        var socket = Native.Socket(Netlink, Raw, Protocol);
        if (socket < 0)
            return false;
        try
        {
            Dump(socket, AddressFamily.InterNetwork, now);
            Dump(socket, AddressFamily.InterNetworkV6, now);
        }
        finally
        {
            _ = Native.Close(socket);
        }
        var recent = _looked > 0 && at - _looked < WatchSettings.Gap;
        var moved = recent && now.Any(one => _before.TryGetValue(one.Key, out var then) && one.Value > then);
        (_before, _looked) = (now, at);
        return moved;
    }

    private void Dump(int socket, AddressFamily family, Dictionary<ulong, ulong> arrived)
    {
        Span<byte> question = stackalloc byte[TcpDump.AskLength];
        TcpDump.Ask(question, family, (uint)family);
        if (Native.Send(socket, question, question.Length, 0) != question.Length)
            return;
        var buffer = new byte[32 << 10];
        for (var part = 0; part < MostParts; part++)
        {
            // A dump is ready when it is asked for: this waits for nothing.
            var length = Native.Receive(socket, buffer, buffer.Length, Native.DontWait);
            if (length <= 0 || !TcpDump.Read(buffer.AsSpan(0, (int)length), (uint)family, port, arrived))
                return;
        }
    }
}
