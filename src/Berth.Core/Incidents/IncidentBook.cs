namespace Berth.Incidents;

/// <summary>The incidents that go on. What is told again of the same thing is the same incident: a fork storm is one, not
/// ten thousand.</summary>
public sealed class IncidentBook
{
    /// <summary>So much of the evidence is kept: the first half of it stays, the rest is what came last.</summary>
    public const int MostEvidence = 20;

    /// <summary>What happens again within so long is the same incident.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);

    private readonly Dictionary<(IncidentKind, string?, string), Incident> _open = [];
    private readonly HashSet<(IncidentKind, string?, string)> _lasting = [];
    private readonly Dictionary<(IncidentKind, string?, string), List<string>> _added = [];

    public IReadOnlyCollection<Incident> Open => _open.Values;

    /// <summary>Takes up what an earlier run had open: what lasts goes on when it is told of again.</summary>
    public void Resume(IEnumerable<Incident> open)
    {
        foreach (var incident in open)
            _open[Key(incident)] = incident;
    }

    /// <summary>Something happened, or still happens.</summary>
    /// <returns>The incident as it is now.</returns>
    public Incident Tell(Report report, DateTimeOffset now)
    {
        var key = (report.Kind, report.User, report.Subject);
        if (report.Lasting)
            _lasting.Add(key);
        if (!_open.TryGetValue(key, out var open))
            return _open[key] = new Incident(
                0,
                report.Kind,
                report.User,
                report.Subject,
                now,
                null,
                now,
                report.Count,
                report.Sentence,
                report.Outcome,
                report.NextStep,
                Trim(report.Evidence)
            );
        return _open[key] = open with
        {
            // A clock that was set back ends nothing before it began.
            Last = now > open.Last ? now : open.Last,
            Count = report.Lasting ? Math.Max(open.Count, report.Count) : Sum(open.Count, report.Count),
            Sentence = report.Sentence,
            Outcome = report.Outcome,
            NextStep = report.NextStep,
            Evidence = report.Lasting
                ? Trim([.. report.Evidence, .. _added.GetValueOrDefault(key) ?? []])
                : Trim([.. open.Evidence, .. report.Evidence]),
        };
    }

    /// <summary>Something more has become known of what is open, and stays with it.</summary>
    /// <returns>Null when nothing of the kind is open any more.</returns>
    public Incident? Add(IncidentKind kind, string? user, string subject, string evidence)
    {
        var key = (kind, user, subject);
        if (!_open.TryGetValue(key, out var open))
            return null;
        if (!_added.TryGetValue(key, out var added))
            _added[key] = added = [];
        if (added.Count < MostEvidence / 2)
            added.Add(evidence);
        return _open[key] = open with { Evidence = Trim([.. open.Evidence, evidence]) };
    }

    /// <summary>What lasted is over.</summary>
    /// <returns>Null when nothing of the kind was open.</returns>
    public Incident? End(IncidentKind kind, string? user, string subject, string outcome, DateTimeOffset now)
    {
        var key = (kind, user, subject);
        _lasting.Remove(key);
        _added.Remove(key);
        if (!_open.Remove(key, out var open))
            return null;
        return open with
        {
            End = now > open.Last ? now : open.Last,
            Last = now > open.Last ? now : open.Last,
            Outcome = outcome,
        };
    }

    /// <summary>Closes what was not told of for a while.</summary>
    public IReadOnlyList<Incident> Close(DateTimeOffset now)
    {
        List<Incident>? closed = null;
        foreach (var (key, open) in _open)
        {
            if (_lasting.Contains(key) || now - open.Last < Quiet)
                continue;
            _open.Remove(key);
            _added.Remove(key);
            (closed ??= []).Add(open with { End = open.Last });
        }
        return closed ?? [];
    }

    private static int Sum(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    private static (IncidentKind, string?, string) Key(Incident incident) =>
        (incident.Kind, incident.User, incident.Subject);

    private static IReadOnlyList<string> Trim(IReadOnlyList<string> evidence) =>
        evidence.Count <= MostEvidence
            ? evidence
            : [.. evidence.Take(MostEvidence / 2), .. evidence.Skip(evidence.Count - (MostEvidence / 2))];
}
