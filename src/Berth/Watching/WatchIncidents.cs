using Berth.Incidents;

namespace Berth.Watching;

/// <summary>Where the watchdog's incidents are told, from whatever thread, and written. Of those on disk it knows its own
/// kinds alone: the others are the recorder's.</summary>
internal sealed class WatchIncidents : IAsyncDisposable
{
    private readonly IncidentBook _book = new();
    private readonly Lock _lock = new();
    private readonly IncidentWriter _writer;
    private readonly TimeProvider _clock;
    private readonly Action<string> _say;
    private readonly IReadOnlyList<Incident> _before;

    /// <param name="store">Where they are written.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="say">One line for the journal.</param>
    public WatchIncidents(IncidentStore store, TimeProvider clock, Action<string> say)
    {
        (_clock, _say) = (clock, say);
        _writer = new IncidentWriter(store, clock, say);
        _before = [.. store.Open().Where(incident => WatchReport.Kinds.Contains(incident.Kind))];
        _book.Resume(_before);
    }

    /// <summary>Those that go on.</summary>
    public IReadOnlyCollection<Incident> Open()
    {
        lock (_lock)
            return [.. _book.Open];
    }

    /// <summary>What was open before the watchdog was restarted, and still is so.</summary>
    public void Keep(Func<Incident, bool> still)
    {
        foreach (var incident in _before.Where(still))
            Tell(
                new Report(
                    incident.Kind,
                    incident.User,
                    incident.Subject,
                    incident.Sentence,
                    incident.Outcome,
                    incident.NextStep,
                    incident.Evidence
                )
                {
                    Lasting = true,
                    Count = incident.Count,
                },
                quiet: true
            );
    }

    /// <param name="report">What happened, or goes on.</param>
    /// <param name="ago">How long ago it began.</param>
    /// <param name="quiet">It was said before.</param>
    public void Tell(Report report, TimeSpan ago = default, bool quiet = false)
    {
        lock (_lock)
            Put([_book.Tell(report, _clock.GetUtcNow() - ago)]);
        if (!quiet)
            _say($"{report.Sentence}; {report.Outcome}");
    }

    /// <summary>What lasted is over.</summary>
    public void End(IncidentKind kind, string user, string subject, string outcome)
    {
        lock (_lock)
        {
            if (_book.End(kind, user, subject, outcome, _clock.GetUtcNow()) is not { } ended)
                return;
            Put([ended]);
        }
        _say($"{user}: {outcome}");
    }

    /// <summary>Closes what was not told of for a while.</summary>
    public void Close()
    {
        lock (_lock)
            Put(_book.Close(_clock.GetUtcNow()));
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private void Put(IReadOnlyList<Incident> incidents)
    {
        if (incidents.Count > 0)
            _writer.Put(new Batch(incidents, [], null));
    }
}
