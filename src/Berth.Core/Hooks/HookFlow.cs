using Berth.Incidents;

namespace Berth.Hooks;

/// <summary>An incident as it was after some change.</summary>
/// <param name="Number">Grows with every change of any incident.</param>
/// <param name="Incident">The incident.</param>
public sealed record IncidentChange(long Number, Incident Incident);

public enum HookEvent
{
    /// <summary>It happened, or began.</summary>
    Began,

    /// <summary>What was told of before is over.</summary>
    Ended,

    /// <summary>Many at once, told together.</summary>
    Digest,

    /// <summary>Nothing happened: somebody tries whether messages arrive.</summary>
    Test,
}

/// <summary>One message.</summary>
/// <param name="Event">Why.</param>
/// <param name="Id">Stays the same however often it is tried: a receiver may tell by it that it had it already.</param>
/// <param name="Incidents">The one it is about; all of them for a digest.</param>
public sealed record HookMessage(HookEvent Event, string Id, IReadOnlyList<Incident> Incidents);

/// <summary>What comes next for a hook.</summary>
/// <param name="Message">To be delivered; null for nothing.</param>
/// <param name="After">The state once it was delivered.</param>
/// <param name="Wait">Too much was sent lately: nothing goes out before that.</param>
public sealed record HookStep(HookMessage? Message, HookState After, TimeSpan Wait);

/// <summary>Decides what a hook is told. The incidents on disk are the queue: what is told is what they are when it is their
/// turn, so that nothing is lost while a receiver is away, and what changed ten times is told once.</summary>
public static class HookFlow
{
    /// <summary>More at once become one digest.</summary>
    public const int Burst = 20;

    /// <summary>So many messages within <see cref="Window"/>; more wait, and become a digest.</summary>
    public const int Most = 30;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>So many changes are read at once.</summary>
    public const int Batch = 500;

    /// <summary>Told incidents that are remembered.</summary>
    private const int MostOpen = 2000;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    /// <param name="hook">Whom to tell.</param>
    /// <param name="state">How far it was told.</param>
    /// <param name="changes">What came after, in the order of their numbers, at most <see cref="Batch"/>.</param>
    /// <param name="now">The moment.</param>
    public static HookStep Next(Hook hook, HookState state, IReadOnlyList<IncidentChange> changes, DateTimeOffset now)
    {
        var open = state.Open.ToDictionary();
        var due = new List<(IncidentChange Change, HookEvent Event)>();
        foreach (var change in changes)
        {
            if (Due(hook, open, change.Incident) is { } happened)
                due.Add((change, happened));
        }
        if (due.Count == 0)
            return new HookStep(null, state with { Change = Last(changes, state), Open = Trim(open) }, TimeSpan.Zero);
        var at = now.ToUnixTimeMilliseconds();
        // A clock that was set back makes messages that are still to come: those count as of now.
        var sent = state.Sent.Where(one => Math.Abs(at - one) < (long)Window.TotalMilliseconds).ToList();
        if (sent.Count >= Most)
            return new HookStep(null, state, Window - TimeSpan.FromMilliseconds(Math.Abs(at - sent[0])));
        sent.Add(at);
        if (due.Count > Burst)
            return new HookStep(
                new HookMessage(
                    HookEvent.Digest,
                    $"{hook.Name}-digest-{due[^1].Change.Number}",
                    [.. due.Select(one => one.Change.Incident)]
                ),
                new HookState(Last(changes, state), Trim(open), sent),
                TimeSpan.Zero
            );
        // One at a time: what follows is decided anew once this one has arrived.
        var (first, why) = due[0];
        open = state.Open.ToDictionary();
        foreach (var change in changes.TakeWhile(change => change.Number <= first.Number))
            Due(hook, open, change.Incident);
        return new HookStep(
            new HookMessage(
                why,
                $"{hook.Name}-{first.Incident.Start.ToUnixTimeMilliseconds()}-{first.Incident.Id}-{(why is HookEvent.Began ? "began" : "ended")}",
                [first.Incident]
            ),
            new HookState(first.Number, Trim(open), sent),
            TimeSpan.Zero
        );
    }

    /// <summary>How long to leave a receiver alone that did not take a message: 1 s, doubling up to 5 min.</summary>
    /// <param name="failures">How often in a row, at least 1.</param>
    public static TimeSpan Pause(int failures) =>
        TimeSpan.FromSeconds(Math.Min(1L << Math.Min(failures - 1, 20), (long)s_longestPause.TotalSeconds));

    private static HookEvent? Due(Hook hook, Dictionary<long, ToldOf> open, Incident incident)
    {
        if (hook.Kinds.Count > 0 && !hook.Kinds.Contains(Incident.Name(incident.Kind), StringComparer.Ordinal))
            return null;
        if (!open.TryGetValue(incident.Id, out var told))
        {
            // What is over is not forgotten at once either: a word that comes late changes nothing.
            open[incident.Id] = new ToldOf(incident.Count, incident.Outcome);
            return HookEvent.Began;
        }
        if (incident.End is null || (told.Count == incident.Count && told.Outcome == incident.Outcome))
            return null;
        open[incident.Id] = new ToldOf(incident.Count, incident.Outcome);
        return HookEvent.Ended;
    }

    private static long Last(IReadOnlyList<IncidentChange> changes, HookState state) =>
        changes.Count > 0 ? changes[^1].Number : state.Change;

    private static Dictionary<long, ToldOf> Trim(Dictionary<long, ToldOf> open)
    {
        foreach (var oldest in open.Keys.Order().Take(Math.Max(0, open.Count - MostOpen)).ToList())
            open.Remove(oldest);
        return open;
    }
}
