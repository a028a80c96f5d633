using System.Net;
using System.Text.Json.Nodes;
using Berth.Rosters;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Where keys come from, how they change, and what happens while they cannot be read.</summary>
public sealed class SigningKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StillClock _clock = new();
    private readonly TestIssuer _issuer = new();
    private readonly List<string> _said = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_key_is_found_with_its_first_token()
    {
        var readings = 0;
        var keys = Keys(_ =>
        {
            readings++;
            return Task.FromResult<string?>(_issuer.Jwks());
        });
        _issuer.Withdraw("p256");
        await keys.RefreshAsync(Stop);
        var old = keys.Current;
        _issuer.Publish("p256-next", Key("p256"));
        _clock.Now += TimeSpan.FromMinutes(1);
        var token = TestIssuer.Token(TestIssuer.Claims(_clock.Now), "ES256", "p256-next");
        Assert.True((await WhoAsync(keys, token)).IsProven);
        Assert.Equal(2, readings);
        Assert.NotSame(old, keys.Current);
        Assert.True(keys.Current.Knows("p256-next"));
    }

    [Fact]
    public async Task What_a_withdrawn_key_proved_is_forgotten_with_it()
    {
        var keys = Keys(_ => Task.FromResult<string?>(_issuer.Jwks()));
        await keys.RefreshAsync(Stop);
        var token = TestIssuer.Token(TestIssuer.Claims(_clock.Now));
        Assert.True((await WhoAsync(keys, token)).IsProven);
        _issuer.Withdraw("rsa");
        // The control: as long as the keys stay, so does what they proved.
        Assert.True((await WhoAsync(keys, token)).IsProven);
        await keys.RefreshAsync(Stop);
        Assert.Contains("not signed with a key", (await WhoAsync(keys, token)).Reason);
    }

    [Fact]
    public async Task The_same_text_again_leaves_what_is_known()
    {
        var keys = Keys(_ => Task.FromResult<string?>(_issuer.Jwks()));
        await keys.RefreshAsync(Stop);
        var ring = keys.Current;
        await keys.RefreshAsync(Stop);
        Assert.Same(ring, keys.Current);
    }

    [Fact]
    public async Task An_issuer_that_is_away_or_talks_nonsense_takes_no_key_away()
    {
        Func<Task<string?>> answer = () => Task.FromResult<string?>(_issuer.Jwks());
        var keys = Keys(_ => answer());
        await keys.RefreshAsync(Stop);
        var ring = keys.Current;
        Func<Task<string?>>[] faults =
        [
            () => throw new HttpRequestException("answered 503"),
            () => throw new IOException("there is no such file"),
            () => throw new TaskCanceledException(),
            () => Task.FromResult<string?>("<html>"),
            () => Task.FromResult<string?>(""),
            () => Task.FromResult<string?>("null"),
            () => Task.FromResult<string?>("[]"),
            () => Task.FromResult<string?>("""{"keys":[]}"""),
            () => Task.FromResult<string?>("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"""),
            () => Task.FromResult<string?>("""{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]}"""),
            () => Task.FromResult<string?>("""{"keys":[{"kty":"RSA"},{"kty":"EC"},{}]}"""),
        ];
        foreach (var fault in faults)
        {
            answer = fault;
            await keys.RefreshAsync(Stop);
            Assert.Same(ring, keys.Current);
        }
        // One line for as long as it lasts, and one when it is over.
        Assert.Single(_said, line => line.Contains("keys from before stay", StringComparison.Ordinal));
        answer = () => Task.FromResult<string?>(_issuer.Jwks());
        await keys.RefreshAsync(Stop);
        Assert.Equal(2, _said.Count);
    }

    [Fact]
    public async Task Before_the_first_keys_nobody_is_let_in_and_then_everybody_is()
    {
        Func<Task<string?>> answer = () => throw new HttpRequestException("answered 503");
        var keys = Keys(_ => answer());
        await keys.RefreshAsync(Stop);
        var token = TestIssuer.Token(TestIssuer.Claims(_clock.Now));
        Assert.Contains("could not be read yet", (await WhoAsync(keys, token)).Reason);
        Assert.Contains("nobody can be let in", Assert.Single(_said));
        answer = () => Task.FromResult<string?>(_issuer.Jwks());
        _clock.Now += TimeSpan.FromSeconds(31);
        Assert.True((await WhoAsync(keys, token)).IsProven);
    }

    [Fact]
    public async Task Many_requests_with_a_new_key_ask_once()
    {
        var readings = 0;
        var gate = new TaskCompletionSource<string?>();
        var keys = Keys(_ =>
        {
            Interlocked.Increment(ref readings);
            return gate.Task;
        });
        var token = TestIssuer.Token(TestIssuer.Claims(_clock.Now));
        var asking = Enumerable.Range(0, 50).Select(_ => WhoAsync(keys, token).AsTask()).ToList();
        gate.SetResult(_issuer.Jwks());
        Assert.All(await Task.WhenAll(asking), who => Assert.True(who.IsProven));
        Assert.Equal(1, readings);
    }

    [Fact]
    public void A_file_is_read_again_when_it_has_changed_and_a_link_to_it_when_what_it_points_to_has()
    {
        var path = _folder.Write("jwks.json", "one");
        var link = Path.Join(_folder.Path, "link");
        File.CreateSymbolicLink(link, path);
        var file = new FollowedFile(path, 1 << 10);
        var linked = new FollowedFile(link, 1 << 10);
        Assert.Equal(
            ["one", "one", null, null],
            [file.IfChanged(), linked.IfChanged(), file.IfChanged(), linked.IfChanged()]
        );
        File.Delete(path);
        Assert.Throws<FileNotFoundException>(() => file.IfChanged());
        _folder.Write("jwks.json", "two");
        Assert.Equal(["two", "two", null], [file.IfChanged(), linked.IfChanged(), file.IfChanged()]);
        _folder.Write("large", new string('x', 1025));
        Assert.Throws<IOException>(() => new FollowedFile(Path.Join(_folder.Path, "large"), 1 << 10).IfChanged());
    }

    [Fact]
    public async Task What_is_fetched_is_bounded_and_no_redirect_counts()
    {
        Assert.Equal("{}", await FetchAsync(new HttpResponseMessage { Content = new StringContent("{}") }));
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            FetchAsync(new HttpResponseMessage { Content = new ByteArrayContent(new byte[FetchedKeys.Largest + 1]) })
        );
        foreach (var status in new[] { HttpStatusCode.Found, HttpStatusCode.NotFound, HttpStatusCode.BadGateway })
            await Assert.ThrowsAsync<HttpRequestException>(() => FetchAsync(new HttpResponseMessage(status)));
    }

    [Fact]
    public void Only_keys_that_may_sign_are_taken()
    {
        var keys = JsonNode.Parse(_issuer.Jwks())!["keys"]!.AsArray();
        keys[0]!["use"] = "enc";
        keys[1]!["key_ops"] = new JsonArray("encrypt");
        keys[2]!["key_ops"] = new JsonArray("verify");
        var ring = KeyRing.Parse(new JsonObject { ["keys"] = keys.DeepClone() }.ToJsonString());
        Assert.Equal([false, false, true, true], ((string[])["rsa", "p256", "p384", "p521"]).Select(ring.Knows));
    }

    [Fact]
    public void No_text_breaks_the_reading_of_keys() =>
        Gen.OneOf(
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"keys\":",
                "\"kty\":\"RSA\"",
                "\"kty\":\"EC\"",
                "\"crv\":\"P-256\"",
                "\"n\":\"AQAB\"",
                "\"e\":\"\"",
                "\"x\":\"=\"",
                "\"y\":7",
                "\"kid\":null",
                "\"use\":{}",
                "\"key_ops\":[null]",
                "\"key_ops\":null",
                "null",
                "1e999",
                "\"\\ud800\"",
                "\0"
            )
            .Array[0, 12]
            .Select(pieces => new[] { string.Concat(pieces), $"{{\"keys\":[{{{string.Join(',', pieces)}}}]}}" })
            .Sample(texts => Assert.All(texts, text => Assert.Throws<InvalidDataException>(() => KeyRing.Parse(text))));

    [Theory]
    [InlineData("""{"keys":null}""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[null]}""")]
    [InlineData("""{"keys":["x",7]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","key_ops":null,"n":null}]}""")]
    public void A_JWKS_without_keys_is_none(string text) =>
        Assert.Throws<InvalidDataException>(() => KeyRing.Parse(text));

    [Fact]
    public void What_is_kept_of_proven_tokens_is_bounded_and_what_is_asked_for_stays()
    {
        var cache = new ProofCache<string>(capacity: 100);
        cache.Add("often", "alice");
        for (var number = 0; number < 1_000; number++)
        {
            cache.Add($"once-{number}", "bob");
            Assert.True(cache.TryGet("often", out var who));
            Assert.Equal("alice", who);
        }
        Assert.InRange(Enumerable.Range(0, 1_000).Count(number => cache.TryGet($"once-{number}", out _)), 1, 100);
        Assert.False(cache.TryGet("ofte", out _));
        Assert.False(cache.TryGet("", out _));
        // The end alone is hashed; all of it is compared.
        cache.Add("a" + new string('x', 40), "carol");
        Assert.False(cache.TryGet("b" + new string('x', 40), out _));
    }

    private static async Task<string?> FetchAsync(HttpResponseMessage answer)
    {
        using var fetched = new FetchedKeys(new Uri("https://id.example/jwks"), new Answering(answer));
        return await fetched.ReadAsync(Stop);
    }

    private static JsonObject Key(string name)
    {
        var key = JsonNode.Parse(new TestIssuer().Jwks())!["keys"]!
            .AsArray()
            .Single(key => (string)key!["kid"]! == name)!;
        return key.DeepClone().AsObject();
    }

    private SigningKeys Keys(Func<CancellationToken, Task<string?>> read) =>
        new("the JWKS", read, TimeSpan.FromSeconds(30), _clock, _said.Add);

    private ValueTask<Identified> WhoAsync(SigningKeys keys, string token)
    {
        var settings = new IdentitySettings("jwt", "X-Token", "/jwks", TestIssuer.Name, TestIssuer.Audience, null);
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Token"] = token;
        return new JwtIdentity(settings, keys, _clock).WhoAsync(context);
    }

    private sealed class Answering(HttpResponseMessage answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => Task.FromResult(answer);
    }
}
