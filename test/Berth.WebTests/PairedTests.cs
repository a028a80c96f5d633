using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Microsoft.Playwright;
using Xunit;

namespace Berth.WebTests;

/// <summary>Two people with T3 Code behind one address, in browsers of their own.</summary>
public sealed class PairedTests(Chromium browser, T3Workstation box) : IClassFixture<T3Workstation>
{
    [Fact]
    public async Task Two_people_at_one_address_each_see_their_own_server()
    {
        await using var alice = await SignedIn("alice");
        await using var bob = await SignedIn("bob");

        await IsAtHome(alice, "alice");
        await IsAtHome(bob, "bob");
        await alice.Page.ReloadAsync();
        await IsAtHome(alice, "alice");
        Assert.Empty(alice.Complaints());
        Assert.Empty(bob.Complaints());
    }

    [Fact]
    public async Task No_script_can_read_what_a_browser_is_signed_in_with_and_no_other_site_can_use_it()
    {
        await using var alice = await SignedIn("alice");
        await IsAtHome(alice, "alice");

        var cookies = await alice.Context.CookiesAsync();
        Assert.Equal(2, cookies.Count);
        Assert.All(cookies, cookie => Assert.True(cookie.HttpOnly, cookie.Name));
        Assert.All(cookies, cookie => Assert.NotEqual(SameSiteAttribute.None, cookie.SameSite));
        Assert.Equal("", await alice.Page.EvaluateAsync<string>("document.cookie"));
    }

    [Fact]
    public async Task A_link_of_somebody_else_makes_the_browser_theirs()
    {
        await using var somebody = await SignedIn("alice");
        await IsAtHome(somebody, "alice");
        await box.SignIn(somebody, "bob");
        await IsAtHome(somebody, "bob");
        Assert.Empty(somebody.Complaints());
    }

    [Fact]
    public async Task A_link_works_once()
    {
        var link = await box.Link("alice");
        await using var alice = await browser.Person(box.Address);
        await alice.Goes(link);
        await alice.Pictures("sign-in");
        await alice.Page.GetByRole(AriaRole.Button).ClickAsync();
        await IsAtHome(alice, "alice");

        await using var thief = await browser.Person(box.Address);
        await thief.Goes(link);
        await thief.Sees("This link does not work");
        await thief.Pictures("sign-in-used-link");
        await thief.Goes("/");
        await thief.Sees("Please sign in");
        await thief.Pictures("sign-in-needed");
    }

    [Fact]
    public async Task The_way_in_and_out_is_safe_to_show()
    {
        using var client = new Client(box.Address, null);
        var link = new Uri(await box.Link("bob"));
        Own.IsSafe(await client.Opens(link.PathAndQuery));
        Own.IsSafe(await client.Opens("/berth/sign-in?token=nobodys"));
        Own.IsSafe(await client.Opens("/berth/sign-in"));
        Own.IsSafe(await client.Opens("/berth/sign-out"));
        Own.IsSafe(await client.Opens("/"));

        var foreign = await client.Sends(link.AbsolutePath, link.Query[1..], "https://evil.example");
        Assert.Equal(403, (int)foreign.StatusCode);
        Own.IsSafe(foreign);
        var signedIn = await client.Sends(link.AbsolutePath, link.Query[1..], box.Address);
        Assert.Equal(303, (int)signedIn.StatusCode);
        Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Own.IsSafe(signedIn);
    }

    [Fact]
    public async Task Signed_out_of_the_server_alone_a_person_is_back_without_a_word()
    {
        await using var alice = await SignedIn("alice");
        await IsAtHome(alice, "alice");
        var before = await Session(alice);
        await alice.Page.ClickAsync("#leave");
        // The page loads itself anew.
        await Until(async () => await Session(alice) != before);
        await IsAtHome(alice, "alice");
        Assert.Empty(alice.Complaints());
    }

    [Fact]
    public async Task A_session_that_the_server_does_not_know_is_replaced_without_a_word()
    {
        await using var alice = await SignedIn("alice");
        await IsAtHome(alice, "alice");
        var session = (await alice.Context.CookiesAsync()).Single(IsServers);
        await alice.Context.AddCookiesAsync([
            new()
            {
                Name = session.Name,
                Value = "of-a-server-that-lost-its-database",
                Domain = session.Domain,
                Path = "/",
                HttpOnly = true,
            },
        ]);
        await alice.Page.ReloadAsync();
        await IsAtHome(alice, "alice");
        Assert.Empty(alice.Complaints());
    }

    [Fact]
    public async Task Signed_out_of_berth_a_browser_is_nobodys()
    {
        await using var alice = await SignedIn("alice");
        await IsAtHome(alice, "alice");
        await alice.Goes("/berth/sign-out");
        await alice.Page.GetByRole(AriaRole.Button).ClickAsync();
        await alice.Sees("You are signed out");
        await alice.Pictures("signed-out");
        await alice.Goes("/");
        await alice.Sees("Please sign in");
    }

    [Fact]
    public async Task A_crashed_server_is_waited_for_and_everything_heals_by_itself()
    {
        await using var alice = await SignedIn("alice");
        await using var bob = await SignedIn("bob");
        await IsAtHome(alice, "alice");
        await IsAtHome(bob, "bob");

        box.Kill("alice");
        var second = await alice.Context.NewPageAsync();
        await second.GotoAsync("/");
        await Assertions.Expect(second.Locator("h1")).ToHaveTextAsync("Your server is starting");
        // Nobody touches anything from here.
        await Shows(second.Locator("#session"), "paired as alice");
        await alice.Sees("#opened", "2");
        await alice.Sees("#socket", "open");
        await Shows(alice.Page.Locator("#terminal"), "alice 1");
        // Her stream broke off and came back; nothing else was amiss, and bob noticed nothing.
        Assert.All(alice.Complaints(), complaint => Assert.Contains("/double/terminal", complaint));
        await bob.Sees("#opened", "1");
        Assert.Empty(bob.Complaints());
    }

    private async Task<Person> SignedIn(string user)
    {
        var person = await browser.Person(box.Address);
        await box.SignIn(person, user);
        return person;
    }

    private static async Task IsAtHome(Person person, string user)
    {
        await person.Sees("#who", user);
        await person.Sees("#session", $"paired as {user}");
        await person.Sees("#socket", "open");
        await Assertions
            .Expect(person.Page.Locator("#terminal"))
            .ToContainTextAsync($"{user} ", new() { Timeout = (float)Limits.Generous.TotalMilliseconds });
    }

    private static Task Shows(ILocator place, string text) =>
        Assertions.Expect(place).ToContainTextAsync(text, new() { Timeout = (float)Limits.Generous.TotalMilliseconds });

    private static async Task<string> Session(Person person) =>
        (await person.Context.CookiesAsync()).FirstOrDefault(IsServers)?.Value ?? "";

    private static bool IsServers(BrowserContextCookiesResult cookie) =>
        cookie.Name.StartsWith("t3_session", StringComparison.Ordinal);

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Limits.Generous);
        while (!await holds())
            await Task.Delay(50, patience.Token);
    }
}
