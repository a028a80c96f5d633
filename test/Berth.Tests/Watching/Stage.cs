namespace Berth.Watching;

/// <summary>One server on a host whose time is only counted: whatever may happen to it can be staged, and two hours take
/// a moment. The watchdog's own decisions and questions run against it.</summary>
internal sealed class Stage(WatchSettings? settings = null)
{
    private readonly WatchSettings _settings = settings ?? new WatchSettings();
    private readonly Inquiry _inquiry = new();
    private readonly List<(long Asked, long Due)> _asked = [];
    private long _pid = 100;
    private long _shown;
    private long? _working;

    public long At { get; private set; } = 1_000_000;

    public UnitFact Unit { get; set; } = new(UnitPhase.Active, "success", 100, 0, 1, null, false);

    public Door Door { get; set; } = Door.Open;

    public int Queue { get; set; }

    public char? Main { get; set; } = 'S';

    public Strain Strain { get; set; }

    /// <summary>Milliseconds that an answer takes; null for never.</summary>
    public Func<long?> Latency { get; set; } = () => 20;

    /// <summary>What it answers instead of what it should.</summary>
    public string? Wrong { get; set; }

    /// <summary>What a restart does to it; by default it is well again.</summary>
    public Action<Stage> OnRestart { get; set; } = stage => stage.Heal();

    public WatchState State { get; set; } = WatchState.New;

    public Decision Last { get; private set; } = new(WatchState.New);

    public List<(long At, Order Order, Wound Wound)> Orders { get; } = [];

    public List<Tiding> Tidings { get; } = [];

    public int Restarts => Orders.Count(order => order.Order is Order.Restart);

    /// <summary>A server that has been running and answering for a while.</summary>
    public static Stage Running(WatchSettings? settings = null) => new Stage(settings).For(60);

    public void Heal()
    {
        (Door, Main, Queue, Strain, Wrong) = (Door.Open, 'S', 0, Strain.None, null);
        Latency = () => 20;
    }

    /// <summary>Ends by itself, and is started again by systemd.</summary>
    public void Crash()
    {
        Begin();
        Unit = Unit with { Restarts = Unit.Restarts + 1, Exit = "exit status 1" };
    }

    /// <summary>A person restarts it.</summary>
    public void RestartByHand()
    {
        Begin();
        Unit = Unit with { Restarts = 0 };
        Heal();
    }

    public void Stop() =>
        (Unit, Door, Main) = (Unit with { Phase = UnitPhase.Inactive, MainPid = 0 }, Door.Closed, null);

    public Stage For(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            Tick();
        return this;
    }

    /// <summary>Runs until something is ordered.</summary>
    /// <returns>Milliseconds that took; null when nothing was within the bound.</returns>
    public long? UntilOrder(int seconds)
    {
        var (began, orders) = (At, Orders.Count);
        for (var i = 0; i < seconds && Orders.Count == orders; i++)
            Tick();
        return Orders.Count > orders ? At - began : null;
    }

    public void Tick(long ms = 1_000)
    {
        At += ms;
        if (_working is { } until)
        {
            if (At < until)
                return;
            _working = null;
            State = State.Anew(At);
            if (Unit.Phase is UnitPhase.Inactive)
                State = State with { Restarts = -1, Ends = [] };
            _inquiry.Forget();
            _asked.Clear();
        }
        foreach (
            var (asked, due) in _asked.Where(question => question.Due <= At).OrderBy(question => question.Due).ToList()
        )
        {
            _asked.Remove((asked, due));
            _inquiry.Hear(asked, What(asked, due), due);
        }
        if (_inquiry.Turn(At, Last.Pace))
            _asked.Add((At, Due()));
        // systemd is asked when something is amiss, and answers by the next round.
        if (Last.Suspect || At - _shown >= 5_000)
            _shown = At;
        var fresh = State.Fresh;
        Last = Watch.Decide(
            State,
            new Sight(At, Unit, _shown, 0, Door, Queue, Main, _inquiry.Known, Strain),
            _settings
        );
        State = Last.State;
        if (State.Fresh != fresh)
        {
            _inquiry.Forget();
            _asked.Clear();
        }
        if (Last.Tiding is not Tiding.None)
            Tidings.Add(Last.Tiding);
        if (Last.Order is not Order.None)
            Obey(Last.Order);
    }

    /// <summary>A refusal comes at once, and the last patience ends some time.</summary>
    private long Due() =>
        Unit.Phase is not UnitPhase.Active || Door is not Door.Open ? At
        : Main is 'T' or 't' or null ? At + WatchSettings.BusyFor
        : At + (Wrong is null ? Latency() ?? WatchSettings.BusyFor : 20);

    private Answer What(long asked, long due) =>
        Wrong is not null ? Answer.Wrong(Wrong)
        : due == asked ? Answer.Silence("refuses connections")
        : due - asked >= WatchSettings.BusyFor ? Answer.Silence("does not answer")
        : Answer.Well;

    private void Obey(Order order)
    {
        Orders.Add((At, order, Last.Wound));
        _working = At + 3_000;
        if (order is Order.Stop)
        {
            Stop();
            return;
        }
        Begin();
        Unit = Unit with { Restarts = 0 };
        OnRestart(this);
    }

    private void Begin()
    {
        _pid++;
        Unit = Unit with { Phase = UnitPhase.Active, Result = "success", MainPid = (int)_pid, Entered = _pid };
        (Door, Main) = (Door.Open, 'S');
    }
}
