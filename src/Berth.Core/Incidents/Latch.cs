namespace Berth.Incidents;

/// <summary>What a look at something changed.</summary>
public enum Edge
{
    /// <summary>It is not there.</summary>
    Off,

    /// <summary>It is there from now on.</summary>
    Begins,

    /// <summary>It goes on.</summary>
    On,

    /// <summary>It is over.</summary>
    Ends,
}

/// <summary>Calls something there when it was seen for a while, and over when it was not seen for a while: a moment is
/// no incident, and a pause in one is not its end.</summary>
/// <param name="on">For how long it has to be seen, in milliseconds.</param>
/// <param name="off">For how long it must not be seen.</param>
public sealed class Latch(long on, long off)
{
    private long? _changing;

    public bool IsOn { get; private set; }

    /// <summary>Since when it was seen.</summary>
    public long Since { get; private set; }

    /// <param name="seen">It is seen; null for neither: what is under way is neither furthered nor begun anew.</param>
    /// <param name="at">Now, in milliseconds.</param>
    public Edge Look(bool? seen, long at)
    {
        if (seen is null)
            return IsOn ? Edge.On : Edge.Off;
        if (seen == IsOn)
        {
            _changing = null;
            return IsOn ? Edge.On : Edge.Off;
        }
        _changing ??= at;
        if (at - _changing < (IsOn ? off : on))
            return IsOn ? Edge.On : Edge.Off;
        Since = _changing.Value;
        IsOn = !IsOn;
        _changing = null;
        return IsOn ? Edge.Begins : Edge.Ends;
    }
}
