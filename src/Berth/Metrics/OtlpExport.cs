using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Berth.Metrics;

/// <summary>Sends the numbers on as OpenTelemetry (OTLP) where the standard variables say where to: the same names, labels
/// and values as <c>/metrics</c>.</summary>
internal sealed class OtlpExport : IDisposable
{
    /// <summary>The standard variables of the OpenTelemetry specification; either switches it on.</summary>
    private static readonly string[] s_endpoints =
    [
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ];

    /// <summary>Series of one name: more than 500 people have.</summary>
    private const int MostSeries = 20_000;

    /// <summary>One export asks every instrument in turn: they all tell of the same moment.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(2);

    private readonly Meter _meter = new("berth", BuildInfo.Version);
    private readonly Func<IReadOnlyList<MetricSample>> _samples;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly MeterProvider _provider;
    private ILookup<string, MetricSample> _now = Array.Empty<MetricSample>().ToLookup(sample => sample.Name);
    private long? _at;

    private OtlpExport(Func<IReadOnlyList<MetricSample>> samples, TimeProvider clock)
    {
        (_samples, _clock) = (samples, clock);
        foreach (var family in MetricCatalog.All)
        {
            if (family.Type is MetricType.Histogram)
            {
                foreach (var part in (ReadOnlySpan<string>)["_bucket", "_sum", "_count"])
                    Counter(family.Name + part, family.Help);
            }
            else if (family.Type is MetricType.Counter)
                Counter(family.Name, family.Help);
            else
                _meter.CreateObservableGauge(family.Name, () => Tell(family.Name), null, family.Help);
        }
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(_meter.Name)
            .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = MostSeries })
            .AddOtlpExporter()
            .Build();
    }

    /// <param name="variable">The environment.</param>
    /// <param name="samples">Every number, now.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>Null where no variable says where to.</returns>
    public static OtlpExport? Start(
        Func<string, string?> variable,
        Func<IReadOnlyList<MetricSample>> samples,
        TimeProvider clock
    ) => s_endpoints.Any(name => variable(name) is { Length: > 0 }) ? new OtlpExport(samples, clock) : null;

    /// <summary>Sends what there is at once, and waits for it for at most so many milliseconds.</summary>
    public bool Flush(int milliseconds) => _provider.ForceFlush(milliseconds);

    public void Dispose()
    {
        _provider.Dispose();
        _meter.Dispose();
    }

    private void Counter(string name, string help) =>
        _meter.CreateObservableCounter(name, () => Tell(name), null, help);

    private IEnumerable<Measurement<double>> Tell(string name)
    {
        ILookup<string, MetricSample> now;
        lock (_lock)
        {
            if (_at is null || _clock.GetElapsedTime(_at.Value) > s_moment)
            {
                _now = _samples().ToLookup(sample => sample.Name, StringComparer.Ordinal);
                _at = _clock.GetTimestamp();
            }
            now = _now;
        }
        foreach (var sample in now[name])
            yield return new Measurement<double>(
                sample.Value,
                sample.Pairs().Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value))
            );
    }
}
