using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Berth.Gateway;

/// <summary>A header with a token that the proxy in front, or the provider behind it, has signed. It may come from
/// anywhere: nobody can make one without the issuer's private key.</summary>
internal sealed class JwtIdentity(IdentitySettings settings, SigningKeys keys, TimeProvider clock) : IIdentity
{
    private static readonly JsonWebTokenHandler s_tokens = new() { MaximumTokenSizeInBytes = JwtHeader.LongestToken };
    private static readonly Identified s_expired = Identified.Nobody("the token has expired");

    private readonly string _header = settings.Header!;
    private readonly Identified _none = Identified.Nobody($"there is no {settings.Header} header");
    private readonly Identified _several = Identified.Nobody($"there is more than one {settings.Header} header");

    public ValueTask<Identified> WhoAsync(HttpContext context)
    {
        var values = context.Request.Headers[_header];
        if (values.Count != 1 || values[0] is not { Length: > 0 } token)
            return new ValueTask<Identified>(values.Count > 1 ? _several : _none);
        var ring = keys.Current;
        return ring.Proven.TryGet(token, out var proof)
            ? new ValueTask<Identified>(clock.GetUtcNow() < proof.Until ? proof.Who : s_expired)
            : new ValueTask<Identified>(ProveAsync(token, ring, context.RequestAborted));
    }

    public void Strip(HttpRequestMessage request)
    {
        var token = request.Headers.NonValidated.TryGetValues(_header, out var sent) ? sent.ToString() : null;
        Evidence.RemoveHeader(request, _header);
        // Cloudflare sends the same token as a cookie too.
        Evidence.RemoveCookies(request, token);
    }

    private async Task<Identified> ProveAsync(string token, KeyRing ring, CancellationToken stop)
    {
        var (header, reason) = JwtHeader.Read(token);
        if (header is null)
            return Identified.Nobody(reason);
        if (ring.IsEmpty || (header.KeyId is { } name && !ring.Knows(name)))
            ring = await keys.NewerAsync(ring, stop);
        var fitting = ring.For(header);
        if (fitting.Count == 0)
            return Identified.Nobody(
                ring.IsEmpty
                    ? "the keys that tokens are signed with could not be read yet"
                    : "the token is not signed with a key of its issuer"
            );
        var result = await s_tokens.ValidateTokenAsync(token, Parameters(header, fitting));
        if (!result.IsValid)
            return Identified.Nobody(
                result.Exception switch
                {
                    SecurityTokenInvalidIssuerException => "the token is from another issuer",
                    SecurityTokenInvalidAudienceException => "the token is for another application",
                    _ => "the token's signature is wrong",
                }
            );
        var (claims, missing) = JwtClaims.Read(token, settings, clock.GetUtcNow());
        if (claims is null)
            return Identified.Nobody(missing);
        var who = Identified.ByLogin(claims.Login);
        ring.Proven.Add(token, new JwtProof(who, claims.Until));
        return who;
    }

    private TokenValidationParameters Parameters(JwtHeader header, List<SigningKey> fitting) =>
        new()
        {
            IssuerSigningKeyResolver = (_, _, _, _) => fitting.Select(key => key.Key),
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [header.Algorithm],
            ValidIssuer = settings.Issuer,
            ValidAudience = settings.Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            // By the clock that is passed in, and with what the claims are read from (JwtClaims).
            ValidateLifetime = false,
        };
}
