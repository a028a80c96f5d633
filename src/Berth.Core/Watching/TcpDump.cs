using System.Buffers.Binary;
using System.Net.Sockets;

namespace Berth.Watching;

/// <summary>The question "which connections are open, and how much of what was sent over each has arrived?" in the
/// kernel's words (sock_diag(7), a dump with <c>INET_DIAG_INFO</c>), and what its answers say of one port.</summary>
public static class TcpDump
{
    /// <summary>Length of a question.</summary>
    public const int AskLength = Header + 8 + Identity;

    private const int Header = 16; // struct nlmsghdr
    private const int Identity = 48; // struct inet_diag_sockid
    private const int Message = 72; // struct inet_diag_msg
    private const ushort ByFamily = 20; // SOCK_DIAG_BY_FAMILY
    private const ushort Done = 3; // NLMSG_DONE
    private const ushort Error = 2; // NLMSG_ERROR
    private const ushort Dump = 0x301; // NLM_F_REQUEST | NLM_F_DUMP
    private const byte Tcp = 6; // IPPROTO_TCP
    private const byte WithInfo = 2; // 1 << (INET_DIAG_INFO - 1)
    private const ushort Info = 2; // INET_DIAG_INFO
    private const uint Established = 1 << 1;
    private const int Acknowledged = 120; // tcpi_bytes_acked of struct tcp_info, kernel 4.1

    public static void Ask(Span<byte> into, AddressFamily family, uint sequence)
    {
        into = into[..AskLength];
        into.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into, AskLength);
        BinaryPrimitives.WriteUInt16LittleEndian(into[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(into[6..], Dump);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], sequence);
        into[Header] = (byte)(family is AddressFamily.InterNetworkV6 ? 10 : 2); // AF_INET6, AF_INET
        into[Header + 1] = Tcp;
        into[Header + 2] = WithInfo;
        BinaryPrimitives.WriteUInt32LittleEndian(into[(Header + 4)..], Established);
    }

    /// <summary>Reads one part of the answer.</summary>
    /// <param name="answer">What was received.</param>
    /// <param name="sequence">Of the question.</param>
    /// <param name="port">The server's port.</param>
    /// <param name="arrived">Receives, for each connection of that port, the bytes that have arrived; by its cookie.</param>
    /// <returns>Whether more is to come.</returns>
    public static bool Read(ReadOnlySpan<byte> answer, uint sequence, int port, IDictionary<ulong, ulong> arrived)
    {
        while (answer.Length >= Header)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(answer);
            if (
                length < Header
                || length > answer.Length
                || BinaryPrimitives.ReadUInt32LittleEndian(answer[8..]) != sequence
            )
                return false;
            if (BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) is Done or Error)
                return false;
            if (length >= Header + Message)
                Take(answer[Header..length], port, arrived);
            answer = answer[Math.Min(answer.Length, (length + 3) & ~3)..];
        }
        return true;
    }

    private static void Take(ReadOnlySpan<byte> message, int port, IDictionary<ulong, ulong> arrived)
    {
        // idiag_sport, then the cookie at the end of the identity.
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != port)
            return;
        var cookie = BinaryPrimitives.ReadUInt64LittleEndian(message[(4 + 40)..]);
        for (var rest = message[Message..]; rest.Length >= 4; )
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (length < 4 || length > rest.Length)
                return;
            if (BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) == Info && length >= 4 + Acknowledged + 8)
                arrived[cookie] = BinaryPrimitives.ReadUInt64LittleEndian(rest[(4 + Acknowledged)..]);
            rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
        }
    }
}
