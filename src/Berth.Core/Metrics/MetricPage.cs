using System.Globalization;
using System.Text;

namespace Berth.Metrics;

/// <summary>One line of samples: what it is called, its labels as they stand, and its value.</summary>
/// <param name="Family">What it belongs to.</param>
/// <param name="Name">Its own name.</param>
/// <param name="Labels">Between the braces, without them; empty for none.</param>
/// <param name="Value">The number.</param>
public readonly record struct MetricSample(MetricFamily Family, string Name, string Labels, double Value)
{
    /// <summary>The labels one by one.</summary>
    public IEnumerable<KeyValuePair<string, string>> Pairs()
    {
        var at = 0;
        while (at < Labels.Length)
        {
            var equals = Labels.IndexOf('=', at);
            var name = Labels[at..equals];
            var value = new StringBuilder();
            at = equals + 2;
            for (; Labels[at] != '"'; at++)
            {
                if (Labels[at] == '\\')
                    value.Append(Labels[++at] == 'n' ? '\n' : Labels[at]);
                else
                    value.Append(Labels[at]);
            }
            yield return new KeyValuePair<string, string>(name, value.ToString());
            at += 2;
        }
    }
}

/// <summary>What one source has told: a file that begins with who told it and when, followed by samples. Whoever reads it
/// takes what this version knows, and leaves out the rest.</summary>
/// <param name="Source">Who.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
/// <param name="Samples">In the order they were told.</param>
public sealed record MetricPage(string Source, long At, IReadOnlyList<MetricSample> Samples)
{
    /// <summary>Below it each source has a file of its own; only root writes there.</summary>
    public const string Folder = "/run/berth/metrics";

    /// <summary>What is older tells of nothing that is so now.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private const string Mark = "# berth metrics 1 ";

    /// <summary>Those that write one.</summary>
    public static IReadOnlyList<string> Sources { get; } = ["recorder", "watchdog"];

    public static string Path(string source) => $"{Folder}/{source}.prom";

    /// <summary>The first line.</summary>
    public static string Head(string source, long at) => $"{Mark}{source} {at.ToString(CultureInfo.InvariantCulture)}";

    /// <returns>Null when it is no such file. Lines that are not understood are left out.</returns>
    public static MetricPage? Parse(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0 || !text.StartsWith(Mark, StringComparison.Ordinal))
            return null;
        if (
            text[Mark.Length..end].Split(' ') is not [{ Length: > 0 } source, var moment]
            || !long.TryParse(moment, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        )
            return null;
        var samples = new List<MetricSample>();
        var rest = text.AsSpan(end + 1);
        while (rest.Length > 0)
        {
            var newline = rest.IndexOf('\n');
            // A line without its end was cut off.
            if (newline < 0)
                break;
            if (TryLine(rest[..newline], out var sample))
                samples.Add(sample);
            rest = rest[(newline + 1)..];
        }
        return new MetricPage(source, at, samples);
    }

    public bool IsFresh(long now) => Math.Abs(now - At) <= (long)Fresh.TotalMilliseconds;

    /// <summary>One page of all of them, families together and each with what it is, as Prometheus wants it.</summary>
    public static void Join(MetricWriter into, IEnumerable<MetricSample> samples)
    {
        var all = samples.ToLookup(sample => sample.Family);
        foreach (var family in MetricCatalog.All)
        {
            var any = false;
            foreach (var sample in all[family])
            {
                if (!any)
                    into.Head(family);
                any = true;
                into.Line(
                    sample.Labels.Length == 0
                        ? $"{sample.Name} {Number(sample.Value)}"
                        : $"{sample.Name}{{{sample.Labels}}} {Number(sample.Value)}"
                );
            }
        }
    }

    private static string Number(double value) =>
        double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture)
        : double.IsNaN(value) ? "NaN"
        : value > 0 ? "+Inf"
        : "-Inf";

    private static bool TryLine(ReadOnlySpan<char> line, out MetricSample sample)
    {
        sample = default;
        var nameEnd = line.IndexOfAny('{', ' ');
        if (nameEnd <= 0 || MetricCatalog.Find(line[..nameEnd].ToString()) is not { } family)
            return false;
        var labels = ReadOnlySpan<char>.Empty;
        var rest = line[nameEnd..];
        if (rest[0] == '{')
        {
            var close = LabelsEnd(rest);
            if (close < 0)
                return false;
            labels = rest[1..close];
            rest = rest[(close + 1)..];
        }
        if (
            rest is not [' ', .. var number]
            || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        )
            return false;
        sample = new MetricSample(family, line[..nameEnd].ToString(), labels.ToString(), value);
        return true;
    }

    /// <returns>Where the closing brace is; -1 where names and quoted values do not follow one another.</returns>
    private static int LabelsEnd(ReadOnlySpan<char> text)
    {
        var at = 1;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
                at++;
            if (at == start || at + 1 >= text.Length || text[at] != '=' || text[at + 1] != '"')
                return -1;
            for (at += 2; at < text.Length && text[at] != '"'; at++)
            {
                if (text[at] == '\\')
                    at++;
            }
            if (++at >= text.Length)
                return -1;
            if (text[at] == '}')
                return at;
            if (text[at] != ',')
                return -1;
            at++;
        }
        return -1;
    }
}
