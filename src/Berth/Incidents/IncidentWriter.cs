using System.Threading.Channels;

namespace Berth.Incidents;

/// <summary>Writes incidents on a thread of its own: a slow disk or a locked file never keeps the recorder from looking.
/// What cannot be written is kept and tried again.</summary>
internal sealed class IncidentWriter : IAsyncDisposable
{
    /// <summary>Where the kernel's log was read to.</summary>
    public const string KernelPlace = "kmsg";

    private const int MostWaiting = 10_000;
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    private readonly IncidentStore _store;
    private readonly Action<string> _say;
    private readonly TimeProvider _clock;
    private readonly Channel<(IReadOnlyList<Incident> Incidents, string? Place)> _queue = Channel.CreateUnbounded<(
        IReadOnlyList<Incident>,
        string?
    )>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;
    private bool _complained;

    public IncidentWriter(IncidentStore store, TimeProvider clock, Action<string> say)
    {
        (_store, _clock, _say) = (store, clock, say);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Incidents and the place that the kernel's log was told up to are on disk together or not at all: nothing
    /// is lost and nothing is counted twice, whenever this program is killed.</summary>
    public void Put(IReadOnlyList<Incident> incidents, string? place) => _queue.Writer.TryWrite((incidents, place));

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        var waiting = new Dictionary<(IncidentKind, string?, string, DateTimeOffset), Incident>();
        string? place = null;
        var forgotten = _clock.GetUtcNow();
        while (true)
        {
            var more = waiting.Count > 0 || place is not null || await _queue.Reader.WaitToReadAsync();
            while (_queue.Reader.TryRead(out var next))
            {
                foreach (var incident in next.Incidents)
                    waiting[(incident.Kind, incident.User, incident.Subject, incident.Start)] = incident;
                place = next.Place ?? place;
            }
            if (waiting.Count == 0 && place is null)
            {
                if (!more)
                    return;
                continue;
            }
            if (TrySave(waiting.Values, place))
            {
                waiting.Clear();
                place = null;
                if (_clock.GetUtcNow() - forgotten > TimeSpan.FromHours(1))
                {
                    forgotten = _clock.GetUtcNow();
                    _store.Forget(forgotten);
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
            if (_queue.Reader.Completion.IsCompleted)
                return;
            await Task.Delay(s_again, _clock);
        }
    }

    private bool TrySave(IReadOnlyCollection<Incident> incidents, string? place)
    {
        try
        {
            _store.Save(
                incidents,
                place is null
                    ? new Dictionary<string, string>(StringComparer.Ordinal)
                    : new Dictionary<string, string>(StringComparer.Ordinal) { [KernelPlace] = place }
            );
            _complained = false;
            return true;
        }
        catch (IOException refused)
        {
            if (!_complained)
                _say($"{refused.Message}; incidents are kept in memory and tried again");
            _complained = true;
            return false;
        }
    }
}
