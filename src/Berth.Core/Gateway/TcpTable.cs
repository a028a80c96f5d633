using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Berth.Gateway;

/// <summary>The same question asked of the text of /proc/net/tcp and tcp6 (proc(5)), for kernels without
/// sock_diag.</summary>
public static class TcpTable
{
    private const string Listening = "0A";

    /// <summary>Where the kernel tells of TCP sockets: over IPv4, and over IPv6.</summary>
    public static IReadOnlyList<string> Files { get; } = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The connection between the two addresses as its server's side sees it; without one, the listener that
    /// <paramref name="own"/> reaches: a listener on its very address before one on every address.</summary>
    /// <param name="tcp">Text of /proc/net/tcp.</param>
    /// <param name="tcp6">Text of /proc/net/tcp6; a server that listens on <c>::</c> shows IPv4 there.</param>
    public static TcpSocket Find(string tcp, string tcp6, IPEndPoint own, IPEndPoint peer)
    {
        var listener = default(TcpSocket);
        Span<Range> fields = stackalloc Range[11];
        foreach (var table in (ReadOnlySpan<string>)[tcp, tcp6])
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (
                line.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) < 10
                || !TryAddress(line[fields[1]], out var local)
                || !TryAddress(line[fields[2]], out var remote)
                || local.Port != own.Port
                || !int.TryParse(line[fields[7]], CultureInfo.InvariantCulture, out var uid)
                || !uint.TryParse(line[fields[9]], CultureInfo.InvariantCulture, out var inode)
            )
                continue;
            if (line[fields[3]].SequenceEqual(Listening))
            {
                var exact = Same(local.Address, own.Address);
                if (exact || (!listener.Exists && IsEverywhere(local.Address, own.Address)))
                    listener = new TcpSocket(true, uid, inode, true, Waiting(line[fields[4]]));
            }
            else if (Same(local.Address, own.Address) && remote.Port == peer.Port && Same(remote.Address, peer.Address))
            {
                return new TcpSocket(true, uid, inode, false);
            }
        }
        return listener;
    }

    /// <summary>Every listening socket of a table.</summary>
    /// <param name="table">Text of /proc/net/tcp or tcp6.</param>
    public static IReadOnlyList<(IPEndPoint Address, int Uid, uint Inode)> Listeners(string table)
    {
        var listeners = new List<(IPEndPoint, int, uint)>();
        Span<Range> fields = stackalloc Range[11];
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (
                line.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) < 10
                || !line[fields[3]].SequenceEqual(Listening)
                || !TryAddress(line[fields[1]], out var local)
                || !int.TryParse(line[fields[7]], CultureInfo.InvariantCulture, out var uid)
                || !uint.TryParse(line[fields[9]], CultureInfo.InvariantCulture, out var inode)
            )
                continue;
            listeners.Add((new IPEndPoint(Plain(local.Address), local.Port), uid, inode));
        }
        return listeners;
    }

    /// <summary>Of a listener the second number counts connections.</summary>
    private static int Waiting(ReadOnlySpan<char> queues) =>
        int.TryParse(
            queues[(queues.IndexOf(':') + 1)..],
            NumberStyles.HexNumber,
            CultureInfo.InvariantCulture,
            out var waiting
        )
            ? waiting
            : 0;

    private static bool Same(IPAddress one, IPAddress other) => Plain(one).Equals(Plain(other));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsEverywhere(IPAddress listener, IPAddress own) =>
        listener.Equals(IPAddress.IPv6Any)
        || (own.AddressFamily is AddressFamily.InterNetwork && listener.Equals(IPAddress.Any));

    /// <summary>Addresses stand there as words of 32 bits in the machine's own order: <c>0100007F:1F90</c>.</summary>
    private static bool TryAddress(ReadOnlySpan<char> text, out (IPAddress Address, int Port) address)
    {
        address = default;
        var colon = text.IndexOf(':');
        if (
            colon is not (8 or 32)
            || !int.TryParse(text[(colon + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port)
        )
            return false;
        Span<uint> words = stackalloc uint[colon / 8];
        for (var i = 0; i < words.Length; i++)
            if (
                !uint.TryParse(text.Slice(i * 8, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out words[i])
            )
                return false;
        address = (new IPAddress(MemoryMarshal.AsBytes(words)), port);
        return true;
    }
}
