namespace Berth.Incidents;

/// <summary>The recorder's incidents on their way to disk: what goes on is written now and then, what is new at once.</summary>
/// <param name="writer">Writes them.</param>
/// <param name="clock">The clock.</param>
internal sealed class IncidentDesk(IncidentWriter writer, TimeProvider clock)
{
    /// <summary>An incident that goes on is written again so often.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(10);

    /// <summary>What the recorder tells of; the other kinds are another program's, which opens and ends them.</summary>
    private static readonly HashSet<IncidentKind> s_own =
    [
        IncidentKind.OomKill,
        IncidentKind.Stall,
        IncidentKind.CapNear,
        IncidentKind.HostPressure,
        IncidentKind.ForkStorm,
        IncidentKind.OrphanedAgents,
        IncidentKind.DiskNearlyFull,
        IncidentKind.LogGap,
        IncidentKind.Logout,
        IncidentKind.Token,
    ];

    private readonly IncidentBook _book = new();
    private readonly Dictionary<(IncidentKind, string?, string), DateTimeOffset> _written = [];
    private readonly List<Incident> _changed = [];
    private readonly List<(Incident, DeathFacts)> _deaths = [];

    /// <summary>Those that go on.</summary>
    public IReadOnlyCollection<Incident> Open => _book.Open;

    /// <summary>Whether there is something to write.</summary>
    public bool HasNews => _changed.Count > 0;

    /// <summary>Takes up what an earlier run had open.</summary>
    public void Resume(IEnumerable<Incident> open) =>
        _book.Resume(open.Where(incident => s_own.Contains(incident.Kind)));

    /// <summary>Puts it into the book, and on disk when that is news.</summary>
    /// <param name="report">What is told.</param>
    /// <param name="over">What lasted is over.</param>
    public void Report(Report report, bool over = false)
    {
        var now = clock.GetLocalNow();
        var key = (report.Kind, report.User, report.Subject);
        if (over)
        {
            End(report.Kind, report.User, report.Subject, report.Outcome);
            return;
        }
        var incident = _book.Tell(report, now);
        if (report.Death is { } death)
            _deaths.Add((incident, death));
        // What lasts is told with every look.
        if (report.Lasting && _written.TryGetValue(key, out var written) && now - written < s_again && now >= written)
            return;
        _written[key] = now;
        _changed.Add(incident);
    }

    /// <summary>Something more has become known of what is open.</summary>
    public void Add(IncidentKind kind, string? user, string subject, string evidence)
    {
        if (_book.Add(kind, user, subject, evidence) is { } incident)
            _changed.Add(incident);
    }

    /// <summary>What lasted is over, if it was there.</summary>
    public void End(IncidentKind kind, string? user, string subject, string outcome)
    {
        _written.Remove((kind, user, subject));
        if (_book.End(kind, user, subject, outcome, clock.GetLocalNow()) is { } ended)
            _changed.Add(ended);
    }

    /// <summary>Closes what was not told of for a while.</summary>
    public void Close()
    {
        foreach (var closed in _book.Close(clock.GetLocalNow()))
        {
            _written.Remove((closed.Kind, closed.User, closed.Subject));
            _changed.Add(closed);
        }
    }

    /// <summary>Gives everything that is new to be written.</summary>
    /// <param name="place">Where the kernel's log was told up to; null for no news.</param>
    public void Put(string? place) => writer.Put(Take(place));

    /// <summary>Writes everything that is new before it returns. What cannot be written is tried again later.</summary>
    /// <param name="place">Where the kernel's log was told up to.</param>
    /// <param name="store">Where to.</param>
    public void Save(string place, IncidentStore store)
    {
        var batch = Take(place);
        try
        {
            store.Save(batch.Incidents, batch.Places, batch.Deaths);
        }
        catch (IOException)
        {
            // The writer says so.
            writer.Put(batch);
        }
    }

    private Batch Take(string? place)
    {
        var batch = new Batch([.. _changed], [.. _deaths], place);
        _changed.Clear();
        _deaths.Clear();
        return batch;
    }
}
