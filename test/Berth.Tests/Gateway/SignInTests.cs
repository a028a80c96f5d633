using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Berth's own sign-in, from the link to the end of a session.</summary>
public sealed class SignInTests : IDisposable
{
    private readonly SignInSite _site = new();

    public void Dispose() => _site.Dispose();

    [Fact]
    public async Task A_link_signs_its_person_in_once()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        Assert.StartsWith($"{SignInSite.Own}/berth/sign-in?token=", url);
        var asked = await _site.GetAsync(url);
        Assert.Equal(200, asked.Status);
        Assert.Contains("Sign in as alice", asked.Body);
        var done = await _site.SubmitAsync(asked);
        Assert.Equal((303, "/"), (done.Status, done.Location));
        Assert.Equal("alice", _site.Who(done.Cookie!).User);
        // Used: neither shown nor taken again, whoever comes with it.
        Assert.Equal(403, (await _site.GetAsync(url)).Status);
        var again = await _site.SubmitAsync(asked);
        Assert.Equal(403, again.Status);
        Assert.Null(again.SetCookie);
    }

    [Fact]
    public async Task A_preview_of_a_link_does_not_use_it_up()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        for (var preview = 0; preview < 3; preview++)
        {
            Assert.Null((await _site.GetAsync(url)).SetCookie);
            Assert.Equal("", (await _site.SendAsync(SignInSite.Request("HEAD", url))).Body);
        }
        Assert.Equal(303, (await _site.SubmitAsync(await _site.GetAsync(url))).Status);
    }

    [Fact]
    public async Task A_link_that_is_too_old_is_worth_nothing()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await _site.GetAsync(url);
        _site.Clock.Now += LinkOrder.Usual - TimeSpan.FromSeconds(1);
        Assert.Equal(200, (await _site.GetAsync(url)).Status);
        _site.Clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(403, (await _site.GetAsync(url)).Status);
        Assert.Null((await _site.SubmitAsync(asked)).SetCookie);
    }

    [Fact]
    public async Task A_session_ends_when_it_is_revoked_signed_out_of_or_too_old()
    {
        var one = await _site.SignInAsync("alice");
        var two = await _site.SignInAsync("alice");
        var three = await _site.SignInAsync("alice");
        var bob = await _site.SignInAsync("bob");
        var id = _site.Desk.List().First(session => session.User == "alice").Id;
        Assert.Equal(1, _site.Desk.Revoke(id));
        Assert.Equal(2, new[] { one, two, three }.Count(cookie => _site.Who(cookie).IsProven));
        var held = new[] { one, two, three }.First(cookie => _site.Who(cookie).IsProven);
        var gone = await _site.SendAsync(SignInSite.Post("/berth/sign-out", "", "same-origin", SignInSite.Own, held));
        Assert.Equal(200, gone.Status);
        Assert.Contains("Max-Age=0", gone.SetCookie);
        Assert.False(_site.Who(held).IsProven);
        _site.Desk.Issue("alice", LinkOrder.Usual);
        Assert.Equal(2, _site.Desk.Revoke("alice"));
        Assert.Equal(0, _site.Desk.Revoke("alice"));
        Assert.All(new[] { one, two, three }, cookie => Assert.False(_site.Who(cookie).IsProven));
        Assert.Equal("bob", _site.Who(bob).User);
        _site.Clock.Now += TimeSpan.FromDays(30);
        Assert.False(_site.Who(bob).IsProven);
    }

    [Fact]
    public async Task Whatever_was_opened_by_a_sign_in_learns_that_it_was_ended()
    {
        var revoked = await _site.SignInAsync("alice");
        var left = await _site.SignInAsync("alice");
        var bob = await _site.SignInAsync("bob");
        CancellationToken[] until = [_site.Who(revoked).Until, _site.Who(left).Until, _site.Who(bob).Until];
        Assert.Equal(until[0], _site.Who(revoked).Until);
        _site.Desk.SignOut(left);
        Assert.Equal([false, true, false], until.Select(one => one.IsCancellationRequested));
        _site.Desk.Revoke("alice");
        Assert.Equal([true, true, false], until.Select(one => one.IsCancellationRequested));
        _site.Desk.Follow(SignInSite.Config(("alice", 1000)));
        Assert.All(until, one => Assert.True(one.IsCancellationRequested));
    }

    [Fact]
    public async Task A_person_who_is_removed_is_out_at_once_and_a_namesake_gets_nothing_of_theirs()
    {
        var alice = await _site.SignInAsync("alice");
        var bob = await _site.SignInAsync("bob");
        var link = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        _site.Desk.Follow(SignInSite.Config(("bob", 1001)));
        Assert.False(_site.Who(alice).IsProven);
        Assert.Null(_site.Desk.Issue("alice", LinkOrder.Usual));
        _site.Desk.Follow(SignInSite.Config(("alice", 1000), ("bob", 1001)));
        Assert.False(_site.Who(alice).IsProven);
        Assert.Equal(403, (await _site.GetAsync(link)).Status);
        Assert.Equal("bob", _site.Who(bob).User);
        // The same name, another account.
        _site.Desk.Follow(SignInSite.Config(("alice", 1000), ("bob", 1007)));
        Assert.False(_site.Who(bob).IsProven);
    }

    [Fact]
    public async Task Sign_ins_and_links_outlast_a_restart()
    {
        var alice = await _site.SignInAsync("alice");
        var link = _site.Desk.Issue("bob", LinkOrder.Usual)!.Url;
        _site.Restart();
        Assert.Equal("alice", _site.Who(alice).User);
        Assert.Equal(303, (await _site.SubmitAsync(await _site.GetAsync(link))).Status);
        _site.Restart();
        Assert.Equal(403, (await _site.GetAsync(link)).Status);
        // Whoever was removed meanwhile is out.
        _site.Restart(SignInSite.Config(("bob", 1001)));
        Assert.False(_site.Who(alice).IsProven);
    }

    [Fact]
    public async Task Over_plain_http_on_loopback_the_cookie_has_its_plain_name()
    {
        var plain = new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link);
        _site.Restart(_site.Desk.Config with { Gateway = plain });
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var form = SignInSite.Post(
            "/berth/sign-in",
            $"token={SignInSite.Token(url)}",
            "same-origin",
            "http://127.0.0.1:3780",
            null
        );
        form.Request.Host = new HostString("127.0.0.1:3780");
        var done = await _site.SendAsync(form);
        Assert.Matches("^berth_session=[^;]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax$", done.SetCookie);
    }

    [Fact]
    public async Task Whoever_is_in_already_is_led_on_by_an_old_link_and_a_second_click()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await _site.GetAsync(url);
        var cookie = (await _site.SubmitAsync(asked)).Cookie!;
        Assert.Equal(303, (await _site.GetAsync(url, cookie)).Status);
        var again = await _site.SubmitAsync(asked, cookie);
        Assert.Equal((303, (string?)null), (again.Status, again.SetCookie));
    }

    [Fact]
    public async Task What_cannot_be_saved_does_not_count_and_the_link_still_works()
    {
        var url = _site.Desk.Issue("alice", LinkOrder.Usual)!.Url;
        var asked = await _site.GetAsync(url);
        // The name that is written first is taken by a folder: a full disk behaves no better.
        var obstacle = Directory.CreateDirectory(Path.Join(_site.State, "sign-ins.json.new"));
        var failed = await _site.SubmitAsync(asked);
        Assert.Equal((500, (string?)null), (failed.Status, failed.SetCookie));
        obstacle.Delete();
        Assert.Equal(303, (await _site.SubmitAsync(asked)).Status);
    }
}
