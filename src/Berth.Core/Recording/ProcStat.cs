namespace Berth.Recording;

/// <summary>What is read of <c>/proc/PID/stat</c> (proc_pid_stat(5)).</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Parent">Its parent's.</param>
/// <param name="State">One letter; Z is a zombie.</param>
/// <param name="RssPages">Resident set in pages.</param>
/// <param name="Start">When it was started, in clock ticks since boot: with the pid, the name of one process that no
/// other one ever has.</param>
/// <param name="CpuTicks">CPU time it has used, in clock ticks.</param>
/// <param name="Threads">How many threads it has.</param>
public readonly record struct ProcStat(
    int Pid,
    int Parent,
    char State,
    long RssPages,
    long Start,
    long CpuTicks,
    int Threads
)
{
    private const int Last = 21;

    /// <summary>The session that it is in, by the process that began it (setsid(2)); -1 when it is not told.</summary>
    public int Session { get; init; } = -1;

    /// <summary>The pseudo terminal that it belongs to, the N of <c>/dev/pts/N</c>; -1 for none.</summary>
    public int Terminal { get; private init; } = -1;

    /// <summary>Reads the line. The name in the middle is a process's own choice: it may hold spaces, newlines and
    /// brackets, so what counts starts behind the last closing bracket.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out ProcStat stat)
    {
        stat = default;
        var (open, close) = (line.IndexOf((byte)'('), line.LastIndexOf((byte)')'));
        if (open < 2 || close < open || close + 4 > line.Length || !KernelText.Number(line[..(open - 1)], out var pid))
            return false;
        var rest = line[(close + 2)..];
        Span<long> fields = stackalloc long[Last + 1];
        var state = (char)rest[0];
        var space = rest.IndexOf((byte)' ');
        if (space < 0)
            return false;
        for (var field = 1; field <= Last; field++)
        {
            rest = rest[(space + 1)..];
            space = rest.IndexOfAny((byte)' ', (byte)'\n');
            // A number that nothing follows was cut off, and is too small.
            if (space < 0)
                return false;
            // Some counters are unsigned and use all 64 bits; of those none is wanted here.
            if (!KernelText.Number(rest[..space], out fields[field]) && Wanted(field))
                return false;
        }
        if (!Fits(pid) || !Fits(fields[1]) || !Fits(fields[17]))
            return false;
        stat = new ProcStat(
            (int)pid,
            (int)fields[1],
            state,
            fields[21],
            fields[19],
            fields[11] + fields[12],
            (int)fields[17]
        )
        {
            Session = Fits(fields[3]) ? (int)fields[3] : -1,
            Terminal = TerminalOf(fields[4]),
        };
        return true;
    }

    /// <summary>As the kernel packs a device (new_encode_dev): major 136 is a pseudo terminal, the minor its number.</summary>
    private static int TerminalOf(long device) =>
        ((device >> 8) & 0xFFF) == 136 ? (int)((device & 0xFF) | ((device >> 12) & 0xFFF00)) : -1;

    private static bool Wanted(int field) => field is 1 or 11 or 12 or 17 or 19 or 21;

    private static bool Fits(long value) => value is >= 0 and <= int.MaxValue;
}

/// <summary>What is read of <c>/proc/PID/status</c>.</summary>
/// <param name="Uid">The real user.</param>
/// <param name="EffectiveUid">The user whose rights it has; what the kernel writes into its kill lines is the real one.</param>
/// <param name="Rss">Resident memory in bytes, as exact as the kernel has it.</param>
/// <param name="Anonymous">The part of it that no file backs.</param>
/// <param name="Swap">What of it is swapped out.</param>
public readonly record struct ProcStatus(int Uid, int EffectiveUid, long Rss, long Anonymous, long Swap)
{
    /// <summary>Reads the file. A name that holds a newline is escaped by the kernel, so a line's start is to be
    /// trusted.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ProcStatus status)
    {
        var (uid, effective, rss, anonymous, swap) = (-1L, -1L, 0L, 0L, 0L);
        var lines = new KernelText(text);
        while (lines.Next(out var line))
        {
            if (line.StartsWith("Uid:\t"u8))
            {
                uid = KernelText.Leading(line[5..]);
                var tab = line[5..].IndexOf((byte)'\t');
                effective = tab < 0 ? -1 : KernelText.Leading(line[(5 + tab + 1)..]);
            }
            else if (line.StartsWith("VmRSS:"u8))
                rss = Kilobytes(line[6..]);
            else if (line.StartsWith("RssAnon:"u8))
                anonymous = Kilobytes(line[8..]);
            else if (line.StartsWith("VmSwap:"u8))
                swap = Kilobytes(line[7..]);
        }
        // A uid is 32 bits without a sign; 65534 and the like stay what they are, -2 does not occur.
        status = new ProcStatus((int)uid, (int)effective, rss, anonymous, swap);
        return uid is >= 0 and <= uint.MaxValue && effective is >= 0 and <= uint.MaxValue;
    }

    private static long Kilobytes(ReadOnlySpan<byte> value)
    {
        var number = KernelText.Leading(value.TrimStart(" \t"u8));
        return number is >= 0 and < long.MaxValue / 1024 ? number * 1024 : 0;
    }
}

/// <summary>What is read of <c>/proc/PID/statm</c>: cheaper than any other file of a process.</summary>
/// <param name="SizePages">Address space in pages.</param>
/// <param name="RssPages">Resident set in pages.</param>
/// <param name="SharedPages">The part of it that files or shared memory back.</param>
public readonly record struct ProcStatm(long SizePages, long RssPages, long SharedPages)
{
    public static bool TryParse(ReadOnlySpan<byte> line, out ProcStatm statm)
    {
        statm = default;
        Span<long> fields = stackalloc long[3];
        for (var field = 0; field < 3; field++)
        {
            var space = line.IndexOf((byte)' ');
            if (space < 0 || !KernelText.Number(line[..space], out fields[field]) || fields[field] < 0)
                return false;
            line = line[(space + 1)..];
        }
        statm = new ProcStatm(fields[0], fields[1], fields[2]);
        return true;
    }
}
