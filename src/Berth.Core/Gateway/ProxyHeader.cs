using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Gateway;

/// <summary>What a connection begins with when the proxy in front speaks the PROXY protocol, version 1 or 2.</summary>
/// <param name="Length">How many bytes it takes up; 0 while it has not come whole.</param>
/// <param name="Source">Whom the proxy speaks for; null when it speaks for itself (a health check).</param>
public readonly record struct ProxyHeader(int Length, IPEndPoint? Source)
{
    /// <summary>The longest one of version 1; one of version 2 with more extensions than this is refused.</summary>
    public const int MaxLength = 1024;
    private const int MaxText = 107;
    private const int Binary = 16; // signature, command, family, length

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="bytes">What has come so far.</param>
    /// <exception cref="InvalidDataException">It begins with something else.</exception>
    public static ProxyHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return default;
        if (bytes[0] == '\r')
            return ParseBinary(bytes);
        var start = bytes[..Math.Min(bytes.Length, 6)];
        if (!"PROXY "u8.StartsWith(start))
            throw Wrong();
        var end = bytes[..Math.Min(bytes.Length, MaxText)].IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length < MaxText ? default : throw Wrong();
        return new ProxyHeader(end + 2, ParseText(Encoding.Latin1.GetString(bytes[..end])));
    }

    private static IPEndPoint? ParseText(string line)
    {
        var words = line.Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
            return null;
        return
            words is ["PROXY", "TCP4" or "TCP6", var source, _, var port, _]
            && IPAddress.TryParse(source, out var address)
            && address.AddressFamily == (words[1] == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new IPEndPoint(address, number)
            : throw Wrong();
    }

    private static ProxyHeader ParseBinary(ReadOnlySpan<byte> bytes)
    {
        if (!Signature.StartsWith(bytes[..Math.Min(bytes.Length, Signature.Length)]))
            throw Wrong();
        if (bytes.Length < Binary)
            return default;
        var length = Binary + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bytes[12] >> 4 != 2 || (bytes[12] & 0xF) > 1 || length > MaxLength)
            throw Wrong();
        if (bytes.Length < length)
            return default;
        var isLocal = (bytes[12] & 0xF) == 0;
        return (isLocal, bytes[13]) switch
        {
            (false, 0x11) when length >= Binary + 12 => new ProxyHeader(
                length,
                new IPEndPoint(new IPAddress(bytes.Slice(16, 4)), BinaryPrimitives.ReadUInt16BigEndian(bytes[24..]))
            ),
            (false, 0x21) when length >= Binary + 36 => new ProxyHeader(
                length,
                new IPEndPoint(new IPAddress(bytes.Slice(16, 16)), BinaryPrimitives.ReadUInt16BigEndian(bytes[48..]))
            ),
            (false, 0x11 or 0x21) => throw Wrong(),
            _ => new ProxyHeader(length, null),
        };
    }

    private static InvalidDataException Wrong() => new("a connection does not begin with a PROXY header");
}
