using System.Net;
using System.Net.Sockets;

namespace Berth.Rosters;

/// <summary>Addresses, origins and paths as a roster may write them.</summary>
internal static class Addresses
{
    private static readonly string[] s_peoples = ["/home/", "/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/"];

    /// <summary>A plain address: IPAddress.TryParse alone would also take 1, 0x7f.1, 010.0.0.1, [::1] and
    /// fe80::1%eth0.</summary>
    public static bool IsPlain(string text) =>
        IPAddress.TryParse(text, out var address)
        && (
            address.AddressFamily is AddressFamily.InterNetworkV6
                ? text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
                : address.ToString() == text
        );

    /// <summary><c>ADDRESS:PORT</c>, an IPv6 address in brackets; null for anything else.</summary>
    public static IPEndPoint? EndPoint(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !IPEndPoint.TryParse(text, out var end) || end.Port == 0)
            return null;
        var host = text[..colon];
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return IsPlain(bare) && bare.Contains(':') == (bare != host) ? end : null;
    }

    /// <summary>Something that may be asked over a network: https, or http on loopback.</summary>
    public static bool IsSecure(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && uri.Host.Length > 0
        && (uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback));

    /// <summary>The origin that a browser names for a URL without a path: lower case, no default port, an
    /// international name in its xn-- form. Null where it is not one, or not <see cref="IsSecure"/>.</summary>
    public static string? Origin(string url)
    {
        if (!IsSecure(url))
            return null;
        var uri = new Uri(url);
        if (uri.PathAndQuery is not "/" || uri.Fragment.Length > 0)
            return null;
        var host = uri.HostNameType is UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        return uri.IsDefaultPort ? $"{uri.Scheme}://{host}" : $"{uri.Scheme}://{host}:{uri.Port}";
    }

    public static void Absolute(Section keys, string key, string? path)
    {
        if (path is not null && !path.StartsWith('/'))
            keys.Report(key, $"{keys.Name}: {key} {Names.Shown(path)} is no absolute path", "start it with /");
    }

    /// <summary>A file that root reads, or hands on: absolute, and not where people may put another in its place.
    /// </summary>
    public static void Trusted(Section keys, string key, string? path, string better = "/etc")
    {
        Absolute(keys, key, path);
        if (
            path is not null
            && s_peoples.FirstOrDefault(below => path.StartsWith(below, StringComparison.Ordinal)) is { } folder
        )
            keys.Report(
                key,
                $"{keys.Name}: {key} {Names.Shown(path)} is below {folder}, where people may put another file in its place",
                $"move it below {better}"
            );
    }

    /// <summary>An absolute path that a unit file can hold as it stands: nothing in it is a specifier or a quote, and
    /// it names one place.</summary>
    public static bool IsUnitPath(string path) =>
        path.StartsWith('/')
        && path.Length > 1
        && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')
        && path[1..].Split('/').All(part => part is not ("" or "." or ".."));
}
