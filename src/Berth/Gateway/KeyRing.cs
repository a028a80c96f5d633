using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Berth.Gateway;

/// <summary>One public key that tokens may be signed with.</summary>
/// <param name="KeyId">Its name; null where its publisher gives it none.</param>
/// <param name="Kind"><c>RSA</c>, or its curve.</param>
/// <param name="Algorithm">The one algorithm it is for; null for any that fits its kind.</param>
internal sealed record SigningKey(string? KeyId, string Kind, string? Algorithm, AsymmetricSecurityKey Key);

/// <summary>The keys of one reading of a JWKS, and the tokens that were found right with them. New keys are a new ring:
/// what an old key proved is forgotten with it.</summary>
internal sealed class KeyRing
{
    /// <summary>More are taken for a mistake, and could make each token without a key's name expensive.</summary>
    private const int MostKeys = 100;
    private const int LeastRsaBits = 2048;

    private readonly IReadOnlyList<SigningKey> _keys;

    private KeyRing(IReadOnlyList<SigningKey> keys) => _keys = keys;

    public static KeyRing None { get; } = new([]);

    public bool IsEmpty => _keys.Count == 0;

    public ProofCache<JwtProof> Proven { get; } = new();

    /// <summary>Reads a JWKS. Symmetric keys, keys for encryption, weak and broken ones are passed over: a symmetric
    /// key that is published proves nothing.</summary>
    /// <exception cref="InvalidDataException">It holds no key that could be used.</exception>
    public static KeyRing Parse(string jwks)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(jwks);
        }
        catch (Exception broken) when (broken is ArgumentException or JsonException or FormatException)
        {
            throw new InvalidDataException("is no JSON Web Key Set", broken);
        }
        if (set.Keys.Count > MostKeys)
            throw new InvalidDataException($"holds more than {MostKeys} keys");
        var keys = set.Keys.Select(Usable).OfType<SigningKey>().ToList();
        return keys.Count > 0
            ? new KeyRing(keys)
            : throw new InvalidDataException("holds no RSA or EC key for signatures (2048 bits or P-256 and more)");
    }

    public bool Knows(string keyId) => _keys.Any(key => key.KeyId == keyId);

    /// <summary>The keys that may have signed: of the name that the token gives, or all that fit where it gives none.
    /// </summary>
    public List<SigningKey> For(JwtHeader header) =>
        [
            .. _keys.Where(key =>
                (header.KeyId is null || key.KeyId == header.KeyId) && header.Fits(key.Kind, key.Algorithm)
            ),
        ];

    private static SigningKey? Usable(JsonWebKey key)
    {
        if (key.Use is not (null or "" or "sig") || (key.KeyOps.Count > 0 && !key.KeyOps.Contains("verify")))
            return null;
        try
        {
            return key.Kty switch
            {
                "RSA" => Rsa(key),
                "EC" => Ec(key),
                _ => null,
            };
        }
        catch (Exception broken) when (broken is FormatException or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static SigningKey? Rsa(JsonWebKey key)
    {
        var numbers = new RSAParameters
        {
            Modulus = Base64UrlEncoder.DecodeBytes(key.N),
            Exponent = Base64UrlEncoder.DecodeBytes(key.E),
        };
        var rsa = RSA.Create(numbers);
        return rsa.KeySize >= LeastRsaBits ? Of(key, "RSA", new RsaSecurityKey(rsa)) : null;
    }

    private static SigningKey? Ec(JsonWebKey key)
    {
        var curve = key.Crv switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => (ECCurve?)null,
        };
        if (curve is not { } known)
            return null;
        var point = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) };
        var ec = ECDsa.Create(new ECParameters { Curve = known, Q = point });
        return Of(key, key.Crv, new ECDsaSecurityKey(ec));
    }

    private static SigningKey Of(JsonWebKey from, string kind, AsymmetricSecurityKey key)
    {
        // A process-wide cache of verifiers would outlive the ring.
        key.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        return new SigningKey(
            from.Kid is { Length: > 0 } name ? name : null,
            kind,
            from.Alg is { Length: > 0 } algorithm ? algorithm : null,
            key
        );
    }
}

/// <summary>What a token was found to prove.</summary>
internal sealed record JwtProof(Identified Who, DateTimeOffset Until);
