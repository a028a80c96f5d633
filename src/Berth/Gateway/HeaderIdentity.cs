using System.Net.Sockets;
using Berth.Rosters;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>A plain header of the proxy in front. Anybody could send one, so it counts only where nobody else gets in:
/// over a unix socket, whose file's mode says who may connect, or together with a secret.</summary>
internal sealed class HeaderIdentity : IIdentity
{
    private static readonly Identified s_untrusted = Identified.Nobody("the secret of the proxy in front is missing");
    private static readonly Identified s_wrong = Identified.Nobody("the secret of the proxy in front is wrong");
    private static readonly Identified s_open = Identified.Nobody("a plain header counts over a unix socket alone");

    private readonly string _header;
    private readonly string _secretHeader;
    private readonly SharedSecret? _secret;
    private readonly Identified _none;
    private readonly Identified _several;

    /// <param name="gateway">Says the headers' names, and where the gateway listens.</param>
    /// <param name="secret">Null where a unix socket keeps others out.</param>
    /// <exception cref="InvalidDataException">A bare header over TCP.</exception>
    public HeaderIdentity(GatewaySettings gateway, SharedSecret? secret)
    {
        if (secret is null && !gateway.Listen.StartsWith("unix:/", StringComparison.Ordinal))
            throw new InvalidDataException(
                "identity: a plain header over TCP can be sent by anybody who reaches the port: "
                    + "listen on unix:/PATH, or add 'secret-file:', or use kind jwt"
            );
        _header = gateway.Identity.Header!;
        _secretHeader = gateway.Identity.SecretHeader;
        _secret = secret;
        _none = Identified.Nobody($"there is no {_header} header");
        _several = Identified.Nobody($"there is more than one {_header} header");
    }

    public ValueTask<Identified> WhoAsync(HttpContext context) => new(Who(context));

    public void Strip(HttpRequestMessage request)
    {
        Evidence.RemoveHeader(request, _header);
        Evidence.RemoveHeader(request, _secretHeader);
        Evidence.RemoveCookies(request, null);
    }

    private Identified Who(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (_secret is not null)
        {
            var shown = headers[_secretHeader];
            if (shown.Count != 1 || shown[0] is not { Length: > 0 } secret)
                return s_untrusted;
            if (!_secret.Is(secret))
                return s_wrong;
        }
        // The socket that was really handed over counts, not what the configuration says of it.
        else if (context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily is not AddressFamily.Unix)
            return s_open;
        var values = headers[_header];
        return values.Count switch
        {
            0 => _none,
            1 => values[0] is { Length: > 0 } login ? Identified.ByLogin(login) : _none,
            // A proxy that adds its own header without taking away the client's sends two.
            _ => _several,
        };
    }
}
