using System.Collections.Concurrent;

namespace Berth.Watching;

/// <summary>Asks one server what <see cref="Inquiry"/> says is due.</summary>
/// <param name="prober">Asks.</param>
/// <param name="clock">The clock.</param>
internal sealed class Questions(Prober prober, BootClock clock) : IDisposable
{
    private readonly Inquiry _inquiry = new();
    private readonly Dictionary<long, CancellationTokenSource> _open = [];
    private readonly ConcurrentQueue<(long Asked, Answer Answer, long At)> _answers = new();

    /// <summary>What is known.</summary>
    public Asking Known => _inquiry.Known;

    /// <summary>Milliseconds that the last good answer took.</summary>
    public int? Took => _inquiry.Took;

    public int Open => _open.Count;

    /// <summary>Takes in what was answered, notes what is late, and asks again when it is time.</summary>
    /// <param name="at">Now.</param>
    /// <param name="pace">From one question to the next; 0 to ask none.</param>
    public void Turn(long at, int pace)
    {
        while (_answers.TryDequeue(out var told))
            _inquiry.Hear(told.Asked, told.Answer, told.At);
        if (_inquiry.Turn(at, pace))
            Ask(at);
        if (_open.Count > _inquiry.Open.Count)
            GiveUp();
    }

    /// <inheritdoc cref="Inquiry.Spread"/>
    public void Spread(long at, int head) => _inquiry.Spread(at, head);

    /// <inheritdoc cref="Inquiry.Forget"/>
    public void Forget()
    {
        _inquiry.Forget();
        GiveUp();
    }

    public void Dispose()
    {
        Forget();
        prober.Dispose();
    }

    private void Ask(long asked)
    {
        // A busy server's answers are waited for as long as it is given time.
        var end = new CancellationTokenSource(TimeSpan.FromMilliseconds(WatchSettings.BusyFor));
        _open[asked] = end;
        var token = end.Token;
        _ = Task.Run(async () => _answers.Enqueue((asked, await prober.AskAsync(token), clock.Now())));
    }

    /// <summary>What nobody waits for any more is not asked any further.</summary>
    private void GiveUp()
    {
        foreach (var (asked, end) in _open.Where(open => !_inquiry.Open.Contains(open.Key)).ToList())
        {
            _open.Remove(asked);
            end.Cancel();
            end.Dispose();
        }
    }
}
