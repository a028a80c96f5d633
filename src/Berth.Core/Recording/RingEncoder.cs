using Berth.Planning;

namespace Berth.Recording;

/// <summary>What the ring wrote of a process last, in the segment that is being written.</summary>
public struct RingMark
{
    /// <summary>Number of the segment.</summary>
    public ulong Segment { get; set; }

    public int Slot { get; set; }

    public long Size { get; set; }

    public long Cpu { get; set; }

    /// <summary>What it ran.</summary>
    public ProgramFacts? Program { get; set; }
}

/// <summary>Turns samples into frames. Only what has changed is written; memory is told in steps of 64 KiB and of a 128th
/// of a process, so that an idle agent costs no byte.</summary>
public sealed class RingEncoder
{
    public const int Step = 64 << 10;
    public const int LongestArgv = 200;

    /// <summary>More than one process can take.</summary>
    private const int LargestProcess = 1200;

    internal const byte Surfaces = 1;
    internal const byte Started = 2;
    internal const byte Changed = 3;
    internal const byte Ended = 4;

    private readonly RingBuffer _buffer = new();
    private readonly List<TrackedProcess> _slots = [];
    private readonly Dictionary<string, (int Index, SurfaceSample Sample)> _surfaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private ulong _segment;
    private long _before;

    /// <summary>Begins a segment: nothing in it is known yet.</summary>
    public void Begin(ulong segment, long milliseconds)
    {
        (_segment, _before) = (segment, milliseconds);
        _slots.Clear();
        _surfaces.Clear();
        _texts.Clear();
    }

    /// <summary>One sample.</summary>
    /// <param name="milliseconds">Milliseconds since 1970.</param>
    /// <param name="surfaces">Every surface and what the kernel says of it.</param>
    /// <param name="living">Every process.</param>
    /// <param name="room">Bytes that the segment has left; processes that do not fit are left out.</param>
    public ReadOnlySpan<byte> Frame(
        long milliseconds,
        IReadOnlyList<(Surface Surface, SurfaceSample Sample)> surfaces,
        IReadOnlyCollection<TrackedProcess> living,
        int room
    )
    {
        _buffer.Clear();
        _buffer.Difference(milliseconds - _before);
        _before = milliseconds;
        foreach (var (surface, sample) in surfaces)
            Write(surface, sample);
        // What has ended leaves its slot empty for the rest of the segment.
        for (var slot = 0; slot < _slots.Count; slot++)
        {
            if (_slots[slot] is not { Died: not null } gone)
                continue;
            _buffer.Byte(Ended);
            _buffer.Number((ulong)slot);
            _buffer.Difference(gone.Signal);
            _slots[slot] = null!;
        }
        foreach (var process in living)
        {
            if (_buffer.Length + LargestProcess > room)
                break;
            Write(process);
        }
        return _buffer.Written;
    }

    private void Write(Surface surface, in SurfaceSample sample)
    {
        var known = _surfaces.TryGetValue(surface.Cgroup, out var before);
        if (known && Same(before.Sample, sample))
            return;
        var index = known ? before.Index : _surfaces.Count;
        _surfaces[surface.Cgroup] = (index, sample);
        _buffer.Byte(Surfaces);
        _buffer.Number((ulong)index);
        if (!known)
        {
            _buffer.Byte((byte)surface.Kind);
            _buffer.Text(surface.Cgroup);
            _buffer.Text(surface.User);
        }
        var last = before.Sample;
        _buffer.Difference((sample.Current / Step) - (last.Current / Step));
        _buffer.Difference(Cap(sample) - Cap(last));
        _buffer.Difference(sample.Tasks - last.Tasks);
        _buffer.Difference((sample.Pressure.FullTotal / 1000) - (last.Pressure.FullTotal / 1000));
        _buffer.Difference(sample.Events.OomKill - last.Events.OomKill);
        _buffer.Difference((sample.Cpu.Usage / 10_000) - (last.Cpu.Usage / 10_000));
    }

    /// <summary>In steps; 0 for none.</summary>
    private static long Cap(in SurfaceSample sample) => sample.Cap is HostFacts.Unlimited ? 0 : sample.Cap / Step;

    private static bool Same(in SurfaceSample a, in SurfaceSample b) =>
        a.Current / Step == b.Current / Step
        && a.Cap == b.Cap
        && a.Tasks == b.Tasks
        && a.Pressure.FullTotal / 1000 == b.Pressure.FullTotal / 1000
        && a.Events.OomKill == b.Events.OomKill
        && a.Cpu.Usage / 10_000 == b.Cpu.Usage / 10_000;

    private void Write(TrackedProcess process)
    {
        var size = process.Sizes.Last.Bytes / Step;
        var cpu = process.CpuTicks;
        ref var mark = ref process.Ring;
        if (mark.Segment != _segment || !ReferenceEquals(mark.Program, process.Program))
        {
            if (mark.Segment == _segment && _slots[mark.Slot] == process)
            {
                // It runs something else now: told as a new one in the same place.
                _slots[mark.Slot] = null!;
                _buffer.Byte(Ended);
                _buffer.Number((ulong)mark.Slot);
                _buffer.Difference(ProcessTable.Unheard);
            }
            mark = new RingMark
            {
                Segment = _segment,
                Slot = _slots.Count,
                Size = size,
                Cpu = cpu,
                Program = process.Program,
            };
            _slots.Add(process);
            _buffer.Byte(Started);
            _buffer.Number((ulong)process.Pid);
            _buffer.Number((ulong)Math.Max(0, process.Parent));
            _buffer.Number((uint)process.Uid);
            _buffer.Number((ulong)Math.Max(0, process.Start));
            _buffer.Number((ulong)(_surfaces.TryGetValue(process.Surface.Cgroup, out var known) ? known.Index + 1 : 0));
            _buffer.Byte((byte)((int)process.Program.Agent | (process.Top ? 0x80 : 0)));
            Text(Incidents.Words.Short(process.Program.Argv, LongestArgv));
            _buffer.Difference(size);
            _buffer.Difference(cpu);
            return;
        }
        var smallest = Math.Max(1, mark.Size / 128);
        var resized = Math.Abs(size - mark.Size) >= smallest;
        if (!resized && cpu == mark.Cpu)
            return;
        _buffer.Byte(Changed);
        _buffer.Number((ulong)mark.Slot);
        _buffer.Difference(resized ? size - mark.Size : 0);
        _buffer.Difference(cpu - mark.Cpu);
        if (resized)
            mark.Size = size;
        mark.Cpu = cpu;
    }

    /// <summary>A text, or the number of one that this segment has already.</summary>
    private void Text(string text)
    {
        if (_texts.TryGetValue(text, out var known))
        {
            _buffer.Number((ulong)known + 1);
            return;
        }
        _texts[text] = _texts.Count;
        _buffer.Number(0);
        _buffer.Text(text);
    }
}
