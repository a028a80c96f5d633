using System.Text;
using Berth.Host;
using Berth.Recording;

namespace Berth.Incidents;

/// <summary>Writes down what the gateway tells of servers that it could not sign people in to. The gateway may not write
/// incidents, and whoever takes it over could tell what they like: it is a note about a person of the roster, bounded in
/// length and in how often.</summary>
internal sealed class DriftBook(HostPaths paths, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, int Untold)> _people = new(StringComparer.Ordinal);

    /// <param name="user">Whose server; somebody of the roster.</param>
    /// <param name="note">What was wrong.</param>
    public void Tell(string user, string note)
    {
        lock (_lock)
        {
            var times = 1;
            if (_people.TryGetValue(user, out var before))
            {
                times += before.Untold;
                if (clock.GetElapsedTime(before.At) < s_apart)
                {
                    _people[user] = before with { Untold = times };
                    return;
                }
            }
            _people[user] = (clock.GetTimestamp(), 0);
            Write(user, Printable.Text(Encoding.UTF8.GetBytes(note), PairingDrift.LongestNote), times);
        }
    }

    private void Write(string user, string note, int times)
    {
        try
        {
            using var store = IncidentStore.Open(paths[IncidentStore.Path], clock.GetUtcNow(), say);
            var last = store.Find(new IncidentQuery(User: user, Kind: IncidentKind.PairingDrift, Most: 1));
            store.Save(
                [PairingDrift.Next(last is [var one] ? one : null, user, note, times, clock.GetLocalNow())],
                new Dictionary<string, string>()
            );
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            say($"pairing drift of {user} was not written down: {refused.Message}");
        }
    }
}
