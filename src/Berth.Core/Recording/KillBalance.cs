namespace Berth.Recording;

/// <summary>Kills in one surface that were counted and not told, or told and not counted: each meets the oldest of the
/// other side. In a burst that goes on for longer than anybody is waited for, some are always open, and none is missing.</summary>
internal sealed class KillBalance
{
    /// <summary>Oldest first, all of one side: counted above zero, told below.</summary>
    private readonly List<Open> _open = [];

    private readonly record struct Open(long Kills, long At, DateTimeOffset Now);

    /// <summary>Whether something is open.</summary>
    public bool Waits => _open.Count > 0;

    /// <summary>Adds what was counted (above zero) or told (below).</summary>
    /// <param name="kills">How many.</param>
    /// <param name="at">Now, on the recorder's clock, in milliseconds.</param>
    /// <param name="now">Now, on the wall clock.</param>
    public void Add(long kills, long at, DateTimeOffset now)
    {
        while (kills != 0 && _open.Count > 0 && Math.Sign(_open[0].Kills) != Math.Sign(kills))
        {
            var met = Math.Min(Math.Abs(kills), Math.Abs(_open[0].Kills)) * Math.Sign(kills);
            kills -= met;
            _open[0] = _open[0] with { Kills = _open[0].Kills + met };
            if (_open[0].Kills == 0)
                _open.RemoveAt(0);
        }
        if (kills != 0)
            _open.Add(new Open(kills, at, now));
    }

    /// <summary>Takes what was counted and is not waited for any longer: all of it, as soon as the last was counted so
    /// long ago, because only together can it be told who they were. What was told and never counted is forgotten.</summary>
    /// <param name="at">Now, on the recorder's clock.</param>
    /// <returns>How many, and when the first was counted; null where nothing is due.</returns>
    public (long Kills, DateTimeOffset Now)? Missing(long at)
    {
        _open.RemoveAll(open => open.Kills < 0 && at - open.At >= KillJoiner.Patience);
        if (_open.Count == 0 || _open[0].Kills < 0)
            return null;
        if (at - _open[^1].At < KillJoiner.Patience && at - _open[0].At < KillJoiner.Recent)
            return null;
        var missing = (_open.Sum(open => open.Kills), _open[0].Now);
        _open.Clear();
        return missing;
    }
}
