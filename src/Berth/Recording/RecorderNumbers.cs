using Berth.Credentials;
using Berth.Host;
using Berth.Incidents;
using Berth.Metrics;
using Berth.Planning;

namespace Berth.Recording;

/// <summary>Tells what the recorder sees as numbers, in the file that the gateway shows as <c>/metrics</c>.</summary>
internal sealed class RecorderNumbers : IDisposable
{
    private const long Every = 10_000;

    private readonly MetricFiles _files;
    private readonly TimeProvider _clock;
    private readonly Action<string> _say;
    private readonly KernelFile _pressure;
    private readonly MetricWriter _page = new();
    private readonly byte[] _buffer = new byte[4096];
    private readonly Dictionary<(string User, string Surface, string Cause), long> _kills = [];
    private readonly Dictionary<string, int> _agents = new(StringComparer.Ordinal);
    private long _written = long.MinValue / 2;

    public RecorderNumbers(HostPaths paths, RecorderSettings settings, TimeProvider clock, Action<string> say)
    {
        (Settings, _clock, _say) = (settings, clock, say);
        _files = new MetricFiles(paths);
        _pressure = new KernelFile(paths["/proc/pressure/memory"]);
    }

    /// <summary>Of whom it tells.</summary>
    public RecorderSettings Settings { get; set; }

    /// <summary>A kill counts for whose it was, and where.</summary>
    public void Died(Death death)
    {
        var key = (death.User ?? "", Name(death.Surface?.Kind), death.AtCap ? "cap" : "host");
        _kills[key] = _kills.GetValueOrDefault(key) + death.Count;
    }

    /// <summary>Writes it all down, when it is time to.</summary>
    public void Tell(
        long now,
        IEnumerable<CgroupProbe> surfaces,
        IEnumerable<TrackedProcess> living,
        IReadOnlyCollection<Incident> open,
        IEnumerable<(string User, SignedIn State)> people
    )
    {
        if (now - _written < Every)
            return;
        _written = now;
        _page.Clear();
        _page.Line(MetricPage.Head("recorder", _clock.GetUtcNow().ToUnixTimeMilliseconds()));
        long caps = 0;
        foreach (var probe in surfaces)
        {
            Surface(probe.Surface, probe.Last);
            if (probe.Last.Capped)
                caps += probe.Last.Cap;
        }
        Agents(living);
        foreach (var ((user, surface, cause), count) in _kills)
            _page.Sample("berth_user_kills_total", count, ("user", user), ("surface", surface), ("cause", cause));
        foreach (var (user, state) in people)
            Person(user, state);
        foreach (var group in open.CountBy(incident => (incident.Kind, incident.User)))
            _page.Sample(
                "berth_incidents_open",
                group.Value,
                ("kind", Incident.Name(group.Key.Kind)),
                ("user", group.Key.User ?? "")
            );
        if (Settings.Ram > 0)
        {
            _page.Sample("berth_host_memory_bytes", Settings.Ram);
            _page.Sample("berth_host_reserve_bytes", Settings.Reserve);
        }
        _page.Sample("berth_host_caps_bytes", caps);
        if (Pressure.TryParse(_pressure.Read(_buffer), out var pressure))
        {
            _page.Sample("berth_host_memory_pressure_ratio", pressure.Some10 / 10_000.0, ("kind", "some"));
            _page.Sample("berth_host_memory_pressure_ratio", pressure.Full10 / 10_000.0, ("kind", "full"));
        }
        _files.TryWrite("recorder", _page, _say);
    }

    public void Dispose() => _pressure.Dispose();

    private void Surface(Surface surface, in SurfaceSample sample)
    {
        var (user, kind) = (surface.User ?? "", Name(surface.Kind));
        void One(string name, double value) => _page.Sample(name, value, ("user", user), ("surface", kind));
        One("berth_user_memory_bytes", sample.Current);
        One("berth_user_memory_held_bytes", sample.Held);
        if (sample.Capped)
            One("berth_user_memory_cap_bytes", sample.Cap);
        if (sample.Peak > 0)
            One("berth_user_memory_peak_bytes", sample.Peak);
        One("berth_user_tasks", sample.Tasks);
        if (sample.TasksCap is > 0 and not HostFacts.Unlimited)
            One("berth_user_tasks_cap", sample.TasksCap);
        One("berth_user_cpu_seconds_total", sample.Cpu.Usage / 1e6);
        Waited(user, kind, "some", sample.Pressure.Some10, sample.Pressure.SomeTotal);
        Waited(user, kind, "full", sample.Pressure.Full10, sample.Pressure.FullTotal);
    }

    private void Waited(string user, string surface, string kind, int tenSeconds, long total)
    {
        _page.Sample(
            "berth_user_memory_pressure_ratio",
            tenSeconds / 10_000.0,
            ("user", user),
            ("surface", surface),
            ("kind", kind)
        );
        _page.Sample(
            "berth_user_memory_pressure_seconds_total",
            total / 1e6,
            ("user", user),
            ("surface", surface),
            ("kind", kind)
        );
    }

    private void Agents(IEnumerable<TrackedProcess> living)
    {
        _agents.Clear();
        foreach (var user in Settings.Users.Values)
            _agents[user] = 0;
        foreach (var process in living)
        {
            if (process.IsAgent && process.Surface.User is { } user && _agents.TryGetValue(user, out var count))
                _agents[user] = count + 1;
        }
        foreach (var (user, count) in _agents)
            _page.Sample("berth_user_agents", count, ("user", user));
    }

    private void Person(string user, SignedIn state)
    {
        _page.Sample(
            "berth_user_token_state",
            1,
            ("user", user),
            (
                "state",
                state.Token switch
                {
                    Verdict.Present => "present",
                    Verdict.Absent => "absent",
                    _ => "unknown",
                }
            )
        );
        if (state.ExpiresAt is { } end)
            _page.Sample("berth_user_token_expiry_timestamp_seconds", end.ToUnixTimeSeconds(), ("user", user));
        _page.Sample("berth_user_auth_invalid", state.Invalid ? 1 : 0, ("user", user));
    }

    private static string Name(SurfaceKind? kind) =>
        kind switch
        {
            SurfaceKind.Server => "server",
            SurfaceKind.Sessions => "sessions",
            SurfaceKind.Containers => "containers",
            _ => "",
        };
}
