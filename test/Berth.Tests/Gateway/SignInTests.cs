using System.Text;
using System.Text.RegularExpressions;
using System.Web;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Berth's own sign-in as a browser and an attacker see it, from the link to the end of a session.</summary>
public sealed partial class SignInTests : IDisposable
{
    private const string Own = "https://code.example";

    private readonly TemporaryFolder _folder = new();
    private readonly StillClock _clock = new();
    private readonly List<string> _said = [];
    private GatewayConfig _config = Config(("alice", 1000), ("bob", 1001));
    private SignInDesk _desk;

    public SignInTests() => _desk = Desk();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_link_signs_its_person_in_once()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        Assert.StartsWith($"{Own}/berth/sign-in?token=", url);
        var asked = await GetAsync(url);
        Assert.Equal(200, asked.Status);
        Assert.Contains("Sign in as alice", asked.Body);
        var done = await SubmitAsync(asked);
        Assert.Equal((303, "/"), (done.Status, done.Location));
        Assert.Equal("alice", Who(done.Cookie!).User);
        // Used: neither shown nor taken again, whoever comes with it.
        Assert.Equal(403, (await GetAsync(url)).Status);
        var again = await SubmitAsync(asked);
        Assert.Equal(403, again.Status);
        Assert.Null(again.SetCookie);
    }

    [Fact]
    public async Task A_preview_of_a_link_does_not_use_it_up()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        for (var preview = 0; preview < 3; preview++)
        {
            Assert.Null((await GetAsync(url)).SetCookie);
            Assert.Equal("", (await SendAsync(Request("HEAD", url))).Body);
        }
        Assert.Equal(303, (await SubmitAsync(await GetAsync(url))).Status);
    }

    [Fact]
    public void Of_many_who_use_a_link_at_once_one_gets_in()
    {
        var token = Token(_desk.Issue("alice", LinkOrder.Usual)!.Url);
        var cookies = new string?[16];
        Parallel.For(0, cookies.Length, number => cookies[number] = _desk.Redeem(token, "b", null)?.Cookie);
        Assert.Single(cookies, cookie => cookie is not null);
    }

    [Fact]
    public async Task A_link_that_is_too_old_is_worth_nothing()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await GetAsync(url);
        _clock.Now += LinkOrder.Usual - TimeSpan.FromSeconds(1);
        Assert.Equal(200, (await GetAsync(url)).Status);
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(403, (await GetAsync(url)).Status);
        Assert.Null((await SubmitAsync(asked)).SetCookie);
    }

    [Fact]
    public async Task A_cookie_that_was_tampered_with_is_nobodys()
    {
        var cookie = await SignInAsync("alice");
        Assert.True(Who(cookie).IsProven);
        var letters = "ABCabc019.-_=";
        for (var place = 0; place < cookie.Length; place++)
        {
            foreach (var letter in letters.Where(letter => letter != cookie[place]))
                Assert.False(Who(cookie[..place] + letter + cookie[(place + 1)..]).IsProven, $"{place} {letter}");
            Assert.False(Who(cookie[..place]).IsProven);
        }
        foreach (var made in new[] { "", ".", "..", cookie + "x", cookie + "=", "a.9999999999.b", new('a', 9_000) })
            Assert.False(Who(made).IsProven);
        // The id of a session without its signature, and one signed by another host.
        Assert.False(Who(cookie[..cookie.LastIndexOf('.')] + ".").IsProven);
        var foreign = SignInCookie.Make(new byte[32], _clock.Now.AddDays(1), new byte[32]).Value;
        Assert.False(Who(foreign).IsProven);
    }

    /// <summary>Fixation: whoever plants a cookie in somebody's browser is not in with them afterwards.</summary>
    [Fact]
    public async Task A_cookie_that_somebody_else_chose_is_never_adopted()
    {
        var planted = SignInCookie.Make(new byte[32], _clock.Now.AddDays(30), new byte[32]).Value;
        var bobs = await SignInAsync("bob");
        foreach (var before in new[] { planted, bobs, "chosen" })
        {
            var asked = await GetAsync(_desk.Issue("alice", LinkOrder.Usual)!.Url, before);
            var cookie = (await SubmitAsync(asked, before)).Cookie!;
            Assert.NotEqual(before, cookie);
            Assert.Equal("alice", Who(cookie).User);
            Assert.NotEqual("alice", Who(before).User);
        }
        // What the browser held before has ended with it.
        Assert.False(Who(bobs).IsProven);
    }

    [Fact]
    public async Task Two_session_cookies_at_once_are_as_good_as_none()
    {
        var alice = await SignInAsync("alice");
        var mallory = await SignInAsync("bob");
        var name = SignInCookie.Name(isSecure: true);
        foreach (var cookies in new[] { $"{name}={mallory}; {name}={alice}", $"{name}={alice}; a=1; {name}=" })
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Cookie = cookies;
            Assert.False((await Identity.WhoAsync(context)).IsProven);
        }
        var two = new DefaultHttpContext();
        two.Request.Headers.Cookie = new([$"{name}={alice}", $"{name}={mallory}"]);
        Assert.False((await Identity.WhoAsync(two)).IsProven);
        // Over TLS the name without __Host-, which a neighbouring host could set, is not looked at.
        two.Request.Headers.Cookie = $"{name}={alice}; berth_session={mallory}";
        Assert.Equal("alice", (await Identity.WhoAsync(two)).User);
        two.Request.Headers.Cookie = $"berth_session={alice}";
        Assert.False((await Identity.WhoAsync(two)).IsProven);
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
        var url = _desk.Issue("bob", LinkOrder.Usual)!.Url;
        var alice = await SignInAsync("alice");
        var signIn = Post("/berth/sign-in", $"token={Token(url)}", site, origin, alice);
        var signOut = Post("/berth/sign-out", "", site, origin, alice);
        foreach (var answer in new[] { await SendAsync(signIn), await SendAsync(signOut) })
            Assert.Equal((403, (string?)null), (answer.Status, answer.SetCookie));
        Assert.Equal("alice", Who(alice).User);
        // The control: the same request from the gateway's own page does.
        var own = await SendAsync(Post("/berth/sign-in", $"token={Token(url)}", "same-origin", Own, null));
        Assert.Equal("bob", Who(own.Cookie!).User);
    }

    [Fact]
    public async Task A_link_leads_on_within_this_site_alone()
    {
        foreach (var (next, leads) in new[] { ("/p/7?x=1", "/p/7?x=1"), ("//evil.example", "/"), ("/\\evil", "/") })
        {
            var url = $"{_desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString(next)}";
            Assert.Equal(leads, (await SubmitAsync(await GetAsync(url))).Location);
            var token = Token(_desk.Issue("alice", LinkOrder.Usual)!.Url);
            var form = $"token={token}&next={Uri.EscapeDataString(next)}";
            Assert.Equal(leads, (await SendAsync(Post("/berth/sign-in", form, "same-origin", Own, null))).Location);
        }
    }

    [Fact]
    public async Task A_session_ends_when_it_is_revoked_signed_out_of_or_too_old()
    {
        var one = await SignInAsync("alice");
        var two = await SignInAsync("alice");
        var three = await SignInAsync("alice");
        var bob = await SignInAsync("bob");
        var id = _desk.List().First(session => session.User == "alice").Id;
        Assert.Equal(1, _desk.Revoke(id));
        Assert.Equal(2, new[] { one, two, three }.Count(cookie => Who(cookie).IsProven));
        var held = new[] { one, two, three }.First(cookie => Who(cookie).IsProven);
        var gone = await SendAsync(Post("/berth/sign-out", "", "same-origin", Own, held));
        Assert.Equal(200, gone.Status);
        Assert.Contains("Max-Age=0", gone.SetCookie);
        Assert.False(Who(held).IsProven);
        _desk.Issue("alice", LinkOrder.Usual);
        Assert.Equal(2, _desk.Revoke("alice"));
        Assert.Equal(0, _desk.Revoke("alice"));
        Assert.All(new[] { one, two, three }, cookie => Assert.False(Who(cookie).IsProven));
        Assert.Equal("bob", Who(bob).User);
        _clock.Now += TimeSpan.FromDays(30);
        Assert.False(Who(bob).IsProven);
    }

    [Fact]
    public async Task A_person_who_is_removed_is_out_at_once_and_a_namesake_gets_nothing_of_theirs()
    {
        var alice = await SignInAsync("alice");
        var bob = await SignInAsync("bob");
        var link = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        _desk.Follow(Config(("bob", 1001)));
        Assert.False(Who(alice).IsProven);
        Assert.Null(_desk.Issue("alice", LinkOrder.Usual));
        _desk.Follow(Config(("alice", 1000), ("bob", 1001)));
        Assert.False(Who(alice).IsProven);
        Assert.Equal(403, (await GetAsync(link)).Status);
        Assert.Equal("bob", Who(bob).User);
        // The same name, another account.
        _desk.Follow(Config(("alice", 1000), ("bob", 1007)));
        Assert.False(Who(bob).IsProven);
    }

    [Fact]
    public async Task Sign_ins_and_links_outlast_a_restart()
    {
        var alice = await SignInAsync("alice");
        var link = _desk.Issue("bob", LinkOrder.Usual)!.Url;
        _desk = Desk();
        Assert.Equal("alice", Who(alice).User);
        Assert.Equal(303, (await SubmitAsync(await GetAsync(link))).Status);
        _desk = Desk();
        Assert.Equal(403, (await GetAsync(link)).Status);
        // Whoever was removed meanwhile is out.
        _config = Config(("bob", 1001));
        _desk = Desk();
        Assert.False(Who(alice).IsProven);
    }

    [Fact]
    public async Task The_answers_are_guarded_and_never_repeat_the_token_where_it_would_be_kept()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await GetAsync(url);
        var done = await SubmitAsync(asked);
        foreach (var answer in new[] { asked, done, await GetAsync(url), await GetAsync($"{Own}/berth/sign-out") })
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
        Assert.DoesNotContain(Token(url), done.Location);
        Assert.All(_said, line => Assert.DoesNotContain(Token(url), line));
        Assert.All(_said, line => Assert.DoesNotContain(done.Cookie!, line));
    }

    [Fact]
    public async Task Over_plain_http_on_loopback_the_cookie_has_its_plain_name()
    {
        _config = _config with { Gateway = new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link) };
        _desk = Desk();
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var form = Post("/berth/sign-in", $"token={Token(url)}", "same-origin", "http://127.0.0.1:3780", null);
        form.Request.Host = new HostString("127.0.0.1:3780");
        var done = await SendAsync(form);
        Assert.Matches("^berth_session=[^;]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax$", done.SetCookie);
    }

    [Fact]
    public async Task Text_in_a_link_stays_text()
    {
        var answer = await GetAsync(
            $"{_desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString("/\"><script>alert(1)</script>")}"
        );
        Assert.DoesNotContain("<script", answer.Body);
        answer = await GetAsync(
            $"{_desk.Issue("alice", LinkOrder.Usual)!.Url}&next={Uri.EscapeDataString("/a'b&c=d")}"
        );
        Assert.Contains("value=\"/a&#39;b&amp;c=d\"", answer.Body);
    }

    [Fact]
    public async Task Guessing_is_refused_cheaply_and_keeps_nobody_out()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var paths = Paths();
        var statuses = new List<int>();
        for (var guess = 0; guess <= GuessCounter.MostInAMinute + 5; guess++)
            statuses.Add((await SendAsync(Request("GET", $"{Own}/berth/sign-in?token=guess-{guess}"), paths)).Status);
        Assert.Equal(GuessCounter.MostInAMinute, statuses.Count(status => status == 403));
        Assert.Equal(6, statuses.Count(status => status == 429));
        Assert.Single(_said, line => line.Contains("somebody is guessing", StringComparison.Ordinal));
        Assert.Equal(200, (await SendAsync(Request("GET", url), paths)).Status);
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(403, (await SendAsync(Request("GET", $"{Own}/berth/sign-in?token=x"), paths)).Status);
    }

    [Fact]
    public async Task Whoever_is_in_already_is_led_on_by_an_old_link_and_a_second_click()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await GetAsync(url);
        var cookie = (await SubmitAsync(asked)).Cookie!;
        Assert.Equal(303, (await GetAsync(url, cookie)).Status);
        var again = await SubmitAsync(asked, cookie);
        Assert.Equal((303, (string?)null), (again.Status, again.SetCookie));
    }

    [Fact]
    public async Task What_cannot_be_saved_does_not_count_and_the_link_still_works()
    {
        var url = _desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await GetAsync(url);
        // The name that is written first is taken by a folder: a full disk behaves no better.
        var obstacle = Directory.CreateDirectory(Path.Join(State, "sign-ins.json.new"));
        var failed = await SubmitAsync(asked);
        Assert.Equal((500, (string?)null), (failed.Status, failed.SetCookie));
        obstacle.Delete();
        Assert.Equal(303, (await SubmitAsync(asked)).Status);
    }

    [Fact]
    public async Task A_form_that_is_none_signs_nobody_in()
    {
        var token = Token(_desk.Issue("alice", LinkOrder.Usual)!.Url);
        foreach (var type in new[] { "text/plain", "multipart/form-data; boundary=x", "application/json", "" })
        {
            var post = Post("/berth/sign-in", $"token={token}", "same-origin", Own, null);
            post.Request.ContentType = type;
            Assert.Equal(403, (await SendAsync(post)).Status);
        }
        foreach (
            var form in new[] { "", "token", $"token={token}&token={token}", $"token={new string('x', 9_000)}", "%" }
        )
            Assert.Equal(403, (await SendAsync(Post("/berth/sign-in", form, "same-origin", Own, null))).Status);
        Assert.Equal(405, (await SendAsync(Request("PUT", $"{Own}/berth/sign-in"))).Status);
        Assert.Equal("alice", _desk.Meant(token));
    }

    [Fact]
    public async Task A_server_never_sees_the_session()
    {
        var cookie = await SignInAsync("alice");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1/");
        var name = SignInCookie.Name(isSecure: true);
        request.Headers.TryAddWithoutValidation("Cookie", $"t3_session=a; {name}={cookie}; berth_session=x; b=\"2\"");
        Assert.Contains(cookie, request.ToString());
        Identity.Strip(request);
        Assert.Equal("t3_session=a; b=\"2\"", request.Headers.NonValidated["Cookie"].ToString());
    }

    private string State => Path.Join(_folder.Path, "gateway");

    private LinkIdentity Identity => new(_desk);

    private SignInDesk Desk() => new(new SignInFile(State, _said.Add), _config, _clock);

    private static GatewayConfig Config(params (string User, int Uid)[] people) =>
        new(
            new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link) { Url = Own },
            [.. people.Select(person => GatewayConfigs.Route(person.User, person.User, person.Uid))]
        );

    private Identified Who(string cookie)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = $"{SignInCookie.Name(isSecure: true)}={cookie}";
        var who = Identity.WhoAsync(context);
        Assert.True(who.IsCompletedSuccessfully);
        return who.GetAwaiter().GetResult();
    }

    private async Task<string> SignInAsync(string user) =>
        (await SubmitAsync(await GetAsync(_desk.Issue(user, LinkOrder.Usual)!.Url))).Cookie!;

    private static string Token(string url) => HttpUtility.ParseQueryString(new Uri(url).Query)["token"]!;

    private Task<Answer> GetAsync(string url, string? cookie = null) => SendAsync(Request("GET", url, cookie));

    /// <summary>Presses the one button of a page, as a browser does.</summary>
    private Task<Answer> SubmitAsync(Answer page, string? cookie = null)
    {
        Assert.Contains("action=\"/berth/sign-in\"", page.Body);
        var fields = Fields()
            .Matches(page.Body)
            .Select(field =>
                $"{field.Groups[1].Value}={Uri.EscapeDataString(HttpUtility.HtmlDecode(field.Groups[2].Value))}"
            );
        return SendAsync(Post("/berth/sign-in", string.Join('&', fields), "same-origin", Own, cookie));
    }

    private static DefaultHttpContext Request(string method, string url, string? cookie = null)
    {
        var context = new DefaultHttpContext();
        var uri = new Uri(url);
        context.Request.Method = method;
        context.Request.Host = new HostString(uri.Authority);
        context.Request.Path = uri.AbsolutePath;
        context.Request.QueryString = new QueryString(uri.Query);
        if (cookie is not null)
            context.Request.Headers.Cookie = $"{SignInCookie.Name(isSecure: true)}={cookie}";
        return context;
    }

    private static DefaultHttpContext Post(string path, string form, string? site, string? origin, string? cookie)
    {
        var context = Request("POST", Own + path, cookie);
        context.Request.ContentType = "application/x-www-form-urlencoded";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(form));
        if (site is not null)
            context.Request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        return context;
    }

    private IReadOnlyDictionary<string, RequestDelegate> Paths() =>
        new SignInPaths(_desk, new GuessCounter(_clock, _said.Add), _said.Add).ByPath();

    private async Task<Answer> SendAsync(
        DefaultHttpContext context,
        IReadOnlyDictionary<string, RequestDelegate>? paths = null
    )
    {
        using var body = new MemoryStream();
        context.Response.Body = body;
        await (paths ?? Paths())[context.Request.Path.Value!](context);
        var headers = context.Response.Headers;
        return new Answer(
            context.Response.StatusCode,
            Encoding.UTF8.GetString(body.ToArray()),
            headers,
            headers.SetCookie.FirstOrDefault(),
            headers.Location.FirstOrDefault()
        );
    }

    private sealed record Answer(
        int Status,
        string Body,
        IHeaderDictionary Headers,
        string? SetCookie,
        string? Location
    )
    {
        public string? Cookie => SetCookie?.Split('=', 2)[1].Split(';')[0];
    }

    [GeneratedRegex("name=\"([a-z]+)\" value=\"([^\"]*)\"")]
    private static partial Regex Fields();
}
