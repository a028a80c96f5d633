namespace Berth.Incidents;

/// <summary>A server that answered Berth's signing-in with what Berth does not know: a newer version, most of the time.
/// </summary>
public static class PairingDrift
{
    /// <summary>What happens again within so long is the same incident.</summary>
    public static readonly TimeSpan Same = TimeSpan.FromHours(1);

    /// <summary>Characters that are kept of what the gateway says.</summary>
    public const int LongestNote = 300;

    /// <param name="last">The last one of this person; null for none.</param>
    /// <param name="user">Whose server.</param>
    /// <param name="note">What the gateway says of it, fit to be shown.</param>
    /// <param name="times">How often since it was told last, at least 1.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The incident as it is now: the last one with more to tell, or a new one.</returns>
    public static Incident Next(Incident? last, string user, string note, int times, DateTimeOffset now)
    {
        if (last is not null && (now - last.Last).Duration() < Same)
            return last with
            {
                Last = now > last.Last ? now : last.Last,
                End = now > last.Last ? now : last.Last,
                Count = (int)Math.Min((long)last.Count + times, int.MaxValue),
                Evidence =
                [
                    .. last.Evidence.Append(note).Distinct(StringComparer.Ordinal).Take(IncidentBook.MostEvidence),
                ],
            };
        return new Incident(
            0,
            IncidentKind.PairingDrift,
            user,
            "pairing",
            now,
            now,
            now,
            times,
            $"{user} could not be signed in to their own server: it answered what Berth does not know",
            "they see a page that says so; what runs goes on",
            $"see which version it is, and go back to the one before: journalctl -u berth-gateway -g 'pairing {user}'",
            [note]
        );
    }
}
