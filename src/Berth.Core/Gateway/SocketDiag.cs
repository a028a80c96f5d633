using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Berth.Gateway;

/// <summary>What the kernel says of one TCP socket of this host.</summary>
/// <param name="Exists">There is such a socket; the rest says nothing otherwise.</param>
/// <param name="Uid">Whose it is; of a connection that nobody accepted yet it says nothing.</param>
/// <param name="Inode">0 for a connection that nobody accepted yet.</param>
/// <param name="IsListener">It listens.</param>
/// <param name="Queue">Of a listener: connections that wait to be accepted.</param>
public readonly record struct TcpSocket(bool Exists, int Uid, uint Inode, bool IsListener, int Queue = 0)
{
    public bool IsAccepted => Exists && !IsListener && Inode != 0;
}

/// <summary>The question "whose is this socket?" in the kernel's words (sock_diag(7), SOCK_DIAG_BY_FAMILY for one
/// exact pair of addresses), and its answer.</summary>
public static class SocketDiag
{
    /// <summary>Length of a question.</summary>
    public const int AskLength = Header + 8 + Identity;

    /// <summary>Room enough for an answer with every extension that the kernel adds unasked.</summary>
    public const int AnswerLength = 1024;

    private const int Header = 16; // struct nlmsghdr
    private const int Identity = 48; // struct inet_diag_sockid
    private const int Uid = Header + 4 + Identity + 12; // idiag_uid of struct inet_diag_msg
    private const ushort ByFamily = 20; // SOCK_DIAG_BY_FAMILY
    private const ushort Error = 2; // NLMSG_ERROR
    private const int NotFound = -2; // -ENOENT
    private const byte Tcp = 6; // IPPROTO_TCP
    private const byte Listening = 10; // TCP_LISTEN

    /// <summary>Asks for the socket whose own address is <paramref name="own"/> and whose peer is
    /// <paramref name="peer"/>; where there is no such connection the kernel names the listener that
    /// <paramref name="own"/> reaches.</summary>
    public static void Ask(Span<byte> into, IPEndPoint own, IPEndPoint peer, uint sequence)
    {
        into = into[..AskLength];
        into.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into, AskLength);
        BinaryPrimitives.WriteUInt16LittleEndian(into[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(into[6..], 1); // NLM_F_REQUEST: one exact socket, no dump
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], sequence);
        into[Header] = (byte)(own.AddressFamily is AddressFamily.InterNetworkV6 ? 10 : 2); // AF_INET6, AF_INET
        into[Header + 1] = Tcp;
        BinaryPrimitives.WriteUInt32LittleEndian(into[(Header + 4)..], uint.MaxValue); // every state
        var identity = into[(Header + 8)..];
        BinaryPrimitives.WriteUInt16BigEndian(identity, (ushort)own.Port);
        BinaryPrimitives.WriteUInt16BigEndian(identity[2..], (ushort)peer.Port);
        own.Address.TryWriteBytes(identity[4..], out _);
        peer.Address.TryWriteBytes(identity[20..], out _);
        BinaryPrimitives.WriteUInt64LittleEndian(identity[40..], ulong.MaxValue); // INET_DIAG_NOCOOKIE
    }

    /// <summary>What an answer says.</summary>
    /// <exception cref="InvalidDataException">The kernel refused, or this is no answer to the question.</exception>
    public static TcpSocket Parse(ReadOnlySpan<byte> answer, uint sequence)
    {
        if (answer.Length < Header + 4 || BinaryPrimitives.ReadUInt32LittleEndian(answer[8..]) != sequence)
            throw new InvalidDataException("sock_diag gave no answer to what was asked");
        switch (BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]))
        {
            case Error when BinaryPrimitives.ReadInt32LittleEndian(answer[Header..]) is var error:
                return error == NotFound
                    ? default
                    : throw new InvalidDataException($"sock_diag refuses to answer (error {-error})");
            case ByFamily when answer.Length >= Uid + 8:
                return new TcpSocket(
                    true,
                    BinaryPrimitives.ReadInt32LittleEndian(answer[Uid..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(answer[(Uid + 4)..]),
                    answer[Header + 1] == Listening,
                    answer[Header + 1] == Listening
                        ? (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(answer[(Uid - 8)..]), int.MaxValue)
                        : 0
                );
            default:
                throw new InvalidDataException("sock_diag gave an answer of another kind");
        }
    }
}
