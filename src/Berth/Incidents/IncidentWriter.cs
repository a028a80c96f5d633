using System.Threading.Channels;

namespace Berth.Incidents;

/// <summary>What is written together.</summary>
/// <param name="Incidents">New ones, and those that have changed.</param>
/// <param name="Deaths">Each death and its incident.</param>
/// <param name="Place">Where the kernel's log was told up to; null for no news.</param>
internal sealed record Batch(
    IReadOnlyList<Incident> Incidents,
    IReadOnlyList<(Incident Incident, DeathFacts Facts)> Deaths,
    string? Place
)
{
    /// <summary>The place as <see cref="IncidentStore.Save"/> takes it.</summary>
    public IReadOnlyDictionary<string, string> Places =>
        Place is null
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal) { [IncidentWriter.KernelPlace] = Place };
}

/// <summary>Writes incidents on a thread of its own: a slow disk or a locked file never keeps the recorder from looking.
/// What cannot be written is kept and tried again.</summary>
internal sealed class IncidentWriter : IAsyncDisposable
{
    /// <summary>Where the kernel's log was read to.</summary>
    public const string KernelPlace = "kmsg";

    private const int MostWaiting = 10_000;
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    private readonly Func<IncidentStore>? _open;
    private IncidentStore? _store;
    private readonly Action<string> _say;
    private readonly TimeProvider _clock;
    private readonly Channel<Batch> _queue = Channel.CreateUnbounded<Batch>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Task _writing;
    private bool _complained;
    private bool _reopened;

    /// <param name="store">Where to write.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="say">One line for the journal.</param>
    /// <param name="open">Opens it anew after it could not be written: a damaged file is then set aside. Null to go on
    /// with the same one.</param>
    public IncidentWriter(IncidentStore store, TimeProvider clock, Action<string> say, Func<IncidentStore>? open = null)
    {
        (_store, _clock, _say, _open) = (store, clock, say, open);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Incidents and the place that the kernel's log was told up to are on disk together or not at all: nothing
    /// is lost and nothing is counted twice, whenever this program is killed.</summary>
    public void Put(Batch batch) => _queue.Writer.TryWrite(batch);

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        await _writing;
        if (_reopened)
            _store?.Dispose();
    }

    private async Task WriteAsync()
    {
        var waiting = new Dictionary<(IncidentKind, string?, string, DateTimeOffset), Incident>();
        var deaths = new List<(Incident, DeathFacts)>();
        string? place = null;
        var forgotten = _clock.GetUtcNow();
        while (true)
        {
            var more = waiting.Count > 0 || place is not null || await _queue.Reader.WaitToReadAsync();
            while (_queue.Reader.TryRead(out var next))
            {
                foreach (var incident in next.Incidents)
                    waiting[(incident.Kind, incident.User, incident.Subject, incident.Start)] = incident;
                deaths.AddRange(next.Deaths);
                place = next.Place ?? place;
            }
            if (waiting.Count == 0 && place is null)
            {
                if (!more)
                    return;
                continue;
            }
            if (TrySave(new Batch([.. waiting.Values], deaths, place)))
            {
                waiting.Clear();
                deaths.Clear();
                place = null;
                if (_clock.GetUtcNow() - forgotten > TimeSpan.FromHours(1))
                {
                    forgotten = _clock.GetUtcNow();
                    TryForget(forgotten);
                }
                continue;
            }
            // The oldest give way: a full disk must not fill the memory as well.
            foreach (
                var oldest in waiting
                    .OrderBy(one => one.Value.Last)
                    .Take(Math.Max(0, waiting.Count - MostWaiting))
                    .ToList()
            )
                waiting.Remove(oldest.Key);
            deaths.RemoveRange(0, Math.Max(0, deaths.Count - MostWaiting));
            if (_queue.Reader.Completion.IsCompleted)
                return;
            await Task.Delay(s_again, _clock);
        }
    }

    private bool TrySave(Batch batch)
    {
        try
        {
            if (_store is null)
                (_store, _reopened) = (_open!(), true);
            _store.Save(batch.Incidents, batch.Places, batch.Deaths);
            _complained = false;
            return true;
        }
        catch (IOException refused)
        {
            if (!_complained)
                _say($"{refused.Message}; incidents are kept in memory and tried again");
            _complained = true;
            if (_open is not null)
            {
                _store?.Dispose();
                _store = null;
            }
            return false;
        }
    }

    /// <summary>What is not forgotten now is in an hour.</summary>
    private void TryForget(DateTimeOffset now)
    {
        try
        {
            _store?.Forget(now);
        }
        catch (IOException refused)
        {
            _say(refused.Message);
        }
    }
}
