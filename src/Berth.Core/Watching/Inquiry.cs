namespace Berth.Watching;

/// <summary>Which questions a server has been asked and has not answered yet, and when the next is due. While it is in
/// doubt several are under way: one may never be answered (T3 Code does so to what arrives before its handler is attached)
/// and the next at once. A question is named by the time it was asked at.</summary>
public sealed class Inquiry
{
    private const int MostAtOnce = 8;
    private const long Never = long.MinValue / 2;

    private readonly Dictionary<long, bool> _open = [];
    private long _asked = Never;

    /// <summary>What is known.</summary>
    public Asking Known { get; private set; } = Asking.Nothing;

    /// <summary>Milliseconds that the last good answer took; null for none yet.</summary>
    public int? Took { get; private set; }

    /// <summary>Those that wait for their answer.</summary>
    public IReadOnlyCollection<long> Open => _open.Keys;

    /// <summary>The first question is due so much sooner or later than others': people's are spread.</summary>
    /// <param name="at">Now.</param>
    /// <param name="head">How much of the first pause is over, in milliseconds.</param>
    public void Spread(long at, int head) => _asked = at - head;

    /// <summary>Notes what has become late.</summary>
    /// <param name="at">Now.</param>
    /// <param name="pace">From one question to the next, in milliseconds; 0 to ask none.</param>
    /// <returns>Whether the next one is to be asked now.</returns>
    public bool Turn(long at, int pace)
    {
        foreach (var (asked, late) in _open)
        {
            if (late || at - asked < Asking.Late)
                continue;
            _open[asked] = true;
            Known = Known.Bad(asked, "does not answer");
        }
        if (pace == 0 || at - _asked < pace)
            return false;
        // The oldest stays: a very late answer is one as well. The next oldest gives way.
        if (_open.Count >= MostAtOnce)
            _open.Remove(_open.Keys.Order().ElementAt(1));
        _asked = at;
        return _open.TryAdd(at, false);
    }

    /// <summary>An answer came, or none will.</summary>
    /// <param name="asked">To which question.</param>
    /// <param name="answer">What it was.</param>
    /// <param name="at">When.</param>
    public void Hear(long asked, Answer answer, long at)
    {
        // One that was given up since says nothing any more.
        if (!_open.Remove(asked, out var late))
            return;
        if (answer.Good)
        {
            (Known, Took) = (Asking.Good(at), (int)Math.Min(at - asked, int.MaxValue));
            // It answers: what was asked before is of no more interest.
            foreach (var older in _open.Keys.Where(other => other < asked).ToList())
                _open.Remove(older);
        }
        else if (late && Known.Doubted is not null)
            // It was counted when it became late.
            Known = Known with
            {
                Said = answer.Said,
                Speaks = answer.Speaks,
            };
        else
            Known = Known.Bad(asked, answer.Said, answer.Speaks);
    }

    /// <summary>What was asked so far is about a run that is over, or about a time that nobody was awake in. When
    /// the next one is due stays: a watchdog that begins, or wakes up, does not ask everybody at once.</summary>
    public void Forget()
    {
        _open.Clear();
        Known = Asking.Nothing;
    }
}

/// <summary>What a server did when it was asked its ready check.</summary>
/// <param name="Good">It answered as its preset says.</param>
/// <param name="Speaks">It answered, be it wrongly.</param>
/// <param name="Said">What it did, in a few words that follow "it"; empty when it answered well.</param>
public sealed record Answer(bool Good, bool Speaks, string Said)
{
    public static Answer Well { get; } = new(true, true, "");

    /// <summary>It did not answer.</summary>
    public static Answer Silence(string said) => new(false, false, said);

    /// <summary>It answered wrongly.</summary>
    public static Answer Wrong(string said) => new(false, true, said);
}
