using Berth.Planning;

namespace Berth.Recording;

/// <summary>Files of a cgroup that hold one number, or <c>max</c> for none.</summary>
public static class CgroupNumber
{
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (!text.EndsWith("\n"u8))
            return false;
        if (text is [(byte)'m', (byte)'a', (byte)'x', (byte)'\n'])
        {
            value = HostFacts.Unlimited;
            return true;
        }
        return KernelText.Number(text[..^1], out value) && value >= 0;
    }
}

/// <summary><c>memory.events</c>: how often what happened, since the cgroup was made, it and its descendants together.</summary>
/// <param name="High">Tasks were slowed down at <c>memory.high</c>.</param>
/// <param name="Max">An allocation was about to go over <c>memory.max</c>.</param>
/// <param name="Oom">An allocation failed for want of memory that could be reclaimed.</param>
/// <param name="OomKill">Processes that the kernel killed.</param>
public readonly record struct MemoryEvents(long High, long Max, long Oom, long OomKill)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out MemoryEvents events)
    {
        events = default;
        var lines = new KernelText(text);
        var seen = false;
        while (lines.Next(out var key, out var value))
        {
            if (value < 0)
                continue;
            if (key.SequenceEqual("high"u8))
                (events, seen) = (events with { High = value }, true);
            else if (key.SequenceEqual("max"u8))
                (events, seen) = (events with { Max = value }, true);
            else if (key.SequenceEqual("oom"u8))
                events = events with { Oom = value };
            else if (key.SequenceEqual("oom_kill"u8))
                (events, seen) = (events with { OomKill = value }, true);
        }
        return seen;
    }
}

/// <summary><c>memory.stat</c>, as far as it tells what could still be given back, in bytes.</summary>
/// <param name="Anonymous">What no file backs: without swap it goes only with its process.</param>
/// <param name="File">Page cache.</param>
/// <param name="InactiveFile">Page cache that nobody used lately.</param>
/// <param name="Shared">Shared memory and tmpfs, a part of <paramref name="File"/> that is not given back either.</param>
public readonly record struct MemoryStat(long Anonymous, long File, long InactiveFile, long Shared)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out MemoryStat stat)
    {
        stat = default;
        var lines = new KernelText(text);
        var seen = false;
        while (lines.Next(out var key, out var value))
        {
            if (value < 0)
                continue;
            if (key.SequenceEqual("anon"u8))
                (stat, seen) = (stat with { Anonymous = value }, true);
            else if (key.SequenceEqual("file"u8))
                stat = stat with { File = value };
            else if (key.SequenceEqual("shmem"u8))
                stat = stat with { Shared = value };
            else if (key.SequenceEqual("inactive_file"u8))
            {
                stat = stat with { InactiveFile = value };
                // The long rest of the file tells nothing that is wanted.
                return seen;
            }
        }
        return seen;
    }
}

/// <summary>A pressure file (PSI): how much time was lost waiting.</summary>
/// <param name="Some10">Share of the last 10 s in which some task waited, in hundredths of a percent.</param>
/// <param name="SomeTotal">All of that time, in microseconds.</param>
/// <param name="Full10">The same for every task at once.</param>
/// <param name="FullTotal">All of that time, in microseconds.</param>
public readonly record struct Pressure(int Some10, long SomeTotal, int Full10, long FullTotal)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out Pressure pressure)
    {
        pressure = default;
        var lines = new KernelText(text);
        var seen = false;
        while (lines.Next(out var line))
        {
            if (line.StartsWith("some "u8) && Fields(line[5..], out var some, out var someTotal))
                (pressure, seen) = (pressure with { Some10 = some, SomeTotal = someTotal }, true);
            else if (line.StartsWith("full "u8) && Fields(line[5..], out var full, out var fullTotal))
                (pressure, seen) = (pressure with { Full10 = full, FullTotal = fullTotal }, true);
        }
        return seen;
    }

    private static bool Fields(ReadOnlySpan<byte> line, out int tenSeconds, out long total)
    {
        (tenSeconds, total) = (0, 0);
        var at = line.IndexOf(" total="u8);
        if (!line.StartsWith("avg10="u8) || at < 0 || !KernelText.Number(line[(at + 7)..], out total) || total < 0)
            return false;
        var average = line[6..];
        var end = average.IndexOf((byte)' ');
        average = average[..end];
        var point = average.IndexOf((byte)'.');
        if (
            point < 0
            || !KernelText.Number(average[..point], out var whole)
            || average.Length != point + 3
            || !KernelText.Number(average[(point + 1)..], out var hundredths)
            || whole is < 0 or > 100
            || hundredths < 0
        )
            return false;
        tenSeconds = (int)((whole * 100) + hundredths);
        return true;
    }
}

/// <summary><c>cpu.stat</c>.</summary>
/// <param name="Usage">CPU time used, in microseconds.</param>
/// <param name="Throttled">Time that a CPU quota has held it back, in microseconds; 0 without one.</param>
public readonly record struct CpuStat(long Usage, long Throttled)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out CpuStat stat)
    {
        stat = default;
        var lines = new KernelText(text);
        var seen = false;
        while (lines.Next(out var key, out var value))
        {
            if (value < 0)
                continue;
            if (key.SequenceEqual("usage_usec"u8))
                (stat, seen) = (stat with { Usage = value }, true);
            else if (key.SequenceEqual("throttled_usec"u8))
                stat = stat with { Throttled = value };
        }
        return seen;
    }
}

/// <summary><c>io.stat</c>, all devices together.</summary>
/// <param name="Read">Bytes read.</param>
/// <param name="Written">Bytes written.</param>
public readonly record struct IoStat(long Read, long Written)
{
    /// <summary>Nothing was read or written yet where the file is empty, so an empty one is fine.</summary>
    public static IoStat Parse(ReadOnlySpan<byte> text)
    {
        var (read, written) = (0L, 0L);
        var lines = new KernelText(text);
        while (lines.Next(out var line))
        {
            read = Add(read, Field(line, " rbytes="u8));
            written = Add(written, Field(line, " wbytes="u8));
        }
        return new IoStat(read, written);
    }

    private static long Add(long sum, long value) => value > long.MaxValue - sum ? sum : sum + value;

    private static long Field(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        var at = line.IndexOf(name);
        return at < 0 ? 0 : Math.Max(0, KernelText.Leading(line[(at + name.Length)..]));
    }
}

/// <summary><c>pids.events</c>.</summary>
/// <param name="Refused">Forks that the cap on tasks has refused.</param>
public readonly record struct PidsEvents(long Refused)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out PidsEvents events)
    {
        events = default;
        var lines = new KernelText(text);
        while (lines.Next(out var key, out var value))
        {
            if (value < 0 || !key.SequenceEqual("max"u8))
                continue;
            events = new PidsEvents(value);
            return true;
        }
        return false;
    }
}
