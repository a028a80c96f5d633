using System.Collections.Concurrent;
using System.Net;
using Berth.Doubles.T3;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>A person in front of their T3 Code server, through the double of it.</summary>
public class T3PairingTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(T3Double, TestSource, PairingFront)> Start(T3Options? options = null)
    {
        var server = await T3Double.Start(options ?? new T3Options { Label = "alice" });
        var source = TestSource.Of(server);
        return (server, source, await PairingFront.Start("t3", server.Address, source));
    }

    [Theory]
    [InlineData(CookieGeneration.Plain)]
    [InlineData(CookieGeneration.Loopback)]
    [InlineData(CookieGeneration.Remote)]
    public async Task A_page_is_opened_and_its_person_is_signed_in_whatever_the_cookie_is_called(
        CookieGeneration generation
    )
    {
        var (server, source, front) = await Start(new T3Options { Label = "alice", Cookie = generation });
        await using var _ = server;
        await using var __ = front;
        using var browser = front.Open();
        using var page = await browser.Navigate("/thread/7?tab=a%2Fb");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("/thread/7?tab=a%2Fb", page.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Contains("Server of", await page.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.True(await browser.IsSignedIn());
        Assert.Equal(server.CookieName, Assert.Single(browser.Cookies).Name);

        using var again = await browser.Navigate();
        Assert.Equal(1, source.Mints);
        Assert.Equal(1, server.Count("POST", "/api/auth/browser-session"));
    }

    [Fact]
    public async Task The_cookie_is_for_this_address_alone_and_out_of_reach_of_scripts()
    {
        var (server, _, front) = await Start();
        await using var _s = server;
        await using var _f = front;
        using var browser = front.Open(follow: false);
        using var redirect = await browser.Navigate("//elsewhere.example/%0d%0aX:%20y");
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        var location = redirect.Headers.Location!.OriginalString;
        Assert.StartsWith("/elsewhere.example/", location, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', location);
        var set = Assert.Single(redirect.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^" + server.CookieName + "=[^;]+; Path=/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$", set);
        Assert.Equal("no-store", redirect.Headers.CacheControl!.ToString());
        Assert.Contains(
            "default-src 'none'",
            string.Concat(redirect.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal
        );
        Assert.Equal("nosniff", string.Concat(redirect.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task What_is_no_page_is_never_answered_by_pairing()
    {
        var (server, source, front) = await Start();
        await using var _s = server;
        await using var _f = front;
        using var browser = front.Open(follow: false);
        (string, string)[] others =
        [
            ("/api/thing", "cors"),
            ("/assets/app.js", "no-cors"),
            ("/ws", "websocket"),
            ("/", "same-origin"),
        ];
        foreach (var (path, mode) in others)
        {
            using var answer = await browser.Fetch(path, mode);
            Assert.NotEqual(HttpStatusCode.Found, answer.StatusCode);
        }
        // A form that was posted would lose what it carries.
        using var posted = await browser.Send(HttpMethod.Post, "/", "navigate");
        Assert.NotEqual(HttpStatusCode.Found, posted.StatusCode);
        Assert.Equal(0, source.Mints);
        Assert.Equal(0, server.Count("POST", "/api/auth/browser-session"));
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task A_dead_session_is_replaced_without_a_word()
    {
        await using var server = await T3Double.Start(new T3Options { Label = "alice" });
        var (source, clock) = (TestSource.Of(server), new HandClock());
        await using var front = await PairingFront.Start("t3", server.Address, source, clock);
        using var browser = front.Open();
        using var first = await browser.Navigate();
        var dead = Assert.Single(browser.Cookies).Value;
        // Its database is new: the cookie is well signed and stands for nothing, and so does the bearer kept here.
        server.LoseSessions();
        Assert.False(await browser.IsSignedIn());
        clock.Advance(TimeSpan.FromSeconds(3));
        using var page = await browser.Navigate();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.True(await browser.IsSignedIn());
        Assert.NotEqual(dead, Assert.Single(browser.Cookies).Value);
        Assert.Equal(2, source.Mints);
    }

    [Fact]
    public async Task Who_signed_out_is_signed_in_again_with_the_next_page()
    {
        var (server, source, front) = await Start();
        await using var _s = server;
        await using var _f = front;
        using var browser = front.Open();
        using var first = await browser.Navigate();
        using var leave = await browser.Send(HttpMethod.Post, "/double/sign-out", "cors");
        browser.Forget();
        using var page = await browser.Navigate();
        Assert.True(await browser.IsSignedIn());
        // The bearer was kept: no program was run for it.
        Assert.Equal(1, source.Mints);
        Assert.Equal(2, server.Count("POST", "/api/auth/pairing-token"));
    }

    [Fact]
    public async Task Twenty_pages_at_once_are_one_sign_in()
    {
        await using var server = await T3Double.Start(new T3Options { Label = "alice" });
        var source = TestSource.Of(server);
        using var upstream = PairingFront.Upstream();
        var pairing = Pairings.For(PairingFront.Route("t3", server.Port), upstream, source, new HandClock());
        Assert.True(await pairing.PrepareAsync(Page(), isNavigation: true, Stop));
        // The next attempt has to mint, and stands there until everybody has come.
        server.LoseSessions();
        var (issue, go) = (source.Mint, new TaskCompletionSource());
        source.Mint = async kind =>
        {
            await go.Task;
            return await issue(kind);
        };
        var pages = Enumerable
            .Range(0, 20)
            .Select(_ => Page())
            .Select(page => (page, Task: pairing.PrepareAsync(page, isNavigation: true, Stop).AsTask()))
            .ToList();
        go.SetResult();
        foreach (var (page, task) in pages)
        {
            Assert.True(await task);
            Assert.StartsWith(server.CookieName, page.Response.Headers.SetCookie.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(2, source.Mints);
        Assert.Equal(2, server.Count("POST", T3Answer.ExchangePath));
        // And one who comes later is not sent in a circle because of the many.
        Assert.True(await pairing.PrepareAsync(Page(), isNavigation: true, Stop));
    }

    [Fact]
    public async Task A_bearer_that_was_revoked_is_asked_for_anew_once()
    {
        var (server, source, front) = await Start();
        await using var _s = server;
        await using var _f = front;
        using var one = front.Open();
        using var first = await one.Navigate();
        server.LoseSessions();
        using var two = front.Open();
        using var second = await two.Navigate();
        Assert.True(await two.IsSignedIn());
        Assert.Equal(2, source.Mints);
        Assert.Equal(3, server.Count("POST", "/api/auth/pairing-token"));
    }

    [Fact]
    public async Task Where_no_bearer_is_taken_the_command_issues_each_credential()
    {
        var (server, source, front) = await Start();
        await using var _s = server;
        await using var _f = front;
        server.Set(T3Fault.NoPairingToken);
        using var browser = front.Open();
        using var page = await browser.Navigate();
        Assert.True(await browser.IsSignedIn());
        // A build whose command knows no sessions prints a credential at once.
        source.Mint = _ => Task.FromResult("(node:7) Warning: experimental\n" + server.IssueCredential());
        await using var older = await PairingFront.Start("t3", server.Address, source);
        using var another = older.Open();
        using var opened = await another.Navigate();
        Assert.True(await another.IsSignedIn());
    }

    [Fact]
    public async Task An_older_build_exchanges_elsewhere()
    {
        var (server, _, front) = await Start(new T3Options { Label = "alice", Bootstrap = true });
        await using var _s = server;
        await using var _f = front;
        server.Set(T3Fault.NoExchange);
        using var browser = front.Open();
        using var page = await browser.Navigate();
        Assert.True(await browser.IsSignedIn());
        Assert.Equal(1, server.Count("POST", "/api/auth/bootstrap"));
    }

    [Fact]
    public async Task Nothing_that_the_browser_holds_for_others_is_shown_to_the_server()
    {
        var seen = new ConcurrentQueue<string>();
        await using var server = await Listening.Start(async context =>
        {
            seen.Enqueue(context.Request.Headers.Cookie.ToString());
            await context.Response.WriteAsync(
                """{"authenticated":true,"auth":{"sessionCookieName":"t3_session"}}""",
                context.RequestAborted
            );
        });
        using var upstream = PairingFront.Upstream();
        var pairing = Pairings.For(
            PairingFront.Route("t3", server.Address.Port),
            upstream,
            new TestSource(),
            TimeProvider.System
        );
        var context = Page();
        context.Request.Headers.Cookie = "berth_session=mine; t3_session=a.b; idp=theirs; t3_session_old=x";
        Assert.False(await pairing.PrepareAsync(context, isNavigation: true, Stop));
        Assert.Equal(["", "t3_session=a.b"], seen);
    }

    internal static DefaultHttpContext Page()
    {
        var context = Asset();
        context.Request.Headers["Sec-Fetch-Mode"] = "navigate";
        return context;
    }

    internal static DefaultHttpContext Asset()
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Path = "/";
        return context;
    }
}
