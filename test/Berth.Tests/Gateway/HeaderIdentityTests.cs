using System.Net.Sockets;
using Berth.Rosters;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>A header that anybody could send, and what makes it count.</summary>
public sealed class HeaderIdentityTests : IDisposable
{
    private const string Header = "X-authentik-username";
    private const string Secret = "a secret of the proxy in front";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];
    private readonly Socket _unix = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public void Dispose()
    {
        _unix.Dispose();
        _tcp.Dispose();
        _folder.Dispose();
    }

    /// <summary>The control is the seed: it takes whatever stands in the header, from wherever it comes.</summary>
    [Fact]
    public async Task A_forged_header_from_loopback_is_nobody_and_the_seed_would_have_let_it_in()
    {
        var forged = Request((Header, "alice"));
        Assert.Equal("alice", Seed(forged));
        Assert.False((await WithSecret().WhoAsync(forged)).IsProven);
        Assert.Contains("secret", (await WithSecret().WhoAsync(forged)).Reason);
        foreach (var guess in new[] { "", " ", Secret + " ", Secret.ToUpperInvariant(), Secret[..^1], new('x', 9_000) })
        {
            forged = Request((Header, "alice"), ("X-Berth-Secret", guess));
            Assert.Equal("alice", Seed(forged));
            Assert.False((await WithSecret().WhoAsync(forged)).IsProven, guess);
        }
    }

    [Fact]
    public async Task With_the_secret_the_header_counts()
    {
        var who = await WithSecret().WhoAsync(Request((Header, "alice"), ("X-Berth-Secret", Secret)));
        Assert.Equal("alice", who.Login);
    }

    [Fact]
    public async Task Two_values_are_as_good_as_none()
    {
        var identity = WithSecret();
        var two = Request((Header, "alice"), (Header, "bob"), ("X-Berth-Secret", Secret));
        Assert.Contains("more than one", (await identity.WhoAsync(two)).Reason);
        Assert.Equal("alice", Seed(two));
        var secrets = Request((Header, "alice"), ("X-Berth-Secret", "x"), ("X-Berth-Secret", Secret));
        Assert.False((await identity.WhoAsync(secrets)).IsProven);
        Assert.False((await identity.WhoAsync(Request(("X-Berth-Secret", Secret)))).IsProven);
        Assert.False((await identity.WhoAsync(Request((Header, ""), ("X-Berth-Secret", Secret)))).IsProven);
    }

    [Fact]
    public async Task Over_a_unix_socket_the_header_counts_and_over_another_one_it_does_not()
    {
        var identity = new HeaderIdentity(Gateway("unix:/run/gateway.sock"), null);
        var request = Request((Header, "alice"));
        request.Features.Set<IConnectionSocketFeature>(new Connected(_unix));
        Assert.Equal("alice", (await identity.WhoAsync(request)).Login);
        // Handed over by a unit that listens elsewhere than the configuration says.
        request.Features.Set<IConnectionSocketFeature>(new Connected(_tcp));
        Assert.Contains("unix socket alone", (await identity.WhoAsync(request)).Reason);
        Assert.False((await identity.WhoAsync(Request((Header, "alice")))).IsProven);
    }

    [Theory]
    [InlineData("127.0.0.1:3780")]
    [InlineData("0.0.0.0:3780")]
    [InlineData("[::1]:3780")]
    public void A_bare_header_over_TCP_is_refused_at_the_start(string listen) =>
        Assert.Contains(
            "can be sent by anybody",
            Assert.Throws<InvalidDataException>(() => new HeaderIdentity(Gateway(listen), null)).Message
        );

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short\n")]
    public void A_secret_that_is_missing_or_could_be_guessed_is_refused_at_the_start(string? secret)
    {
        var path = Path.Join(_folder.Path, "absent");
        if (secret is not null)
            path = _folder.Write("short", secret);
        var failure = Assert.Throws<InvalidDataException>(() => new SharedSecret(path, _said.Add));
        Assert.DoesNotContain("short\n", failure.Message);
    }

    [Fact]
    public void A_new_secret_is_taken_and_a_broken_file_leaves_the_one_before()
    {
        var path = _folder.Write("secret", Secret + "\n");
        var secret = new SharedSecret(path, _said.Add);
        Assert.True(secret.Is(Secret));
        _folder.Write("next", "another secret, just as long");
        File.Move(Path.Join(_folder.Path, "next"), path, overwrite: true);
        secret.Refresh();
        Assert.True(secret.Is("another secret, just as long"));
        Assert.False(secret.Is(Secret));
        File.Delete(path);
        secret.Refresh();
        secret.Refresh();
        Assert.True(secret.Is("another secret, just as long"));
        Assert.Contains("the one from before stays", Assert.Single(_said));
        _folder.Write("secret", Secret);
        secret.Refresh();
        Assert.True(secret.Is(Secret));
        Assert.Equal(2, _said.Count);
        Assert.All(_said, line => Assert.DoesNotContain(Secret, line));
    }

    [Fact]
    public void A_server_sees_neither_the_header_nor_the_secret()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1/");
        request.Content = new StringContent("body");
        request.Headers.TryAddWithoutValidation(Header.ToLowerInvariant(), "alice");
        request.Headers.TryAddWithoutValidation("x-berth-secret", Secret);
        request.Headers.TryAddWithoutValidation("Cookie", "theirs=1; authentik_proxy_ab12=x; berth_session=y");
        WithSecret().Strip(request);
        Assert.Equal("theirs=1", request.Headers.NonValidated["Cookie"].ToString());
        Assert.Equal(["Cookie"], request.Headers.Select(header => header.Key));
    }

    private HeaderIdentity WithSecret() =>
        new(Gateway("127.0.0.1:3780"), new SharedSecret(_folder.Write("own", Secret + "\n"), _said.Add));

    private static GatewaySettings Gateway(string listen) =>
        new(listen, new IdentitySettings("header", Header, null, null, null, null));

    private static string? Seed(HttpContext context) => context.Request.Headers[Header][0]?.Split('@')[0];

    private static DefaultHttpContext Request(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        foreach (var (name, value) in headers)
            context.Request.Headers.Append(name, value);
        return context;
    }

    private sealed record Connected(Socket Socket) : IConnectionSocketFeature;
}
