using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Berth.Recording;

/// <summary>How samples lie on disk: a file of equal segments, each one readable by itself. A segment begins with a
/// header (mark, number, boot, time, checksum) and goes on with frames (length, checksum, content); the first frame tells everything,
/// those after it what has changed. A frame's checksum takes in the segment's number, so that what an older round left
/// behind is never taken for a new frame.</summary>
public static class RingFormat
{
    public const int SegmentSize = 512 << 10;
    public const int HeaderSize = 40;
    public const int FrameHead = 8;

    private const ulong Mark = 0x31474E4948545242; // "BRTHING1"

    /// <param name="header">Receives <see cref="HeaderSize"/> bytes.</param>
    /// <param name="sequence">The segment's number, from 1, never given twice.</param>
    /// <param name="boot">Which run of the kernel it tells of.</param>
    /// <param name="milliseconds">Milliseconds since 1970 of its first frame.</param>
    public static void WriteHeader(Span<byte> header, ulong sequence, ulong boot, long milliseconds)
    {
        header[..HeaderSize].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Mark);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], boot);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], milliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[32..], Crc32.HashToUInt32(header[..32]));
    }

    /// <summary>Reads a segment's header.</summary>
    /// <returns>False for one that was never written, or is damaged.</returns>
    public static bool TryHeader(ReadOnlySpan<byte> header, out RingSegment segment)
    {
        segment = default;
        if (
            header.Length < HeaderSize
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != Mark
            || BinaryPrimitives.ReadUInt32LittleEndian(header[32..]) != Crc32.HashToUInt32(header[..32])
        )
            return false;
        segment = new RingSegment(
            BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..])
        );
        return segment.Sequence > 0;
    }

    /// <param name="head">Receives <see cref="FrameHead"/> bytes.</param>
    public static void WriteFrameHead(Span<byte> head, ReadOnlySpan<byte> content, ulong sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(head, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Checksum(content, sequence));
    }

    /// <summary>Takes the next frame off a segment.</summary>
    /// <param name="rest">What follows; shortened by the frame.</param>
    /// <returns>False at the end, or where the rest is damaged.</returns>
    public static bool TryFrame(ref ReadOnlySpan<byte> rest, ulong sequence, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (rest.Length < FrameHead)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length <= 0 || length > rest.Length - FrameHead)
            return false;
        content = rest.Slice(FrameHead, length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]) != Checksum(content, sequence))
            return false;
        rest = rest[(FrameHead + length)..];
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> content, ulong sequence) =>
        Crc32.HashToUInt32(content) ^ (uint)sequence ^ (uint)(sequence >> 32) ^ 0x5EED;
}

/// <param name="Sequence">Number; the newest segment has the largest.</param>
/// <param name="Boot">Which run of the kernel.</param>
/// <param name="Milliseconds">Milliseconds since 1970 of its first frame.</param>
public readonly record struct RingSegment(ulong Sequence, ulong Boot, long Milliseconds);

/// <summary>Writes numbers in as few bytes as they need.</summary>
public sealed class RingBuffer
{
    private byte[] _bytes = new byte[16 << 10];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value)
    {
        Room(1);
        _bytes[Length++] = value;
    }

    /// <summary>Seven bits a byte; the eighth says that more follow.</summary>
    public void Number(ulong value)
    {
        Room(10);
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _bytes[Length++] = (byte)value;
    }

    /// <summary>A difference: small ones of either sign are short.</summary>
    public void Difference(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    public void Text(string? text)
    {
        text ??= "";
        var length = Encoding.UTF8.GetByteCount(text);
        Number((ulong)length);
        Room(length);
        Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
    }

    private void Room(int more)
    {
        if (Length + more > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more));
    }
}

/// <summary>Reads what <see cref="RingBuffer"/> has written; whatever the bytes are, it stays within them.</summary>
public ref struct RingCursor(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Something did not fit: nothing read since then counts.</summary>
    public bool Broken { get; private set; }

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        if (_rest.IsEmpty)
        {
            Broken = true;
            return 0;
        }
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            if (Broken || (shift == 63 && next > 1))
                break;
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
        Broken = true;
        return 0;
    }

    public long Difference()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public string Text()
    {
        var length = Number();
        if (Broken || length > (ulong)_rest.Length)
        {
            Broken = true;
            return "";
        }
        var text = Encoding.UTF8.GetString(_rest[..(int)length]);
        _rest = _rest[(int)length..];
        return text;
    }
}
