namespace Berth.Recording;

/// <summary>One record of <c>/dev/kmsg</c> (Documentation/ABI/testing/dev-kmsg):
/// <c>priority,sequence,microseconds,flags[,…];text</c>, and lines of a dictionary below it that begin with a space.</summary>
public readonly ref struct KmsgRecord
{
    private KmsgRecord(int priority, long sequence, long microseconds, ReadOnlySpan<byte> text)
    {
        Priority = priority;
        Sequence = sequence;
        Microseconds = microseconds;
        Text = text;
    }

    /// <summary>Syslog level and facility, as they are in the record.</summary>
    public int Priority { get; }

    /// <summary>Number of the record; a gap means that records were lost.</summary>
    public long Sequence { get; }

    /// <summary>The kernel's own clock. It is not set by NTP and drifts away from every other one.</summary>
    public long Microseconds { get; }

    /// <summary>The message without its newline. Bytes that cannot be printed are <c>\xNN</c> in it, a backslash is
    /// <c>\x5c</c>.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>The kernel itself said it. What a program writes to <c>/dev/kmsg</c> has another facility, whatever it
    /// asks for.</summary>
    public bool FromKernel => Priority >> 3 == 0;

    public static bool TryParse(ReadOnlySpan<byte> bytes, out KmsgRecord record)
    {
        record = default;
        var semicolon = bytes.IndexOf((byte)';');
        if (semicolon < 0)
            return false;
        var head = bytes[..semicolon];
        Span<long> numbers = stackalloc long[3];
        for (var field = 0; field < 3; field++)
        {
            var comma = head.IndexOf((byte)',');
            if (comma < 0 || !KernelText.Number(head[..comma], out numbers[field]) || numbers[field] < 0)
                return false;
            head = head[(comma + 1)..];
        }
        if (numbers[0] > int.MaxValue)
            return false;
        var text = bytes[(semicolon + 1)..];
        // A record is cut where the reader's buffer ended: then its last number may be half a number.
        var end = text.IndexOf((byte)'\n');
        if (end < 0)
            return false;
        record = new KmsgRecord((int)numbers[0], numbers[1], numbers[2], text[..end]);
        return true;
    }

    /// <summary>Undoes the kernel's escaping.</summary>
    /// <param name="escaped">A piece of <see cref="Text"/>.</param>
    /// <param name="plain">At least as long.</param>
    /// <returns>The part of <paramref name="plain"/> that was written.</returns>
    public static Span<byte> Unescape(ReadOnlySpan<byte> escaped, Span<byte> plain)
    {
        var length = 0;
        while (escaped.Length > 0)
        {
            if (escaped is [(byte)'\\', (byte)'x', var high, var low, ..] && Hex(high) >= 0 && Hex(low) >= 0)
            {
                plain[length++] = (byte)((Hex(high) << 4) | Hex(low));
                escaped = escaped[4..];
                continue;
            }
            plain[length++] = escaped[0];
            escaped = escaped[1..];
        }
        return plain[..length];
    }

    private static int Hex(byte digit) =>
        digit switch
        {
            >= (byte)'0' and <= (byte)'9' => digit - '0',
            >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
            _ => -1,
        };
}
