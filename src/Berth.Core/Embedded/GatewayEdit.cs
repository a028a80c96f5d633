using Berth.Rosters;

namespace Berth.Embedded;

/// <summary>What a gateway that runs takes up of an edited <c>gateway:</c>, and what only a new start does.</summary>
public static class GatewayEdit
{
    /// <param name="running">By what it was started; null for none.</param>
    /// <param name="edited">What the roster says now.</param>
    /// <returns>Keys whose new value it does not take up.</returns>
    public static IReadOnlyList<string> Fixed(GatewaySettings? running, GatewaySettings? edited)
    {
        if (running is null && edited is null)
            return [];
        if (running is null || edited is null)
            return ["gateway"];
        (string Key, bool IsSame)[] keys =
        [
            ("listen", running.Listen == edited.Listen),
            ("identity", running.Identity == edited.Identity),
            ("certificate", running.Certificate == edited.Certificate),
            ("key", running.Key == edited.Key),
            ("proxy-protocol", running.ProxyProtocol == edited.ProxyProtocol),
            // A listener that reads PROXY headers knows its peers from the start.
            ("proxies", !running.ProxyProtocol || running.Proxies.SequenceEqual(edited.Proxies)),
            ("metrics", Same(running.Metrics, edited.Metrics)),
        ];
        return [.. keys.Where(key => !key.IsSame).Select(key => key.Key)];
    }

    /// <returns>The edited settings, with those of <see cref="Fixed"/> as they were.</returns>
    public static GatewaySettings? Live(GatewaySettings? running, GatewaySettings? edited) =>
        running is null || edited is null
            ? running
            : running with
            {
                Url = edited.Url,
                Contact = edited.Contact,
                Proxies = running.ProxyProtocol ? running.Proxies : edited.Proxies,
            };

    private static bool Same(MetricsSettings? one, MetricsSettings? other) =>
        one is null || other is null
            ? ReferenceEquals(one, other)
            : one.Readers.SequenceEqual(other.Readers, StringComparer.Ordinal)
                && one.TokenFile == other.TokenFile
                && one.Otlp == other.Otlp;
}
