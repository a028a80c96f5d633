using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Berth.Gateway;

/// <summary>An identity provider with keys of its own, made for this run.</summary>
internal sealed class TestIssuer
{
    public const string Name = "https://id.example/";
    public const string Audience = "berth";

    // Making a key takes a while; which one it is makes no difference between tests.
    private static readonly RSA s_rsa = RSA.Create(2048);
    private static readonly RSA s_other = RSA.Create(2048);
    private static readonly ECDsa s_p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa s_p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private static readonly ECDsa s_p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);

    private readonly Dictionary<string, JsonObject> _published = new(StringComparer.Ordinal);

    /// <summary>Publishes one key of each kind, named after it.</summary>
    public TestIssuer()
    {
        Publish("rsa", Jwk(s_rsa));
        Publish("p256", Jwk(s_p256, "P-256"));
        Publish("p384", Jwk(s_p384, "P-384"));
        Publish("p521", Jwk(s_p521, "P-521"));
    }

    public static JsonObject OtherRsa => Jwk(s_other);

    /// <summary>What a careless reader of the public key takes for a shared secret.</summary>
    public static byte[] RsaPublicPem => Encoding.ASCII.GetBytes(s_rsa.ExportSubjectPublicKeyInfoPem());

    public IReadOnlyCollection<string> KeyIds => _published.Keys;

    public void Publish(string keyId, JsonObject jwk)
    {
        jwk["kid"] = keyId;
        _published[keyId] = jwk;
    }

    public void Withdraw(string keyId) => _published.Remove(keyId);

    public string Jwks() =>
        new JsonObject
        {
            ["keys"] = new JsonArray([.. _published.Values.Select(key => key.DeepClone())]),
        }.ToJsonString();

    public static JsonObject Claims(DateTimeOffset now, string login = "alice@example.com") =>
        new()
        {
            ["iss"] = Name,
            ["aud"] = Audience,
            ["email"] = login,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };

    /// <summary>A token signed as its header says, with the issuer's key of that kind.</summary>
    public static string Token(JsonObject claims, string algorithm = "RS256", string? keyId = "rsa") =>
        Token(Header(algorithm, keyId), claims.ToJsonString());

    public static string Header(string algorithm, string? keyId) =>
        keyId is null
            ? $$"""{"alg":"{{algorithm}}","typ":"JWT"}"""
            : $$"""{"alg":"{{algorithm}}","kid":"{{keyId}}","typ":"JWT"}""";

    /// <param name="header">JSON as it goes out.</param>
    /// <param name="payload">JSON as it goes out.</param>
    /// <param name="signWith">What the signature is really made with; null for what the header says.</param>
    public static string Token(string header, string payload, string? signWith = null)
    {
        var signed = $"{Encoded(header)}.{Encoded(payload)}";
        var algorithm = signWith ?? (string)JsonNode.Parse(header)!["alg"]!;
        return $"{signed}.{Base64Url.EncodeToString(Signature(algorithm, Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static HashAlgorithmName Hash(string algorithm) =>
        algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };

    private static byte[] Signature(string algorithm, byte[] data) =>
        algorithm[..2] switch
        {
            "RS" => s_rsa.SignData(data, Hash(algorithm), RSASignaturePadding.Pkcs1),
            "PS" => s_rsa.SignData(data, Hash(algorithm), RSASignaturePadding.Pss),
            "ES" => (
                algorithm switch
                {
                    "ES384" => s_p384,
                    "ES512" => s_p521,
                    _ => s_p256,
                }
            ).SignData(data, Hash(algorithm)),
            "HS" => HMACSHA256.HashData(RsaPublicPem, data),
            "OT" => s_other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => [],
        };

    private static JsonObject Jwk(RSA rsa)
    {
        var numbers = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["n"] = Base64Url.EncodeToString(numbers.Modulus),
            ["e"] = Base64Url.EncodeToString(numbers.Exponent),
        };
    }

    private static JsonObject Jwk(ECDsa ec, string curve)
    {
        var point = ec.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = curve,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    /// <summary>The control: verifies as a library does that goes by what the token says of itself: its algorithm, any
    /// key that happens to fit, no claim looked at.</summary>
    public static bool TrustingReaderAccepts(string token)
    {
        var parts = token.Split('.');
        var data = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var header = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0]));
        var algorithm = (string)JsonNode.Parse(header)!["alg"]!;
        return algorithm.ToUpperInvariant()[..2] switch
        {
            "NO" => true,
            "HS" => HMACSHA256.HashData(RsaPublicPem, data).AsSpan().SequenceEqual(signature),
            "RS" => s_rsa.VerifyData(data, signature, Hash(algorithm), RSASignaturePadding.Pkcs1)
                || s_other.VerifyData(data, signature, Hash(algorithm), RSASignaturePadding.Pkcs1),
            "PS" => s_rsa.VerifyData(data, signature, Hash(algorithm), RSASignaturePadding.Pss),
            "ES" => ((ECDsa[])[s_p256, s_p384, s_p521]).Any(key => key.VerifyData(data, signature, Hash(algorithm))),
            _ => false,
        };
    }
}
