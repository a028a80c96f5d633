using System.Text;
using System.Text.Json.Nodes;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Forged and borrowed tokens. The control of each is a reader that goes by what a token says of itself, or
/// the same token without the one thing that is wrong with it.</summary>
public sealed class JwtIdentityTests
{
    private const string Header = "X-authentik-jwt";

    private readonly StillClock _clock = new();
    private readonly TestIssuer _issuer = new();
    private readonly List<string> _said = [];
    private int _readings;

    private static IdentitySettings Settings { get; } =
        new("jwt", Header, "/etc/berth/jwks.json", TestIssuer.Name, TestIssuer.Audience, null);

    private JsonObject Claims => TestIssuer.Claims(_clock.Now);

    [Theory]
    [InlineData("RS256", "rsa")]
    [InlineData("RS384", "rsa")]
    [InlineData("RS512", "rsa")]
    [InlineData("PS256", "rsa")]
    [InlineData("PS384", "rsa")]
    [InlineData("PS512", "rsa")]
    [InlineData("ES256", "p256")]
    [InlineData("ES384", "p384")]
    [InlineData("ES512", "p521")]
    [InlineData("RS256", null)]
    [InlineData("ES256", null)]
    public async Task A_token_of_the_issuer_says_who_it_is(string algorithm, string? keyId)
    {
        var identity = await IdentityAsync();
        var token = TestIssuer.Token(Claims, algorithm, keyId);
        Assert.Equal("alice@example.com", (await WhoAsync(identity, token)).Login);
        // The second time it is known.
        Assert.Equal("alice@example.com", (await WhoAsync(identity, token)).Login);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    public async Task A_token_without_a_signature_proves_nothing(string none)
    {
        var token = TestIssuer.Token(TestIssuer.Header(none, "rsa"), Claims.ToJsonString(), "none");
        await RefusedAsync(token, "not signed with a private key");
        await RefusedAsync(TestIssuer.Token(TestIssuer.Header(none, null), Claims.ToJsonString(), "none"));
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Fact]
    public async Task A_token_of_a_key_type_without_its_signature_proves_nothing()
    {
        var token = TestIssuer.Token(Claims);
        await RefusedAsync(token[..(token.LastIndexOf('.') + 1)], "signature is wrong");
    }

    [Fact]
    public async Task The_public_key_is_no_shared_secret()
    {
        var token = TestIssuer.Token(Claims, "HS256");
        await RefusedAsync(token, "not signed with a private key");
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Fact]
    public async Task A_symmetric_key_in_the_JWKS_is_passed_over()
    {
        _issuer.Publish(
            "shared",
            new JsonObject
            {
                ["kty"] = "oct",
                ["alg"] = "HS256",
                ["k"] = System.Buffers.Text.Base64Url.EncodeToString(TestIssuer.RsaPublicPem),
            }
        );
        await RefusedAsync(TestIssuer.Token(Claims, "HS256", "shared"));
        var onlySymmetric = new TestIssuer();
        foreach (var name in onlySymmetric.KeyIds.ToList())
            onlySymmetric.Withdraw(name);
        onlySymmetric.Publish("shared", new JsonObject { ["kty"] = "oct", ["k"] = "c2VjcmV0" });
        Assert.Throws<InvalidDataException>(() => KeyRing.Parse(onlySymmetric.Jwks()));
    }

    [Fact]
    public async Task A_forged_signature_is_refused()
    {
        var token = TestIssuer.Token(Claims);
        var parts = token.Split('.');
        var mallory = TestIssuer.Claims(_clock.Now, "root@example.com").ToJsonString();
        await RefusedAsync($"{parts[0]}.{TestIssuer.Encoded(mallory)}.{parts[2]}", "signature is wrong");
        await RefusedAsync(TestIssuer.Token(TestIssuer.Header("RS256", "rsa"), Claims.ToJsonString(), "OTHER"));
        Assert.Equal("alice@example.com", (await WhoAsync(await IdentityAsync(), token)).Login);
    }

    [Fact]
    public async Task A_key_that_is_not_published_is_unknown_and_asked_for_once()
    {
        var token = TestIssuer.Token(TestIssuer.Header("RS256", "made-up"), Claims.ToJsonString(), "OTHER");
        var identity = await IdentityAsync();
        Assert.Equal(1, _readings);
        _clock.Now += TimeSpan.FromMinutes(1);
        for (var attempt = 0; attempt < 20; attempt++)
            Assert.Contains("not signed with a key of its issuer", (await WhoAsync(identity, token)).Reason);
        Assert.Equal(2, _readings);
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Fact]
    public async Task The_name_of_another_key_is_not_a_way_around()
    {
        _issuer.Publish("next", TestIssuer.OtherRsa);
        // Signed with a key of the issuer's, under the name of another one.
        var token = TestIssuer.Token(Claims, "RS256", "next");
        await RefusedAsync(token, "signature is wrong");
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Theory]
    [InlineData("RS256", "p256")]
    [InlineData("ES256", "rsa")]
    [InlineData("ES256", "p384")]
    [InlineData("ES384", "p256")]
    public async Task An_algorithm_of_another_type_of_key_is_refused(string algorithm, string keyId)
    {
        var token = TestIssuer.Token(Claims, algorithm, keyId);
        await RefusedAsync(token, "not signed with a key of its issuer");
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Fact]
    public async Task A_key_for_one_algorithm_is_not_used_for_another()
    {
        var token = TestIssuer.Token(Claims, "PS256");
        Assert.True((await WhoAsync(await IdentityAsync(), token)).IsProven);
        var issuer = JsonNode.Parse(_issuer.Jwks())!;
        foreach (var key in issuer["keys"]!.AsArray().Where(key => (string)key!["kid"]! == "rsa"))
            key!["alg"] = "RS256";
        Assert.Empty(KeyRing.Parse(issuer.ToJsonString()).For(new JwtHeader("PS256", "rsa")));
        Assert.Single(KeyRing.Parse(issuer.ToJsonString()).For(new JwtHeader("RS256", "rsa")));
    }

    [Theory]
    [InlineData("iss", "\"https://evil.example/\"", "another issuer")]
    [InlineData("iss", "\"https://id.example\"", "another issuer")]
    [InlineData("iss", null, "another issuer")]
    [InlineData("aud", "\"another-application\"", "another application")]
    [InlineData("aud", "[\"a\",\"b\"]", "another application")]
    [InlineData("aud", "\"berth/\"", "another application")]
    [InlineData("aud", "\"BERTH\"", "another application")]
    [InlineData("aud", null, "another application")]
    [InlineData("exp", null, "does not say when it ends")]
    [InlineData("exp", "\"4000000000\"", "")]
    [InlineData("exp", "1e400", "")]
    [InlineData("nbf", "\"0\"", "")]
    [InlineData("email", null, "has no email")]
    [InlineData("email", "\"\"", "has no email")]
    [InlineData("email", "[\"alice@example.com\"]", "has no email")]
    [InlineData("email_verified", "false", "never verified")]
    [InlineData("email_verified", "\"false\"", "never verified")]
    [InlineData("email_verified", "null", "never verified")]
    public async Task A_signed_token_with_a_wrong_claim_proves_nothing(string claim, string? value, string reason)
    {
        var claims = Claims;
        claims.Remove(claim);
        var text = claims.ToJsonString();
        if (value is not null)
            text = $"{text[..^1]},\"{claim}\":{value}}}";
        var token = TestIssuer.Token(TestIssuer.Header("RS256", "rsa"), text);
        await RefusedAsync(token, reason);
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Theory]
    [InlineData("aud", "[\"other\",\"berth\"]")]
    [InlineData("email_verified", "true")]
    [InlineData("email_verified", "\"true\"")]
    public async Task A_claim_that_is_right_in_another_way_is_accepted(string claim, string value)
    {
        var claims = Claims;
        claims[claim] = JsonNode.Parse(value);
        Assert.True((await WhoAsync(await IdentityAsync(), TestIssuer.Token(claims))).IsProven);
    }

    [Fact]
    public async Task A_token_counts_from_its_beginning_to_its_end_and_the_clocks_difference()
    {
        var claims = Claims;
        claims["nbf"] = _clock.Now.AddSeconds(61).ToUnixTimeSeconds();
        var token = TestIssuer.Token(claims);
        var identity = await IdentityAsync();
        Assert.Contains("not valid yet", (await WhoAsync(identity, token)).Reason);
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.True((await WhoAsync(identity, token)).IsProven);
        _clock.Now = DateTimeOffset.FromUnixTimeSeconds((long)claims["exp"]!).AddSeconds(59);
        Assert.True((await WhoAsync(identity, token)).IsProven);
        // The kept proof ends with the token, and so does one that is looked at anew.
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Contains("expired", (await WhoAsync(identity, token)).Reason);
        Assert.Contains("expired", (await WhoAsync(await IdentityAsync(), token)).Reason);
    }

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"RS256","kid":"rsa","b64":false}""")]
    [InlineData("""{"alg":"RS256","kid":"rsa","alg":"none"}""")]
    [InlineData("""{"alg":"none","kid":"rsa","alg":"RS256"}""")]
    [InlineData("""{"alg":["RS256"],"kid":"rsa"}""")]
    [InlineData("""{"alg":"RS256","kid":7}""")]
    [InlineData("""{"kid":"rsa"}""")]
    [InlineData("""["RS256"]""")]
    [InlineData("{")]
    public async Task A_header_that_could_be_read_in_two_ways_is_refused(string header) =>
        await RefusedAsync(TestIssuer.Token(header, Claims.ToJsonString(), "RS256"));

    [Fact]
    public async Task A_claim_that_stands_twice_is_refused()
    {
        var text = Claims.ToJsonString();
        await RefusedAsync(
            TestIssuer.Token(TestIssuer.Header("RS256", "rsa"), $"{text[..^1]},\"email\":\"root@example.com\"}}")
        );
    }

    [Fact]
    public async Task A_token_that_brings_its_own_key_is_refused()
    {
        var header =
            $$"""{"alg":"RS256","kid":"mine","jwk":{{TestIssuer.OtherRsa.ToJsonString()}},"jku":"https://evil.example/"}""";
        var token = TestIssuer.Token(header, Claims.ToJsonString(), "OTHER");
        await RefusedAsync(token, "not signed with a key of its issuer");
        Assert.True(TestIssuer.TrustingReaderAccepts(token));
    }

    [Fact]
    public async Task Two_headers_are_as_good_as_none()
    {
        var token = TestIssuer.Token(Claims);
        var context = new DefaultHttpContext();
        context.Request.Headers[Header] = new([token, token]);
        Assert.Contains("more than one", (await (await IdentityAsync()).WhoAsync(context)).Reason);
        // Joined on the way, as some proxies do.
        await RefusedAsync($"{token},{token}");
        await RefusedAsync($"{token} ");
        await RefusedAsync($"Bearer {token}");
    }

    [Fact]
    public async Task Without_the_header_nobody_is_proven()
    {
        Assert.Contains(
            "no X-authentik-jwt",
            (await (await IdentityAsync()).WhoAsync(new DefaultHttpContext())).Reason
        );
        await RefusedAsync("");
    }

    [Fact]
    public async Task A_token_of_any_length_is_not_looked_at()
    {
        var claims = Claims;
        claims["groups"] = new string('x', JwtHeader.LongestToken);
        await RefusedAsync(TestIssuer.Token(claims), "too long");
        await RefusedAsync(new string('.', JwtHeader.LongestToken));
        claims["groups"] = new string('x', 9_000);
        Assert.True((await WhoAsync(await IdentityAsync(), TestIssuer.Token(claims))).IsProven);
    }

    [Fact]
    public async Task No_reason_repeats_the_token()
    {
        var claims = Claims;
        claims["iss"] = "https://evil.example/";
        foreach (var token in new[] { TestIssuer.Token(claims), TestIssuer.Token(Claims, "HS256"), "a.b.c" })
        {
            var who = await WhoAsync(await IdentityAsync(), token);
            Assert.All(token.Split('.'), part => Assert.DoesNotContain(part + ".", who.Reason));
            Assert.DoesNotContain("evil", who.Reason);
        }
    }

    [Fact]
    public async Task A_server_never_sees_the_token()
    {
        var token = TestIssuer.Token(Claims);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1/");
        request.Headers.TryAddWithoutValidation(Header.ToUpperInvariant(), token);
        request.Headers.TryAddWithoutValidation("Cookie", $"a=1; CF_Authorization={token}; other={token}; b=\"2\";c");
        request.Headers.TryAddWithoutValidation("Accept", "text/html");
        Assert.Contains(token, request.ToString(), StringComparison.Ordinal);
        (await IdentityAsync()).Strip(request);
        Assert.DoesNotContain(token, request.ToString(), StringComparison.Ordinal);
        Assert.Equal("a=1; b=\"2\";c", request.Headers.NonValidated["Cookie"].ToString());
        Assert.Equal("text/html", request.Headers.NonValidated["Accept"].ToString());
    }

    private async Task<JwtIdentity> IdentityAsync()
    {
        var keys = new SigningKeys("jwks.json", Read, TimeSpan.FromSeconds(30), _clock, _said.Add);
        await keys.RefreshAsync(TestContext.Current.CancellationToken);
        return new JwtIdentity(Settings, keys, _clock);
    }

    private Task<string?> Read(CancellationToken stop)
    {
        Interlocked.Increment(ref _readings);
        return Task.FromResult<string?>(_issuer.Jwks());
    }

    private async Task RefusedAsync(string token, string reason = "")
    {
        var who = await WhoAsync(await IdentityAsync(), token);
        Assert.False(who.IsProven, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(token)));
        Assert.Contains(reason, who.Reason, StringComparison.Ordinal);
        Assert.NotEqual("", who.Reason);
    }

    private static ValueTask<Identified> WhoAsync(JwtIdentity identity, string token)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers[Header] = token;
        return identity.WhoAsync(context);
    }
}
