using System.Buffers.Binary;
using Berth.Containment;

namespace Berth.Host;

/// <summary>The kernel's process connector: each fork, exec and exit on this host, as it happens. Needs
/// CAP_NET_ADMIN.</summary>
internal sealed class ProcessConnector : IDisposable
{
    private const int Netlink = 16; // AF_NETLINK
    private const int Datagram = 2 | 0x80000; // SOCK_DGRAM | SOCK_CLOEXEC
    private const int Protocol = 11; // NETLINK_CONNECTOR
    private const int ReceiveBuffer = 33; // SO_RCVBUFFORCE
    private const int Lost = 105; // ENOBUFS
    private readonly int _socket;
    private readonly byte[] _buffer = new byte[4096];

    private ProcessConnector(int socket) => _socket = socket;

    /// <returns>Null where the kernel has none or does not let this process have it.</returns>
    public static ProcessConnector? Open()
    {
        var socket = Native.Socket(Netlink, Datagram, Protocol);
        if (socket < 0)
            return null;
        var connector = new ProcessConnector(socket);
        if (connector.Listen())
            return connector;
        connector.Dispose();
        return null;
    }

    /// <summary>Waits for the next event.</summary>
    /// <returns>False when events were lost: what runs has to be looked at.</returns>
    public bool Next(out ProcessEvent happened)
    {
        happened = default;
        var length = Native.Receive(_socket, _buffer, _buffer.Length, 0);
        if (length < 0)
            return Native.Error is not Lost;
        happened = ProcessEvent.Parse(_buffer.AsSpan(0, (int)length));
        return true;
    }

    /// <summary>To wait for, among other things.</summary>
    public int Descriptor => _socket;

    /// <summary>Takes the next event if there is one already.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="lost">Events were lost: what runs has to be looked at.</param>
    public bool TryNext(out ProcessEvent happened, out bool lost)
    {
        (happened, lost) = (default, false);
        var length = Native.Receive(_socket, _buffer, _buffer.Length, Native.DontWait);
        if (length < 0)
        {
            lost = Native.Error is Lost;
            return false;
        }
        happened = ProcessEvent.Parse(_buffer.AsSpan(0, (int)length));
        return true;
    }

    public void Dispose() => _ = Native.Close(_socket);

    private bool Listen()
    {
        // A build storm is thousands of forks in a moment.
        _ = Native.SetOption(_socket, 1, ReceiveBuffer, 4 << 20, sizeof(int));
        Span<byte> address = stackalloc byte[12]; // struct sockaddr_nl
        BinaryPrimitives.WriteUInt16LittleEndian(address, Netlink);
        BinaryPrimitives.WriteUInt32LittleEndian(address[8..], 1); // CN_IDX_PROC
        if (Native.Bind(_socket, address, address.Length) < 0)
            return false;
        Span<byte> listen = stackalloc byte[40]; // nlmsghdr, cn_msg, PROC_CN_MCAST_LISTEN
        BinaryPrimitives.WriteInt32LittleEndian(listen, listen.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(listen[4..], 3); // NLMSG_DONE
        BinaryPrimitives.WriteUInt32LittleEndian(listen[16..], 1); // CN_IDX_PROC
        BinaryPrimitives.WriteUInt32LittleEndian(listen[20..], 1); // CN_VAL_PROC
        BinaryPrimitives.WriteUInt16LittleEndian(listen[32..], sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(listen[36..], 1); // PROC_CN_MCAST_LISTEN
        return Native.Send(_socket, listen, listen.Length, 0) == listen.Length;
    }
}
