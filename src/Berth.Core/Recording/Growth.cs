namespace Berth.Recording;

/// <summary>How a process grew at the end of its life.</summary>
/// <param name="From">Resident memory when it began to grow, in bytes.</param>
/// <param name="To">At its death.</param>
/// <param name="Took">The time in between.</param>
public readonly record struct Growth(long From, long To, TimeSpan Took)
{
    /// <summary>Bytes for each second.</summary>
    public double Rate => Took > TimeSpan.Zero ? Math.Max(0, To - From) / Took.TotalSeconds : 0;
}

/// <summary>The sizes that one process has had, thinned out as it gets older: a dozen of them tell how a life went, be it
/// a second or a month.</summary>
public sealed class SizeHistory
{
    private const int Kept = 12;
    private readonly (long At, long Bytes)[] _points = new (long, long)[Kept];
    private int _count;
    private long _apart = 1;

    /// <param name="at">When, in milliseconds on the recorder's clock; never goes back.</param>
    /// <param name="bytes">Resident memory.</param>
    public void Add(long at, long bytes)
    {
        Last = (at, bytes);
        if (_count > 0 && at < _points[_count - 1].At + _apart)
            return;
        if (_count == Kept)
        {
            // Every second one goes, and from now on they are twice as far apart.
            for (var i = 0; i < Kept / 2; i++)
                _points[i] = _points[i * 2];
            _count = Kept / 2;
            _apart = Math.Max(1, (at - _points[0].At) / (Kept / 2));
        }
        _points[_count++] = (at, bytes);
    }

    /// <summary>The newest size; zeros before the first.</summary>
    public (long At, long Bytes) Last { get; private set; }

    /// <summary>The growth that led to a size: from when it was last below a tenth of it, or from birth.</summary>
    /// <param name="born">When it was born.</param>
    /// <param name="at">Now.</param>
    /// <param name="bytes">Its size now.</param>
    public Growth To(long born, long at, long bytes)
    {
        var (start, from) = (born, 0L);
        for (var i = 0; i < _count; i++)
        {
            if (_points[i].At <= at && _points[i].Bytes <= bytes / 10)
                (start, from) = _points[i];
        }
        return new Growth(from, bytes, TimeSpan.FromMilliseconds(Math.Max(0, at - start)));
    }
}
