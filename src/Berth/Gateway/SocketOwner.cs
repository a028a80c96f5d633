using System.Net;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>Whose a TCP socket of this host is, asked of the kernel.</summary>
/// <param name="own">Address of the socket in question.</param>
/// <param name="peer">Address of who is connected to it; of nobody (port 0) to ask for the listener.</param>
internal delegate TcpSocket SocketOwner(IPEndPoint own, IPEndPoint peer);

/// <summary>Asks by sock_diag(7), which needs no privilege and takes microseconds; by /proc/net/tcp where the kernel has
/// no sock_diag.</summary>
internal sealed class KernelSockets : IDisposable
{
    private const int Netlink = 16; // AF_NETLINK
    private const int Raw = 3 | 0x80000; // SOCK_RAW | SOCK_CLOEXEC
    private const int Protocol = 4; // NETLINK_SOCK_DIAG
    private readonly Lock _lock = new();
    private readonly byte[] _answer = new byte[SocketDiag.AnswerLength];
    private int _socket = Native.Socket(Netlink, Raw, Protocol);
    private uint _sequence;

    /// <exception cref="InvalidDataException">The kernel does not say.</exception>
    public TcpSocket Find(IPEndPoint own, IPEndPoint peer)
    {
        // The kernel answers within send(): nobody waits here for longer than the question takes.
        lock (_lock)
        {
            if (_socket >= 0 && Ask(own, peer) is { } found)
                return found;
            return TcpTable.Find(
                File.ReadAllText("/proc/net/tcp"),
                File.Exists("/proc/net/tcp6") ? File.ReadAllText("/proc/net/tcp6") : "",
                own,
                peer
            );
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_socket >= 0)
                _ = Native.Close(_socket);
            _socket = -1;
        }
    }

    private TcpSocket? Ask(IPEndPoint own, IPEndPoint peer)
    {
        Span<byte> question = stackalloc byte[SocketDiag.AskLength];
        SocketDiag.Ask(question, own, peer, ++_sequence);
        if (Native.Send(_socket, question, question.Length, 0) == question.Length)
        {
            var length = Native.Receive(_socket, _answer, _answer.Length, 0);
            if (length > 0)
                return SocketDiag.Parse(_answer.AsSpan(0, (int)length), _sequence);
        }
        // A kernel that does not know the question: it will not learn it.
        _ = Native.Close(_socket);
        _socket = -1;
        return null;
    }
}
