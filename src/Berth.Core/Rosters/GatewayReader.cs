using System.Net;
using System.Net.Sockets;

namespace Berth.Rosters;

/// <summary>Reads <c>gateway:</c>.</summary>
internal static class GatewayReader
{
    private const string Default = "127.0.0.1:3780";

    /// <summary>Longest path of a unix socket: unix(7), without the zero at its end.</summary>
    private const int LongestSocket = 107;

    public static GatewaySettings Read(Section keys, List<Problem> problems)
    {
        var listen = keys.Text("listen") ?? Default;
        var way = Way(keys, listen);
        var settings = new GatewaySettings(
            listen,
            keys.Has("identity")
                ? IdentityReader.Read(
                    new Section(keys.File, "identity", keys.Value("identity"), RosterKeys.Identity, problems),
                    way.IsUnix
                )
                : IdentitySettings.Link
        )
        {
            Certificate = keys.Text("certificate"),
            Key = keys.Text("key"),
            Proxies = Proxies(keys),
            ProxyProtocol = keys.Flag("proxy-protocol") ?? false,
            Contact = keys.Text("contact"),
            Metrics = keys.Has("metrics")
                ? Metrics(new Section(keys.File, "metrics", keys.Value("metrics"), SignalKeys.Metrics, problems))
                : null,
        };
        Tls(keys);
        if (settings.ProxyProtocol && keys.Lacks("proxies"))
            keys.Report(
                "proxy-protocol",
                "gateway: proxy-protocol without proxies would let anybody say where they come from",
                "add 'proxies:' with the addresses that send it"
            );
        if (way.IsOpen && settings.Identity.Kind is "link" && keys.Lacks("certificate") && keys.Lacks("proxies"))
            keys.Report(
                "listen",
                $"gateway: on {listen} sign-in links and cookies would cross the network in clear text",
                "add 'certificate:' and 'key:', or 'proxies:' with what ends TLS in front, or listen on 127.0.0.1"
            );
        return settings with { Url = Url(keys, settings) };
    }

    /// <returns>Whether it is a unix socket, and whether the network reaches it.</returns>
    private static (bool IsUnix, bool IsOpen) Way(Section keys, string listen)
    {
        const string hint = "write ADDRESS:PORT such as 127.0.0.1:3780, or unix:/run/berth/gateway.sock";
        if (!listen.StartsWith("unix:", StringComparison.Ordinal))
        {
            if (Addresses.EndPoint(listen) is { } address)
                return (false, !IPAddress.IsLoopback(address.Address));
            keys.Report("listen", $"gateway: listen is {Names.Shown(listen)}", hint);
            return (false, false);
        }
        var path = listen["unix:".Length..];
        if (!Addresses.IsUnitPath(path))
            keys.Report("listen", $"gateway: listen is {Names.Shown(listen)}", hint);
        else if (path.Length > LongestSocket)
            keys.Report(
                "listen",
                $"gateway: the path of the socket has {path.Length} characters",
                $"the kernel takes at most {LongestSocket}"
            );
        else
            Addresses.Trusted(keys, "listen", path, "/run");
        return (true, false);
    }

    private static string? Url(Section keys, GatewaySettings settings)
    {
        if (keys.Text("url") is not { } url)
            return null;
        var origin = Addresses.Origin(url);
        if (origin is null)
            keys.Report(
                "url",
                // It may hold a password: not shown.
                "gateway: url is not where a browser may be sent to sign in",
                "write https://NAME or https://NAME:PORT, without a path or a user in it (http is for loopback alone)"
            );
        else if (settings.Certificate is not null && origin.StartsWith("http:", StringComparison.Ordinal))
            keys.Report(
                "url",
                "gateway: url says http, and with 'certificate:' the gateway speaks https",
                "write https"
            );
        return origin;
    }

    private static MetricsSettings Metrics(Section keys)
    {
        var readers = keys.Words("readers") ?? MetricsSettings.UsualReaders;
        foreach (var reader in readers.Where(reader => !Names.IsGroup(reader)))
            keys.Report(
                "readers",
                $"metrics: {Names.Shown(reader)} is no account name",
                "write some such as prometheus"
            );
        Addresses.Trusted(keys, "token-file", keys.Text("token-file"));
        var otlp = keys.Text("otlp");
        if (otlp is not null && !Addresses.IsSecure(otlp))
            keys.Report(
                "otlp",
                // It may hold a password: not shown.
                "metrics: otlp is not where numbers may be sent",
                "write an https URL without a user or password in it (http is for loopback alone)"
            );
        return new MetricsSettings(readers, keys.Text("token-file"), otlp);
    }

    private static void Tls(Section keys)
    {
        foreach (var (one, other) in new[] { ("certificate", "key"), ("key", "certificate") })
        {
            if (keys.Has(one) && keys.Lacks(other))
                keys.Report(one, $"gateway: {one} is there without {other}", $"add '{other}:', or take both out");
        }
        Addresses.Trusted(keys, "certificate", keys.Text("certificate"));
        Addresses.Trusted(keys, "key", keys.Text("key"));
    }

    private static IReadOnlyList<string> Proxies(Section keys)
    {
        var proxies = keys.Words("proxies") ?? [];
        foreach (var proxy in proxies.Where(proxy => !IsProxy(proxy)))
            keys.Report(
                "proxies",
                $"gateway: proxies: {Names.Shown(proxy)} is no address or network",
                Meant(proxy) is { } meant ? $"did you mean '{meant}'?" : "write some such as 10.0.0.7 or 10.0.0.0/24"
            );
        foreach (var proxy in proxies.Where(proxy => IsProxy(proxy) && proxy.EndsWith("/0", StringComparison.Ordinal)))
            keys.Report(
                "proxies",
                $"gateway: proxies: {proxy} is everybody",
                "name the addresses of the proxies in front alone"
            );
        return proxies;
    }

    /// <summary>An address, or a network written by its own first address.</summary>
    private static bool IsProxy(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? Addresses.IsPlain(text)
            : Addresses.IsPlain(text[..slash])
                && text[(slash + 1)..].All(char.IsAsciiDigit)
                && IPNetwork.TryParse(text, out var network)
                && network.BaseAddress.Equals(IPAddress.Parse(text.AsSpan(0, slash)));
    }

    /// <summary>The network that an address with a prefix lies in.</summary>
    private static string? Meant(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (
            slash < 0
            || !Addresses.IsPlain(text[..slash])
            || !IPAddress.TryParse(text.AsSpan(0, slash), out var address)
            || !int.TryParse(text.AsSpan(slash + 1), out var length)
            || length < 1
            || length > (address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128)
        )
            return null;
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return $"{new IPAddress(bytes)}/{length}";
    }
}
