namespace Berth.Metrics;

public enum MetricType
{
    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Only goes up, and begins anew at 0 when its source restarts.</summary>
    Counter,

    /// <summary>How often how much: <c>_bucket</c>, <c>_sum</c> and <c>_count</c>.</summary>
    Histogram,
}

/// <summary>Who tells a number.</summary>
public enum MetricSource
{
    /// <summary>berth-recorder.service.</summary>
    Recorder,

    /// <summary>berth-watchdog.service.</summary>
    Watchdog,

    /// <summary>The gateway itself.</summary>
    Gateway,

    /// <summary>Backups, which are still to come: until then nobody tells it.</summary>
    Backup,
}

/// <summary>One number that Berth tells, of as many things as its labels tell apart.</summary>
/// <param name="Name">By Prometheus' conventions: unit last, <c>_total</c> for what only goes up.</param>
/// <param name="Type">What it does over time.</param>
/// <param name="Source">Who tells it.</param>
/// <param name="Labels">Names of its labels.</param>
/// <param name="Help">What it is.</param>
public sealed record MetricFamily(
    string Name,
    MetricType Type,
    MetricSource Source,
    IReadOnlyList<string> Labels,
    string Help
);

/// <summary>Every number that Berth tells. Labels take values of the roster and of short lists alone, so that the number
/// of series is bounded: about 40 for each person.</summary>
public static class MetricCatalog
{
    private static readonly string[] s_none = [];
    private static readonly string[] s_user = ["user"];
    private static readonly string[] s_surface = ["user", "surface"];

    public static IReadOnlyList<MetricFamily> All { get; } =
    [
        Of(
            "berth_build_info",
            MetricType.Gauge,
            MetricSource.Gateway,
            ["version"],
            "Always 1; which berth tells this."
        ),
        Of(
            "berth_source_up",
            MetricType.Gauge,
            MetricSource.Gateway,
            ["source"],
            "1 where the recorder or the watchdog told its numbers within the last minute; they are left out otherwise."
        ),
        Of("berth_user_memory_bytes", s_surface, "Memory in use now (memory.current)."),
        Of("berth_user_memory_held_bytes", s_surface, "The part of it that is not given back for the asking."),
        Of("berth_user_memory_cap_bytes", s_surface, "The cap (memory.max); absent where there is none."),
        Of(
            "berth_user_memory_peak_bytes",
            s_surface,
            "The most that was in use (memory.peak); absent before kernel 5.19."
        ),
        Of(
            "berth_user_memory_pressure_ratio",
            ["user", "surface", "kind"],
            "Share of the last 10 s in which some task, or every task (full), waited for memory; 0 to 1."
        ),
        Counter(
            "berth_user_memory_pressure_seconds_total",
            ["user", "surface", "kind"],
            "Time in which some task, or every task (full), waited for memory."
        ),
        Of("berth_user_tasks", s_surface, "Processes and threads."),
        Of("berth_user_tasks_cap", s_surface, "The most tasks allowed; absent where there is no bound."),
        Counter("berth_user_cpu_seconds_total", s_surface, "CPU time used."),
        Of("berth_user_agents", s_user, "Coding agents that run: claude, codex, opencode."),
        Counter(
            "berth_user_kills_total",
            ["user", "surface", "cause"],
            "Processes that the kernel killed for want of memory: at a cap (cap), or because the machine had none left (host)."
        ),
        Of(
            "berth_user_token_state",
            ["user", "state"],
            "1 for what the store says of the person's token: present, absent or unknown."
        ),
        Of(
            "berth_user_token_expiry_timestamp_seconds",
            s_user,
            "When the delivered token is expected to expire; absent without one, or where its age is not known."
        ),
        Of(
            "berth_user_auth_invalid",
            s_user,
            "1 where this person has to sign in anew: the provider refuses token or login, or the login is gone for good."
        ),
        Of("berth_host_memory_bytes", s_none, "Memory of the machine."),
        Of("berth_host_reserve_bytes", s_none, "Memory kept for the system."),
        Of("berth_host_caps_bytes", s_none, "All caps of servers, sessions and containers together, as they are now."),
        Of("berth_host_memory_pressure_ratio", ["kind"], "The same for the whole machine, over the last 10 s; 0 to 1."),
        Of("berth_incidents_open", ["kind", "user"], "Incidents that go on; user is empty for the machine."),
        Of("berth_server_up", MetricType.Gauge, MetricSource.Watchdog, s_user, "1 where the person's server serves."),
        Of(
            "berth_server_probe_seconds",
            MetricType.Gauge,
            MetricSource.Watchdog,
            s_user,
            "How long the last ready check of the person's server took."
        ),
        Of(
            "berth_server_restarts_total",
            MetricType.Counter,
            MetricSource.Watchdog,
            ["user", "cause"],
            "Restarts of the person's server by the watchdog."
        ),
        Of(
            "berth_server_hands_off",
            MetricType.Gauge,
            MetricSource.Watchdog,
            s_user,
            "1 where restarting was given up: a person is needed."
        ),
        Of(
            "berth_gateway_requests_total",
            MetricType.Counter,
            MetricSource.Gateway,
            ["code"],
            "Requests answered, by status."
        ),
        Of(
            "berth_gateway_upstream_seconds",
            MetricType.Histogram,
            MetricSource.Gateway,
            s_none,
            "Time from a request being sent on to its server to the first byte of the answer."
        ),
        Of(
            "berth_gateway_waiting_answers_total",
            MetricType.Counter,
            MetricSource.Gateway,
            s_none,
            "Requests answered with 'your server is starting', or that nobody answers there."
        ),
        Of(
            "berth_gateway_websockets_open",
            MetricType.Gauge,
            MetricSource.Gateway,
            s_none,
            "WebSockets that are open."
        ),
        Of(
            "berth_gateway_websockets_closed_total",
            MetricType.Counter,
            MetricSource.Gateway,
            ["user", "by"],
            "WebSockets that are over, by who hung up: client, server or gateway."
        ),
        Of(
            "berth_gateway_websocket_stalls_total",
            MetricType.Counter,
            MetricSource.Gateway,
            s_user,
            "WebSockets over whose end the server had left the client without an answer for 15 s or more."
        ),
        Of(
            "berth_gateway_pairing_failures_total",
            MetricType.Counter,
            MetricSource.Gateway,
            ["user", "drift"],
            "Times that signing a person in to their own server failed; drift is true where the server answered what Berth does not know."
        ),
        Of(
            "berth_backup_last_success_timestamp_seconds",
            MetricType.Gauge,
            MetricSource.Backup,
            s_user,
            "When the person's last backup succeeded. Backups are still to come: nobody tells it yet."
        ),
    ];

    private static readonly Dictionary<string, MetricFamily> s_byName = All.ToDictionary(
        family => family.Name,
        StringComparer.Ordinal
    );

    /// <summary>The family that a sample's name belongs to; null for none of ours.</summary>
    public static MetricFamily? Find(string name)
    {
        if (s_byName.TryGetValue(name, out var family))
            return family;
        foreach (var part in (ReadOnlySpan<string>)["_bucket", "_sum", "_count"])
        {
            if (
                name.EndsWith(part, StringComparison.Ordinal)
                && s_byName.TryGetValue(name[..^part.Length], out var whole)
                && whole.Type is MetricType.Histogram
            )
                return whole;
        }
        return null;
    }

    private static MetricFamily Of(string name, IReadOnlyList<string> labels, string help) =>
        Of(name, MetricType.Gauge, MetricSource.Recorder, labels, help);

    private static MetricFamily Counter(string name, IReadOnlyList<string> labels, string help) =>
        Of(name, MetricType.Counter, MetricSource.Recorder, labels, help);

    private static MetricFamily Of(
        string name,
        MetricType type,
        MetricSource source,
        IReadOnlyList<string> labels,
        string help
    ) => new(name, type, source, labels, help);
}
