using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests;

/// <summary>The tests' own eyes: what a page does wrong is seen.</summary>
public sealed class BrowserTests(Chromium browser)
{
    [Fact]
    public async Task What_a_page_complains_of_is_heard_and_what_it_shows_is_seen()
    {
        await using var somebody = await browser.Person("http://127.0.0.1");
        await somebody.Page.SetContentAsync("<h1>Hello</h1><script>console.error('a'); throw new Error('b')</script>");
        await somebody.Sees("Hello");
        Assert.Equal(2, somebody.Complaints().Count);
        Assert.Empty(somebody.Complaints());
    }

    [Fact]
    public async Task Two_people_share_no_cookie()
    {
        await using var alice = await browser.Person("http://127.0.0.1");
        await using var bob = await browser.Person("http://127.0.0.1");
        await alice.Context.AddCookiesAsync([
            new()
            {
                Name = "a",
                Value = "b",
                Url = "http://127.0.0.1/",
            },
        ]);
        Assert.Single(await alice.Context.CookiesAsync());
        Assert.Empty(await bob.Context.CookiesAsync());
    }
}
