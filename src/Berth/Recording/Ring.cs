using Berth.Host;

namespace Berth.Recording;

/// <summary>The ring of samples on disk: one file of a fixed size, whose blocks are there from the start. It may be killed
/// at any moment: what was written whole stays readable.</summary>
internal sealed class Ring : IDisposable
{
    public const string Path = "/var/lib/berth/recorder/ring";

    /// <summary>Eight of these days (100 processes every 5 s) and more.</summary>
    public const int UsualSegments = 128;

    /// <summary>A segment with less room is full.</summary>
    private const int Least = 16 << 10;

    private readonly RingEncoder _encoder = new();
    private readonly byte[] _frame = new byte[RingFormat.SegmentSize];
    private readonly int _descriptor;
    private readonly int _segments;
    private readonly ulong _boot;
    private ulong _sequence;
    private int _used = RingFormat.SegmentSize;

    private Ring(int descriptor, int segments, ulong boot, ulong sequence)
    {
        (_descriptor, _segments, _boot, _sequence) = (descriptor, segments, boot, sequence);
    }

    /// <param name="file">The real path.</param>
    /// <param name="boot">Which run of the kernel this is.</param>
    /// <param name="segments">Size, in segments.</param>
    /// <exception cref="IOException">The file cannot be made: a full disk.</exception>
    public static Ring Open(string file, ulong boot, int segments = UsualSegments)
    {
        Directory.CreateDirectory(
            System.IO.Path.GetDirectoryName(file)!,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        var flags = Native.ReadWrite | Native.Create | Native.NoFollow | Native.CloseOnExec;
        var descriptor = Native.Open(file, flags, 0x180);
        if (descriptor < 0)
            throw Native.Failure("open", file);
        if (Native.Allocate(descriptor, 0, (long)segments * RingFormat.SegmentSize) is var refused and not 0)
        {
            _ = Native.Close(descriptor);
            throw new IOException($"cannot give {file} its {segments / 2} MiB (error {refused})");
        }
        var header = new byte[RingFormat.HeaderSize];
        var newest = 0UL;
        for (var i = 0; i < segments; i++)
        {
            if (
                Native.ReadAt(descriptor, header, header.Length, (long)i * RingFormat.SegmentSize) == header.Length
                && RingFormat.TryHeader(header, out var segment)
                // A number from a damaged file that would leave none for what comes.
                && segment.Sequence < ulong.MaxValue / 2
            )
                newest = Math.Max(newest, segment.Sequence);
        }
        return new Ring(descriptor, segments, boot, newest);
    }

    /// <summary>Writes one sample.</summary>
    /// <param name="milliseconds">Milliseconds since 1970.</param>
    public void Write(
        long milliseconds,
        IReadOnlyList<(Surface Surface, SurfaceSample Sample)> surfaces,
        IReadOnlyCollection<TrackedProcess> living
    )
    {
        if (RingFormat.SegmentSize - _used < Least)
            Next(milliseconds);
        var room = RingFormat.SegmentSize - _used - RingFormat.FrameHead;
        var content = _encoder.Frame(milliseconds, surfaces, living, room);
        if (content.Length > room)
        {
            Next(milliseconds);
            room = RingFormat.SegmentSize - _used - RingFormat.FrameHead;
            content = _encoder.Frame(milliseconds, surfaces, living, room);
            if (content.Length > room)
                return;
        }
        RingFormat.WriteFrameHead(_frame, content, _sequence);
        content.CopyTo(_frame.AsSpan(RingFormat.FrameHead));
        Put(_frame.AsSpan(0, RingFormat.FrameHead + content.Length), _used);
        _used += RingFormat.FrameHead + content.Length;
    }

    /// <summary>The newest moment that is not after another.</summary>
    /// <param name="file">The real path.</param>
    /// <param name="until">Milliseconds since 1970.</param>
    /// <param name="boot">Of this run of the kernel alone; null for any.</param>
    public static RingScene? At(string file, long until, ulong? boot = null)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var segments = new List<(RingSegment Segment, long Offset)>();
        var header = new byte[RingFormat.HeaderSize];
        for (var offset = 0L; offset + RingFormat.SegmentSize <= stream.Length; offset += RingFormat.SegmentSize)
        {
            stream.Position = offset;
            stream.ReadExactly(header);
            if (
                RingFormat.TryHeader(header, out var segment)
                && segment.Milliseconds <= until
                && (boot is null || segment.Boot == boot)
            )
                segments.Add((segment, offset));
        }
        var whole = new byte[RingFormat.SegmentSize];
        // The newest first; one that is damaged gives way to the one before.
        foreach (var (_, offset) in segments.OrderByDescending(one => one.Segment.Sequence))
        {
            stream.Position = offset;
            stream.ReadExactly(whole);
            if (RingScene.At(whole, until) is { } scene)
                return scene;
        }
        return null;
    }

    public void Dispose()
    {
        _ = Native.SyncData(_descriptor);
        _ = Native.Close(_descriptor);
    }

    private void Next(long milliseconds)
    {
        _sequence++;
        var header = _frame.AsSpan(0, RingFormat.HeaderSize + RingFormat.FrameHead);
        RingFormat.WriteHeader(header, _sequence, _boot, milliseconds);
        // The length of a first frame that an older round left is overwritten with none.
        header[RingFormat.HeaderSize..].Clear();
        Put(header, 0);
        // What is in the segment before is now safe from a power cut as well.
        _ = Native.SyncData(_descriptor);
        _used = RingFormat.HeaderSize;
        _encoder.Begin(_sequence, milliseconds);
    }

    private void Put(ReadOnlySpan<byte> bytes, int at)
    {
        var offset = (long)((_sequence - 1) % (ulong)_segments) * RingFormat.SegmentSize;
        while (bytes.Length > 0)
        {
            var count = Native.WriteAt(_descriptor, bytes, bytes.Length, offset + at);
            if (count <= 0 && Native.Error is Native.Interrupted)
                continue;
            if (count <= 0)
                throw Native.Failure("write", Path);
            bytes = bytes[(int)count..];
            at += (int)count;
        }
    }
}
