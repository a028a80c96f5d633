using System.Net;

namespace Berth.Gateway;

/// <summary>Where the gateway listens: an address with a port, or a unix socket.</summary>
/// <param name="Tcp">Address and port; null for a unix socket.</param>
/// <param name="Path">The socket's path; null for TCP.</param>
public sealed record ListenAddress(IPEndPoint? Tcp, string? Path)
{
    private const string Unix = "unix:";

    /// <param name="text">As the roster says it: <c>127.0.0.1:3780</c>, <c>[::1]:3780</c>, <c>localhost:3780</c>,
    /// <c>*:3780</c> or <c>unix:/path</c>.</param>
    /// <exception cref="InvalidDataException">It is none of these.</exception>
    public static ListenAddress Parse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length)
            return new ListenAddress(null, text[Unix.Length..]);
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var plain = host switch
        {
            "localhost" => "127.0.0.1",
            "*" or "" => "0.0.0.0",
            _ => host,
        };
        if (colon >= 0 && IPEndPoint.TryParse($"{plain}:{text[(colon + 1)..]}", out var endpoint))
            return new ListenAddress(endpoint, null);
        throw new InvalidDataException($"'listen: {text}' is neither ADDRESS:PORT nor unix:/PATH");
    }
}
