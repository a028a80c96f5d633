using System.Net;

namespace Berth.Gateway;

/// <summary>Whose word about a request's way is believed: the proxies in front that the roster lists. Who comes over a
/// unix socket has no address and is believed: the socket's mode says who may come.</summary>
public sealed class Peers
{
    private readonly IPNetwork[] _networks;

    private Peers(IPNetwork[] networks) => _networks = networks;

    /// <param name="proxies">Addresses or networks (CIDR).</param>
    /// <exception cref="InvalidDataException">One of them is neither.</exception>
    public static Peers Of(IReadOnlyList<string> proxies) => new([.. proxies.Select(Network)]);

    public bool Trusts(IPAddress? peer)
    {
        if (peer is null)
            return true;
        if (_networks.Length == 0)
            return false;
        var plain = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        foreach (var network in _networks)
            if (network.Contains(plain))
                return true;
        return false;
    }

    /// <summary>The client's own address: read from the nearest proxy outwards, the first address that no trusted proxy
    /// vouches for.</summary>
    /// <param name="peer">Who connected; null over a unix socket.</param>
    /// <param name="forwardedFor">X-Forwarded-For as it came; null when absent.</param>
    public IPAddress? Client(IPAddress? peer, string? forwardedFor)
    {
        if (forwardedFor is null || !Trusts(peer))
            return peer;
        var client = peer;
        var rest = forwardedFor.AsSpan();
        while (rest.Length > 0)
        {
            var comma = rest.LastIndexOf(',');
            if (!TryAddress(rest[(comma + 1)..].Trim(), out var hop))
                return client;
            client = hop;
            if (!Trusts(hop))
                return client;
            rest = comma < 0 ? default : rest[..comma];
        }
        return client;
    }

    /// <summary>What the nearest proxy says in a header that each proxy may add to; null when it is absent or the peer
    /// is not believed.</summary>
    public string? Said(IPAddress? peer, string? values)
    {
        if (string.IsNullOrEmpty(values) || !Trusts(peer))
            return null;
        var comma = values.LastIndexOf(',');
        return comma < 0 ? values : values[(comma + 1)..].Trim();
    }

    private static bool TryAddress(ReadOnlySpan<char> text, out IPAddress address)
    {
        // Some proxies write a port, and brackets around IPv6.
        if (text.Length > 0 && text[0] == '[' && text.IndexOf(']') is > 0 and var end)
            text = text[1..end];
        else if (text.Count(':') == 1)
            text = text[..text.IndexOf(':')];
        return IPAddress.TryParse(text, out address!);
    }

    private static IPNetwork Network(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
            return network;
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        throw new InvalidDataException($"'{text}' under 'proxies:' is neither an address nor a network (CIDR)");
    }
}
