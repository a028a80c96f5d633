using System.Text.Json;
using Berth.Host;
using Berth.Incidents;
using Berth.Metrics;

namespace Berth.Watching;

/// <summary>Tells what the watchdog sees as numbers, in the file that the gateway shows as <c>/metrics</c>.</summary>
internal sealed class WatchNumbers(HostPaths paths, TimeProvider clock, Action<string> say)
{
    private const long Every = 10_000;

    private readonly MetricFiles _files = new(paths);
    private readonly MetricWriter _page = new();
    private readonly Dictionary<(string User, Wound Wound), long> _restarts = [];
    private long _written = long.MinValue / 2;

    /// <summary>A server is restarted for this.</summary>
    public void Restarted(string user, Wound wound) =>
        _restarts[(user, wound)] = _restarts.GetValueOrDefault((user, wound)) + 1;

    /// <summary>Writes it all down, when it is time to.</summary>
    public void Tell(long at, IEnumerable<Place> places, IReadOnlyCollection<Incident> open)
    {
        if (at - _written < Every)
            return;
        _written = at;
        _page.Clear();
        _page.Line(MetricPage.Head("watchdog", clock.GetUtcNow().ToUnixTimeMilliseconds()));
        foreach (var place in places)
        {
            var (user, state) = (place.Route.User, place.State);
            var up = state is { Ready: true, Closed: null, HandsOff: false } && !place.Last.Suspect;
            _page.Sample("berth_server_up", up ? 1 : 0, ("user", user));
            _page.Sample("berth_server_hands_off", state.HandsOff ? 1 : 0, ("user", user));
            if (place.Questions.Took is { } took)
                _page.Sample("berth_server_probe_seconds", took / 1000.0, ("user", user));
        }
        foreach (var ((user, wound), count) in _restarts)
            _page.Sample(
                "berth_server_restarts_total",
                count,
                ("user", user),
                ("cause", JsonNamingPolicy.KebabCaseLower.ConvertName(wound.ToString()))
            );
        foreach (var group in open.CountBy(incident => (incident.Kind, incident.User)))
            _page.Sample(
                "berth_incidents_open",
                group.Value,
                ("kind", Incident.Name(group.Key.Kind)),
                ("user", group.Key.User ?? "")
            );
        _files.TryWrite("watchdog", _page, say);
    }
}
