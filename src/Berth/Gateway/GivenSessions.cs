using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>How often browsers of one person were given a session and came back without it: a browser that keeps no
/// cookies would be sent in a circle for ever.</summary>
/// <param name="clock">The clock.</param>
/// <param name="most">So many within a minute, and the next one is told.</param>
internal sealed class GivenSessions(TimeProvider clock, int most = 3)
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);
    private const int MostBrowsers = 256;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Count, long First, int Flight)> _given = new(StringComparer.Ordinal);

    /// <summary>What tells the browsers of one person apart, roughly.</summary>
    public static string Browser(HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        return $"{context.Connection.RemoteIpAddress} {agent[..Math.Min(agent.Length, 256)]}";
    }

    /// <exception cref="PairingException">This browser goes in a circle; others of the same person are not concerned.</exception>
    public void Refuse(string browser, string user)
    {
        lock (_lock)
        {
            if (!_given.TryGetValue(browser, out var given) || given.Count < most || IsOld(given.First))
                return;
        }
        throw new PairingException(
            $"this browser was signed in to {user}'s server {most} times within a minute and came back without its session each time; it has to keep cookies of this address, and those that it has may have to be taken away",
            drift: true
        );
    }

    /// <param name="flight">Requests that came at once are given one session together and count once.</param>
    public void Gave(string browser, int flight)
    {
        lock (_lock)
        {
            if (_given.TryGetValue(browser, out var given) && !IsOld(given.First))
            {
                if (given.Flight != flight)
                    _given[browser] = (given.Count + 1, given.First, flight);
                return;
            }
            if (_given.Count >= MostBrowsers)
                _given.Clear();
            _given[browser] = (1, clock.GetTimestamp(), flight);
        }
    }

    public void Arrived(string browser)
    {
        lock (_lock)
            _given.Remove(browser);
    }

    private bool IsOld(long moment) => clock.GetElapsedTime(moment) > s_window;
}
