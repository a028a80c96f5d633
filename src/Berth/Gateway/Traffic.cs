using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Berth.Metrics;

namespace Berth.Gateway;

/// <summary>What the gateway counts. A request costs it two additions.</summary>
internal sealed class Traffic
{
    /// <summary>Upper ends of the buckets, in seconds.</summary>
    private static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly string[] s_ends =
    [
        .. s_bounds.Select(bound => bound.ToString(CultureInfo.InvariantCulture)),
    ];

    private readonly long[] _codes = new long[600];
    private readonly long[] _buckets = new long[s_bounds.Length + 1];
    private readonly ConcurrentDictionary<(string User, HungUp By), StrongCount> _closed = new();
    private readonly ConcurrentDictionary<string, StrongCount> _stalls = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string User, bool Drift), StrongCount> _pairing = new();
    private long _upstream;
    private long _waiting;

    private sealed class StrongCount
    {
        public long Value;
    }

    public void Answered(int code)
    {
        if ((uint)code < (uint)_codes.Length)
            Interlocked.Increment(ref _codes[code]);
    }

    /// <summary>A server's answer has begun.</summary>
    /// <param name="since">When its request was sent on, as <see cref="Stopwatch.GetTimestamp"/> gives it.</param>
    public void Began(long since)
    {
        var took = Stopwatch.GetElapsedTime(since);
        var bucket = 0;
        while (bucket < s_bounds.Length && took.TotalSeconds > s_bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _upstream, took.Ticks);
    }

    /// <summary>Somebody was told to wait.</summary>
    public void Waits() => Interlocked.Increment(ref _waiting);

    public void Closed(StreamReport report)
    {
        Count(_closed, (report.User, report.First));
        if (report.IsStalled)
            Count(_stalls, report.User);
    }

    public void PairingFailed(string user, bool drift) => Count(_pairing, (user, drift));

    /// <param name="into">Where the samples go.</param>
    /// <param name="open">WebSockets that are open.</param>
    public void Write(MetricWriter into, int open)
    {
        for (var code = 0; code < _codes.Length; code++)
        {
            if (Interlocked.Read(ref _codes[code]) is > 0 and var count)
                into.Sample(
                    "berth_gateway_requests_total",
                    count,
                    ("code", code.ToString(CultureInfo.InvariantCulture))
                );
        }
        var sum = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            sum += Interlocked.Read(ref _buckets[i]);
            into.Sample("berth_gateway_upstream_seconds_bucket", sum, ("le", i < s_ends.Length ? s_ends[i] : "+Inf"));
        }
        into.Sample(
            "berth_gateway_upstream_seconds_sum",
            TimeSpan.FromTicks(Interlocked.Read(ref _upstream)).TotalSeconds
        );
        into.Sample("berth_gateway_upstream_seconds_count", sum);
        into.Sample("berth_gateway_waiting_answers_total", Interlocked.Read(ref _waiting));
        into.Sample("berth_gateway_websockets_open", open);
        foreach (var ((user, by), count) in _closed)
            into.Sample(
                "berth_gateway_websockets_closed_total",
                count.Value,
                ("user", user),
                ("by", by.ToString().ToLowerInvariant())
            );
        foreach (var (user, count) in _stalls)
            into.Sample("berth_gateway_websocket_stalls_total", count.Value, ("user", user));
        foreach (var ((user, drift), count) in _pairing)
            into.Sample(
                "berth_gateway_pairing_failures_total",
                count.Value,
                ("user", user),
                ("drift", drift ? "true" : "false")
            );
    }

    private static void Count<T>(ConcurrentDictionary<T, StrongCount> counts, T key)
        where T : notnull => Interlocked.Increment(ref counts.GetOrAdd(key, static _ => new StrongCount()).Value);
}
