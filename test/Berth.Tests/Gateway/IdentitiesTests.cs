using System.Text;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>What the configuration makes of a request's evidence, and what it keeps on disk.</summary>
public sealed class IdentitiesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StillClock _clock = new();
    private readonly List<string> _said = [];

    private string State => Path.Join(_folder.Path, "state");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Links_come_with_their_paths_and_what_they_keep_is_the_gateways_alone()
    {
        await using (var made = Make(IdentitySettings.Link))
        {
            Assert.IsType<LinkIdentity>(made.Identity);
            Assert.Equal(["/berth/sign-in", "/berth/sign-out"], made.Paths.Keys.Order(StringComparer.Ordinal));
            Assert.NotNull(made.Desk!.Issue("alice", LinkOrder.Usual));
        }
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(State));
        Assert.Equal(["sign-in.key", "sign-ins.json"], Kept());
        foreach (var name in Kept())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(State, name)));
    }

    [Fact]
    public async Task Whoever_reads_what_is_kept_can_be_nobody_by_it()
    {
        await using var made = Make(IdentitySettings.Link);
        var token = made.Desk!.Issue("alice", LinkOrder.Usual)!.Url.Split('=')[1];
        var cookie = made.Desk.Redeem(token, "b", null)!.Cookie;
        var second = made.Desk.Issue("alice", LinkOrder.Usual)!.Url.Split('=')[1];
        var text = File.ReadAllText(Path.Join(State, "sign-ins.json"));
        Assert.Contains("alice", text);
        foreach (var secret in new[] { token, second, cookie, cookie.Split('.')[0], cookie.Split('.')[2] })
            Assert.DoesNotContain(secret, text);
        // Nor is the hash of one taken for it.
        Assert.Null(made.Desk.Meant(SignInBook.HashOf(second)));
    }

    [Theory]
    [InlineData("sign-ins.json", "{")]
    [InlineData("sign-ins.json", "null")]
    [InlineData("sign-ins.json", "{\"links\":{},\"sessions\":{\"a\":{\"user\":\"alice\"}}}")]
    [InlineData("sign-ins.json", "")]
    [InlineData("sign-in.key", "short")]
    [InlineData("sign-in.key", "")]
    public async Task A_damaged_file_is_kept_aside_and_everybody_signs_in_anew(string name, string content)
    {
        string cookie;
        await using (var made = Make(IdentitySettings.Link))
            cookie = SignIn(made.Desk!);
        File.WriteAllText(Path.Join(State, name), content);
        await using var again = Make(IdentitySettings.Link);
        Assert.False(again.Desk!.Who(cookie).IsProven);
        Assert.Equal(content, File.ReadAllText(Path.Join(State, name + ".damaged")));
        Assert.Contains("everybody signs in anew", Assert.Single(_said));
        Assert.True(again.Desk.Who(SignIn(again.Desk)).IsProven);
    }

    [Fact]
    public async Task When_somebody_was_last_seen_is_kept_now_and_then()
    {
        await using (var made = Make(IdentitySettings.Link))
        {
            var cookie = SignIn(made.Desk!);
            _clock.Now += TimeSpan.FromMinutes(9);
            made.Desk!.Who(cookie);
            Assert.Equal(_clock.Now.AddMinutes(-9), made.Desk.List()[0].Seen);
            _clock.Now += TimeSpan.FromMinutes(2);
            made.Desk.Who(cookie);
            Assert.Equal(_clock.Now, made.Desk.List()[0].Seen);
        }
        await using var again = Make(IdentitySettings.Link);
        Assert.Equal(_clock.Now, again.Desk!.List()[0].Seen);
    }

    [Fact]
    public async Task Nobody_fills_the_book()
    {
        await using var made = Make(IdentitySettings.Link);
        var cookies = Enumerable.Range(0, SignInBook.MostSessions + 5).Select(_ => SignIn(made.Desk!)).ToList();
        Assert.Equal(SignInBook.MostSessions, made.Desk!.List().Count);
        Assert.True(made.Desk.Who(cookies[^1]).IsProven);
        var links = Enumerable
            .Range(0, SignInBook.MostLinks + 5)
            .Select(number =>
                made.Desk.Issue("alice", LinkOrder.Usual + TimeSpan.FromSeconds(number))!.Url.Split('=')[1]
            )
            .ToList();
        Assert.Equal(SignInBook.MostLinks, links.Count(token => made.Desk.Meant(token) is not null));
        Assert.Equal("alice", made.Desk.Meant(links[^1]));
        // What has ended is gone with the next change.
        _clock.Now += TimeSpan.FromDays(31);
        made.Desk.Issue("alice", LinkOrder.Usual);
        var book = SignInBook.Parse(File.ReadAllText(Path.Join(State, "sign-ins.json")));
        Assert.Equal((1, 0), (book.Links.Count, book.Sessions.Count));
    }

    [Fact]
    public async Task Whoever_is_removed_while_the_gateway_runs_is_out()
    {
        await using var made = Make(IdentitySettings.Link);
        var cookie = SignIn(made.Desk!);
        made.Follow(GatewayConfigs.Of(IdentitySettings.Link));
        Assert.False(made.Desk!.Who(cookie).IsProven);
    }

    [Fact]
    public async Task A_JWKS_in_a_file_is_read_and_followed()
    {
        var issuer = new TestIssuer();
        var path = _folder.Write("jwks.json", issuer.Jwks());
        var settings = new IdentitySettings("jwt", "X-Token", path, TestIssuer.Name, TestIssuer.Audience, null);
        await using var made = Make(settings);
        Assert.Empty(made.Paths);
        Assert.Null(made.Desk);
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Token"] = TestIssuer.Token(TestIssuer.Claims(_clock.Now));
        Assert.Equal("alice@example.com", (await made.Identity.WhoAsync(context)).Login);
        issuer.Withdraw("rsa");
        issuer.Publish("next", TestIssuer.OtherRsa);
        File.Move(_folder.Write("next.json", issuer.Jwks()), path, overwrite: true);
        // An unknown key makes it look at once.
        context.Request.Headers["X-Token"] = TestIssuer.Token(
            TestIssuer.Header("RS256", "next"),
            TestIssuer.Claims(_clock.Now, "bob@example.com").ToJsonString(),
            "OTHER"
        );
        Assert.Equal("bob@example.com", (await made.Identity.WhoAsync(context)).Login);
    }

    [Fact]
    public async Task The_secret_that_systemd_hands_over_goes_before_the_file_that_only_root_reads()
    {
        _folder.Write("credentials/secret", "handed over by systemd");
        var settings = new IdentitySettings("header", "X-User", null, null, null, "/root/no-such-file");
        await using var made = Make(settings, Path.Join(_folder.Path, "credentials"));
        var context = new DefaultHttpContext();
        context.Request.Headers["X-User"] = "alice";
        context.Request.Headers["X-Berth-Secret"] = "handed over by systemd";
        Assert.Equal("alice", (await made.Identity.WhoAsync(context)).Login);
        Assert.Throws<InvalidDataException>(() => Make(settings));
    }

    [Theory]
    [InlineData("header", "X-User", null, null, null)] // bare, over TCP
    [InlineData("header", null, null, null, null)]
    [InlineData("jwt", "X-Token", "/jwks", null, "berth")]
    [InlineData("jwt", "X-Token", "/jwks", "https://id.example/", null)]
    [InlineData("jwt", "X-Token", null, "https://id.example/", "berth")]
    [InlineData("jwt", null, "/jwks", "https://id.example/", "berth")]
    [InlineData("password", null, null, null, null)]
    public void A_configuration_that_would_let_in_anybody_is_refused(
        string kind,
        string? header,
        string? jwks,
        string? issuer,
        string? audience
    ) => Assert.Throws<InvalidDataException>(() => Make(new(kind, header, jwks, issuer, audience, null)));

    private Identities Make(IdentitySettings settings, string? credentials = null) =>
        Identities.From(
            GatewayConfigs.Of(settings, GatewayConfigs.Route("alice", "alice")),
            new IdentityFolders(State, credentials),
            _said.Add,
            _clock
        );

    private static string SignIn(SignInDesk desk) =>
        desk.Redeem(desk.Issue("alice", LinkOrder.Usual)!.Url.Split('=')[1], "b", null)!.Cookie;

    private List<string?> Kept() =>
        [.. Directory.EnumerateFiles(State).Select(Path.GetFileName).Order(StringComparer.Ordinal)];
}
