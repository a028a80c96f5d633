using System.Collections.Concurrent;

namespace Berth.Watching;

/// <summary>The questions that one server has been asked and has not answered yet. While it is in doubt several are under
/// way: one may never be answered (T3 Code does so to what arrives before its handler is attached) and the next at
/// once.</summary>
/// <param name="prober">Asks.</param>
/// <param name="clock">The clock.</param>
internal sealed class Questions(Prober prober, BootClock clock) : IDisposable
{
    private const int MostAtOnce = 8;

    private sealed class Question(long asked, CancellationTokenSource end)
    {
        public long Asked => asked;
        public CancellationTokenSource End => end;
        public bool CountedLate { get; set; }
        public bool Done { get; set; }
    }

    private readonly List<Question> _open = [];
    private readonly ConcurrentQueue<(Question Question, Answer Answer, long At)> _answers = new();
    private long _asked = long.MinValue / 2;

    /// <summary>What is known.</summary>
    public Asking Known { get; private set; } = Asking.Nothing;

    /// <summary>Milliseconds that the last good answer took.</summary>
    public int? Took { get; private set; }

    public int Open => _open.Count;

    /// <summary>Takes in what was answered, notes what is late, and asks again when it is time.</summary>
    /// <param name="at">Now.</param>
    /// <param name="pace">From one question to the next; 0 to ask none.</param>
    public void Turn(long at, int pace)
    {
        while (_answers.TryDequeue(out var told))
            Hear(told.Question, told.Answer, told.At);
        foreach (var question in _open)
        {
            if (question.CountedLate || at - question.Asked < Asking.Late)
                continue;
            question.CountedLate = true;
            Known = Known.Bad(question.Asked, "does not answer");
        }
        _open.RemoveAll(question => question.Done);
        if (pace > 0 && at - _asked >= pace && _open.Count < MostAtOnce)
            Ask(at);
    }

    /// <summary>The next calm question is due so long before a whole pace is over: people's are spread.</summary>
    public void Spread(long at, int head) => _asked = at - head;

    /// <summary>What was asked so far is about a run that is over, or about a time that nobody was awake in.</summary>
    public void Forget()
    {
        foreach (var question in _open)
        {
            question.Done = true;
            question.End.Cancel();
        }
        _open.Clear();
        Known = Asking.Nothing;
        _asked = long.MinValue / 2;
    }

    public void Dispose()
    {
        Forget();
        prober.Dispose();
    }

    private void Ask(long at)
    {
        _asked = at;
        // A busy server's answers are waited for as long as it is given time.
        var question = new Question(at, new CancellationTokenSource(TimeSpan.FromMilliseconds(WatchSettings.BusyFor)));
        _open.Add(question);
        _ = Task.Run(async () =>
        {
            var answer = await prober.AskAsync(question.End.Token);
            _answers.Enqueue((question, answer, clock.Now()));
        });
    }

    private void Hear(Question question, Answer answer, long at)
    {
        var forgotten = question.Done;
        question.Done = true;
        question.End.Dispose();
        if (forgotten)
            return;
        if (!answer.Good)
        {
            // A late one was counted when it became late.
            Known =
                question.CountedLate && Known.Doubted is not null
                    ? Known with
                    {
                        Said = answer.Said,
                        Speaks = answer.Speaks,
                    }
                    : Known.Bad(question.Asked, answer.Said, answer.Speaks);
            return;
        }
        Known = Asking.Good(at);
        Took = (int)(at - question.Asked);
        foreach (var other in _open.Where(other => !other.Done && other.Asked <= question.Asked))
        {
            // It answers: what else waits is of no more interest.
            other.Done = true;
            other.End.Cancel();
        }
    }
}
