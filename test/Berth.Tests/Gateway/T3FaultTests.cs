using System.Net;
using System.Text.Json;
using Berth.Doubles.T3;
using Xunit;

namespace Berth.Gateway;

/// <summary>Servers that do not do what they should, each with what the seed makes of it.</summary>
public class T3FaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<PairingFront> Seed(T3Double server) =>
        PairingFront.Start(
            new Uri(server.Address),
            upstream => new SeedPairing(
                new Uri(server.Address),
                upstream,
                () =>
                {
                    using var issued = JsonDocument.Parse(server.IssueCredential());
                    return issued.RootElement.GetProperty("credential").GetString()!;
                }
            )
        );

    /// <summary>Follows what a browser is told, as far as a browser does.</summary>
    private static async Task<(HttpStatusCode Status, int Redirects, string Text)> Walk(Browser browser)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var answer = await browser.Navigate();
            if (answer.StatusCode != HttpStatusCode.Found || redirects == 20)
                return (answer.StatusCode, redirects, await answer.Content.ReadAsStringAsync(Stop));
        }
    }

    [Fact]
    public async Task A_cookie_of_a_later_generation_sends_the_seed_in_a_circle()
    {
        await using var server = await T3Double.Start(new T3Options { Cookie = CookieGeneration.Loopback });
        await using (var seed = await Seed(server))
        {
            using var lost = seed.Open(follow: false);
            Assert.Equal(
                (HttpStatusCode.Found, 20),
                (await Walk(lost)) is var walk ? (walk.Status, walk.Redirects) : default
            );
        }
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server));
        using var browser = front.Open(follow: false);
        Assert.Equal((HttpStatusCode.OK, 1), (await Walk(browser)) is var own ? (own.Status, own.Redirects) : default);
    }

    [Fact]
    public async Task Yes_without_a_session_is_a_failure_told_once_and_not_a_circle()
    {
        await using var server = await T3Double.Start(new T3Options { Cookie = CookieGeneration.Plain });
        server.Set(T3Fault.NoCookie);
        await using (var seed = await Seed(server))
        {
            using var lost = seed.Open(follow: false);
            var walk = await Walk(lost);
            Assert.Equal((HttpStatusCode.Found, 20), (walk.Status, walk.Redirects));
        }
        var before = server.Count("POST", T3Answer.ExchangePath);
        var clock = new HandClock();
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server), clock);
        using var browser = front.Open(follow: false);
        for (var reload = 0; reload < 5; reload++)
        {
            using var page = await browser.Navigate();
            Assert.Equal(HttpStatusCode.BadGateway, page.StatusCode);
            Assert.Contains("sets no session", await page.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
        // Two attempts, and then quiet for a while, however often somebody reloads.
        Assert.Equal(before + 2, server.Count("POST", T3Answer.ExchangePath));
        server.Set(T3Fault.NoCookie, holds: false);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, (await Walk(browser)).Status);
    }

    [Theory]
    [InlineData(T3Fault.NoExchange, "no call that signs a browser in")]
    [InlineData(T3Fault.Stillborn, "does not know a moment later")]
    [InlineData(T3Fault.OtherCookie, "sets no session")]
    [InlineData(T3Fault.SessionIsPage, "does not say whether anybody is signed in")]
    public async Task A_server_that_speaks_otherwise_is_an_incident(T3Fault fault, string says)
    {
        await using var server = await T3Double.Start();
        server.Set(fault);
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server));
        using var browser = front.Open(follow: false);
        using var page = await browser.Navigate();
        Assert.Equal(HttpStatusCode.BadGateway, page.StatusCode);
        Assert.Contains(says, await page.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.False(page.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_server_that_fails_for_the_moment_is_no_incident()
    {
        await using var server = await T3Double.Start();
        server.Set(T3Fault.AuthBroken);
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server));
        using var browser = front.Open(follow: false);
        using var page = await browser.Navigate();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        server.Set(T3Fault.AuthBroken, holds: false);
        Assert.Equal(HttpStatusCode.OK, (await Walk(browser)).Status);
    }

    [Fact]
    public async Task What_came_between_listening_and_answering_is_asked_again()
    {
        await using var server = await T3Double.Start(new T3Options { Attached = false });
        var clock = new HandClock();
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server), clock);
        using var browser = front.Open();
        var page = browser.Navigate();
        await Asked(server, 1);
        server.Attach();
        Assert.False(page.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(3));
        using var answer = await page;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        await using var server = await T3Double.Start();
        server.Set(T3Fault.NeverAnswers);
        var clock = new HandClock();
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server), clock);
        using var browser = front.Open();
        var page = browser.Navigate();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await Asked(server, attempt);
            clock.Advance(TimeSpan.FromSeconds(3));
        }
        using var answer = await page;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("does not answer", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_that_keeps_no_cookies_is_told_so()
    {
        await using var server = await T3Double.Start(new T3Options { Cookie = CookieGeneration.Plain });
        await using (var seed = await Seed(server))
        {
            using var lost = seed.Open(cookies: false, follow: false);
            Assert.Equal(20, (await Walk(lost)).Redirects);
        }
        var clock = new HandClock();
        await using var front = await PairingFront.Start("t3", server.Address, TestSource.Of(server), clock);
        using var browser = front.Open(cookies: false, follow: false);
        var walk = await Walk(browser);
        Assert.Equal((HttpStatusCode.BadGateway, 3), (walk.Status, walk.Redirects));
        Assert.Contains("keep cookies", walk.Text, StringComparison.Ordinal);
        // Not for ever, and a server that is well is not held to be broken.
        clock.Advance(TimeSpan.FromMinutes(2));
        using var other = front.Open(follow: false);
        Assert.Equal(HttpStatusCode.OK, (await Walk(other)).Status);
    }

    [Fact]
    public async Task No_failure_holds_a_secret()
    {
        await using var server = await T3Double.Start();
        var source = TestSource.Of(server);
        var secrets = new List<string>();
        var issue = source.Mint;
        source.Mint = async kind =>
        {
            var output = await issue(kind);
            secrets.Add(MintOutput.Parse(output)!.Bearer!);
            return output;
        };
        foreach (var fault in (T3Fault[])[T3Fault.NoExchange, T3Fault.Stillborn, T3Fault.NoCookie])
        {
            server.Set(fault);
            using var upstream = PairingFront.Upstream();
            var pairing = Pairings.For(PairingFront.Route("t3", server.Port), upstream, source, new HandClock());
            var failure = await Assert.ThrowsAsync<PairingException>(async () =>
                await pairing.PrepareAsync(T3PairingTests.Page(), isNavigation: true, Stop)
            );
            Assert.True(failure.Drift);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, failure.ToString(), StringComparison.Ordinal));
            server.Set(fault, holds: false);
        }
        Assert.Equal(3, secrets.Count);
    }

    /// <summary>Until the server has taken so many questions about sessions, answered or not.</summary>
    private static async Task Asked(T3Double server, int times)
    {
        while (server.Count("GET", T3Answer.SessionPath) < times)
            await Task.Delay(10, Stop);
    }
}
