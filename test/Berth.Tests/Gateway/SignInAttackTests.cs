using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>What an attacker tries on Berth's own sign-in.</summary>
public sealed class SignInAttackTests : IDisposable
{
    private readonly SignInSite _site = new();

    public void Dispose() => _site.Dispose();

    [Fact]
    public void Of_many_who_use_a_link_at_once_one_gets_in()
    {
        var token = SignInSite.Token(_site.Desk.Issue("alice", LinkOrder.Usual)!.Url);
        var cookies = new string?[16];
        Parallel.For(0, cookies.Length, number => cookies[number] = _site.Desk.Redeem(token, "b", null)?.Cookie);
        Assert.Single(cookies, cookie => cookie is not null);
    }

    [Fact]
    public async Task A_cookie_that_was_tampered_with_is_nobodys()
    {
        var cookie = await _site.SignInAsync("alice");
        Assert.True(_site.Who(cookie).IsProven);
        var letters = "ABCabc019.-_=";
        for (var place = 0; place < cookie.Length; place++)
        {
            foreach (var letter in letters.Where(letter => letter != cookie[place]))
                Assert.False(_site.Who(cookie[..place] + letter + cookie[(place + 1)..]).IsProven, $"{place} {letter}");
            Assert.False(_site.Who(cookie[..place]).IsProven);
        }
        foreach (var made in new[] { "", ".", "..", cookie + "x", cookie + "=", "a.9999999999.b", new('a', 9_000) })
            Assert.False(_site.Who(made).IsProven);
        // The id of a session without its signature, and one signed by another host.
        Assert.False(_site.Who(cookie[..cookie.LastIndexOf('.')] + ".").IsProven);
        var foreign = SignInCookie.Make(new byte[32], _site.Clock.Now.AddDays(1), new byte[32]).Value;
        Assert.False(_site.Who(foreign).IsProven);
    }

    /// <summary>Fixation: whoever plants a cookie in somebody's browser is not in with them afterwards.</summary>
    [Fact]
    public async Task A_cookie_that_somebody_else_chose_is_never_adopted()
    {
        var planted = SignInCookie.Make(new byte[32], _site.Clock.Now.AddDays(30), new byte[32]).Value;
        var bobs = await _site.SignInAsync("bob");
        foreach (var before in new[] { planted, bobs, "chosen" })
        {
            var asked = await _site.GetAsync(_site.Desk.Issue("alice", LinkOrder.Usual)!.Url, before);
            var cookie = (await _site.SubmitAsync(asked, before)).Cookie!;
            Assert.NotEqual(before, cookie);
            Assert.Equal("alice", _site.Who(cookie).User);
            Assert.NotEqual("alice", _site.Who(before).User);
        }
        // What the browser held before has ended with it.
        Assert.False(_site.Who(bobs).IsProven);
    }

    [Fact]
    public async Task Two_session_cookies_at_once_are_as_good_as_none()
    {
        var alice = await _site.SignInAsync("alice");
        var mallory = await _site.SignInAsync("bob");
        var name = SignInCookie.Name(isSecure: true);
        foreach (var cookies in new[] { $"{name}={mallory}; {name}={alice}", $"{name}={alice}; a=1; {name}=" })
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Cookie = cookies;
            Assert.False((await _site.Identity.WhoAsync(context)).IsProven);
        }
        var two = new DefaultHttpContext();
        two.Request.Headers.Cookie = new([$"{name}={alice}", $"{name}={mallory}"]);
        Assert.False((await _site.Identity.WhoAsync(two)).IsProven);
        // Over TLS the name without __Host-, which a neighbouring host could set, is not looked at.
        two.Request.Headers.Cookie = $"{name}={alice}; berth_session={mallory}";
        Assert.Equal("alice", (await _site.Identity.WhoAsync(two)).User);
        two.Request.Headers.Cookie = $"berth_session={alice}";
        Assert.False((await _site.Identity.WhoAsync(two)).IsProven);
    }

    [Theory]
    [InlineData("cross-site", "https://evil.example")]
    [InlineData("same-site", "https://bob.code.example")]
    [InlineData("cross-site", null)]
    [InlineData(null, "https://evil.example")]
    [InlineData(null, "null")]
    [InlineData(null, null)]
    public async Task Another_sites_page_signs_nobody_in_or_out(string? site, string? origin)
    {
        var url = _site.Desk.Issue("bob", LinkOrder.Usual)!.Url;
        var alice = await _site.SignInAsync("alice");
        var signIn = SignInSite.Post("/berth/sign-in", $"token={SignInSite.Token(url)}", site, origin, alice);
        var signOut = SignInSite.Post("/berth/sign-out", "", site, origin, alice);
        foreach (var answer in new[] { await _site.SendAsync(signIn), await _site.SendAsync(signOut) })
            Assert.Equal((403, (string?)null), (answer.Status, answer.SetCookie));
        Assert.Equal("alice", _site.Who(alice).User);
        // The control: the same request from the gateway's own page does.
        var own = await _site.SendAsync(
            SignInSite.Post("/berth/sign-in", $"token={SignInSite.Token(url)}", "same-origin", SignInSite.Own, null)
        );
        Assert.Equal("bob", _site.Who(own.Cookie!).User);
    }

    [Fact]
    public async Task A_link_leads_on_within_this_site_alone()
    {
        foreach (var (next, leads) in new[] { ("/p/7?x=1", "/p/7?x=1"), ("//evil.example", "/"), ("/\\evil", "/") })
        {
            var url = $"{_site.Desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString(next)}";
            Assert.Equal(leads, (await _site.SubmitAsync(await _site.GetAsync(url))).Location);
            var token = SignInSite.Token(_site.Desk.Issue("alice", LinkOrder.Usual)!.Url);
            var form = $"token={token}&next={Uri.EscapeDataString(next)}";
            Assert.Equal(
                leads,
                (
                    await _site.SendAsync(SignInSite.Post("/berth/sign-in", form, "same-origin", SignInSite.Own, null))
                ).Location
            );
        }
    }

    [Fact]
    public async Task The_answers_are_guarded_and_never_repeat_the_token_where_it_would_be_kept()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await _site.GetAsync(url);
        var done = await _site.SubmitAsync(asked);
        foreach (
            var answer in new[]
            {
                asked,
                done,
                await _site.GetAsync(url),
                await _site.GetAsync($"{SignInSite.Own}/berth/sign-out"),
            }
        )
        {
            Assert.Equal("no-store", answer.Headers.CacheControl);
            Assert.Equal("nosniff", answer.Headers.XContentTypeOptions);
            Assert.Equal("strict-origin", answer.Headers["Referrer-Policy"]);
            Assert.Equal("DENY", answer.Headers.XFrameOptions);
            foreach (var rule in new[] { "default-src 'none'", "form-action 'self'", "frame-ancestors 'none'" })
                Assert.Contains(rule, answer.Headers.ContentSecurityPolicy.ToString());
            Assert.DoesNotContain("unsafe", answer.Headers.ContentSecurityPolicy.ToString());
            Assert.DoesNotContain("<script", answer.Body);
        }
        Assert.Matches(
            "^__Host-berth_session=[^;]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$",
            done.SetCookie
        );
        Assert.DoesNotContain(SignInSite.Token(url), done.Location);
        Assert.All(_site.Said, line => Assert.DoesNotContain(SignInSite.Token(url), line));
        Assert.All(_site.Said, line => Assert.DoesNotContain(done.Cookie!, line));
    }

    [Fact]
    public async Task Text_in_a_link_stays_text()
    {
        var answer = await _site.GetAsync(
            $"{_site.Desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString("/\"><script>alert(1)</script>")}"
        );
        Assert.DoesNotContain("<script", answer.Body);
        answer = await _site.GetAsync(
            $"{_site.Desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString("/a'b&c=d")}"
        );
        Assert.Contains("value=\"/a&#39;b&amp;c=d\"", answer.Body);
    }

    [Fact]
    public async Task Guessing_is_refused_cheaply_and_keeps_nobody_out()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var paths = _site.Paths();
        var statuses = new List<int>();
        for (var guess = 0; guess <= GuessCounter.MostInAMinute + 5; guess++)
            statuses.Add(
                (
                    await _site.SendAsync(
                        SignInSite.Request("GET", $"{SignInSite.Own}/berth/sign-in?token=guess-{guess}"),
                        paths
                    )
                ).Status
            );
        Assert.Equal(GuessCounter.MostInAMinute, statuses.Count(status => status == 403));
        Assert.Equal(6, statuses.Count(status => status == 429));
        Assert.Single(_site.Said, line => line.Contains("somebody is guessing", StringComparison.Ordinal));
        Assert.Equal(200, (await _site.SendAsync(SignInSite.Request("GET", url), paths)).Status);
        _site.Clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(
            403,
            (await _site.SendAsync(SignInSite.Request("GET", $"{SignInSite.Own}/berth/sign-in?token=x"), paths)).Status
        );
    }

    [Fact]
    public async Task A_form_that_is_none_signs_nobody_in()
    {
        var token = SignInSite.Token(_site.Desk.Issue("alice", LinkOrder.Usual)!.Url);
        foreach (var type in new[] { "text/plain", "multipart/form-data; boundary=x", "application/json", "" })
        {
            var post = SignInSite.Post("/berth/sign-in", $"token={token}", "same-origin", SignInSite.Own, null);
            post.Request.ContentType = type;
            Assert.Equal(403, (await _site.SendAsync(post)).Status);
        }
        foreach (
            var form in new[] { "", "token", $"token={token}&token={token}", $"token={new string('x', 9_000)}", "%" }
        )
            Assert.Equal(
                403,
                (
                    await _site.SendAsync(SignInSite.Post("/berth/sign-in", form, "same-origin", SignInSite.Own, null))
                ).Status
            );
        Assert.Equal(405, (await _site.SendAsync(SignInSite.Request("PUT", $"{SignInSite.Own}/berth/sign-in"))).Status);
        Assert.Equal("alice", _site.Desk.Meant(token));
    }

    [Fact]
    public async Task A_server_never_sees_the_session()
    {
        var cookie = await _site.SignInAsync("alice");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1/");
        var name = SignInCookie.Name(isSecure: true);
        request.Headers.TryAddWithoutValidation("Cookie", $"t3_session=a; {name}={cookie}; berth_session=x; b=\"2\"");
        Assert.Contains(cookie, request.ToString());
        _site.Identity.Strip(request);
        Assert.Equal("t3_session=a; b=\"2\"", request.Headers.NonValidated["Cookie"].ToString());
    }
}
