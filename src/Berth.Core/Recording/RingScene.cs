namespace Berth.Recording;

/// <summary>A surface as it was.</summary>
public sealed record SceneSurface(SurfaceKind Kind, string? User, string Cgroup)
{
    /// <summary>Memory in bytes.</summary>
    public long Current { get; set; }

    /// <summary>Cap in bytes; 0 for none.</summary>
    public long Cap { get; set; }

    public long Tasks { get; set; }

    /// <summary>Kills since the cgroup was made.</summary>
    public long Kills { get; set; }

    /// <summary>Time in which nothing in it ran for want of memory, in milliseconds.</summary>
    public long Stalled { get; set; }

    /// <summary>CPU time in hundredths of a second.</summary>
    public long Cpu { get; set; }
}

/// <summary>A process as it was.</summary>
public sealed record SceneProcess(
    int Pid,
    int Parent,
    int Uid,
    long Start,
    SceneSurface? Surface,
    AgentKind Agent,
    bool Top,
    string Argv
)
{
    /// <summary>Resident memory in bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>CPU time in clock ticks.</summary>
    public long Cpu { get; set; }
}

/// <summary>What ran at one moment, built up from the frames of a segment.</summary>
public sealed class RingScene
{
    private readonly List<SceneSurface> _surfaces = [];
    private readonly List<SceneProcess?> _slots = [];
    private readonly List<string> _texts = [];

    /// <summary>Milliseconds since 1970.</summary>
    public long Milliseconds { get; private set; }

    public IReadOnlyList<SceneSurface> Surfaces => _surfaces;

    public IEnumerable<SceneProcess> Processes => _slots.OfType<SceneProcess>();

    /// <summary>Reads the newest moment of a segment that is not after another.</summary>
    /// <param name="segment">The whole segment.</param>
    /// <param name="until">Milliseconds since 1970.</param>
    /// <returns>Null when the segment has nothing that old, or is none.</returns>
    public static RingScene? At(ReadOnlySpan<byte> segment, long until)
    {
        if (!RingFormat.TryHeader(segment, out var header))
            return null;
        var rest = segment[RingFormat.HeaderSize..];
        var scene = new RingScene { Milliseconds = header.Milliseconds };
        var any = false;
        while (RingFormat.TryFrame(ref rest, header.Sequence, out var content))
        {
            if (any && scene.Next(content) > until)
                break;
            if (!scene.Apply(content))
                return any ? scene : null;
            if (!any && scene.Milliseconds > until)
                return null;
            any = true;
        }
        return any ? scene : null;
    }

    private long Next(ReadOnlySpan<byte> content)
    {
        var cursor = new RingCursor(content);
        return Milliseconds + cursor.Difference();
    }

    /// <summary>Applies one frame.</summary>
    /// <returns>False when it makes no sense; what was applied of it is then not to be trusted.</returns>
    private bool Apply(ReadOnlySpan<byte> content)
    {
        var cursor = new RingCursor(content);
        var moved = cursor.Difference();
        if (cursor.Broken)
            return false;
        Milliseconds += moved;
        while (!cursor.AtEnd)
        {
            var fine = cursor.Byte() switch
            {
                RingEncoder.Surfaces => ReadSurface(ref cursor),
                RingEncoder.Started => ReadStarted(ref cursor),
                RingEncoder.Changed => ReadChanged(ref cursor),
                RingEncoder.Ended => ReadEnded(ref cursor),
                _ => false,
            };
            if (!fine || cursor.Broken)
                return false;
        }
        return true;
    }

    private bool ReadSurface(ref RingCursor cursor)
    {
        var index = cursor.Number();
        if (index > (ulong)_surfaces.Count)
            return false;
        if (index == (ulong)_surfaces.Count)
        {
            var kind = cursor.Byte();
            var (cgroup, user) = (cursor.Text(), cursor.Text());
            if (cursor.Broken || kind > (byte)SurfaceKind.Containers)
                return false;
            _surfaces.Add(new SceneSurface((SurfaceKind)kind, user.Length > 0 ? user : null, cgroup));
        }
        var surface = _surfaces[(int)index];
        surface.Current += cursor.Difference() * RingEncoder.Step;
        surface.Cap += cursor.Difference() * RingEncoder.Step;
        surface.Tasks += cursor.Difference();
        surface.Stalled += cursor.Difference();
        surface.Kills += cursor.Difference();
        surface.Cpu += cursor.Difference();
        return true;
    }

    private bool ReadStarted(ref RingCursor cursor)
    {
        var (pid, parent, uid) = (cursor.Number(), cursor.Number(), cursor.Number());
        var (start, surface) = (cursor.Number(), cursor.Number());
        var kind = cursor.Byte();
        var known = cursor.Number();
        if (cursor.Broken || pid > int.MaxValue || parent > int.MaxValue || surface > (ulong)_surfaces.Count)
            return false;
        string argv;
        if (known == 0)
            _texts.Add(argv = cursor.Text());
        else if (known <= (ulong)_texts.Count)
            argv = _texts[(int)known - 1];
        else
            return false;
        _slots.Add(
            new SceneProcess(
                (int)pid,
                (int)parent,
                (int)(uint)uid,
                (long)start,
                surface == 0 ? null : _surfaces[(int)surface - 1],
                (AgentKind)(kind & 0x7f),
                (kind & 0x80) != 0,
                argv
            )
            {
                Bytes = cursor.Difference() * RingEncoder.Step,
                Cpu = cursor.Difference(),
            }
        );
        return true;
    }

    private bool ReadChanged(ref RingCursor cursor)
    {
        var slot = cursor.Number();
        var (size, cpu) = (cursor.Difference(), cursor.Difference());
        if (slot >= (ulong)_slots.Count || _slots[(int)slot] is not { } process)
            return false;
        process.Bytes += size * RingEncoder.Step;
        process.Cpu += cpu;
        return true;
    }

    private bool ReadEnded(ref RingCursor cursor)
    {
        var slot = cursor.Number();
        _ = cursor.Difference();
        if (slot >= (ulong)_slots.Count)
            return false;
        _slots[(int)slot] = null;
        return true;
    }
}
