using System.Text.Json;
using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests;

/// <summary>The same with the real opencode, whose password the gateway knows and the browser never sees.</summary>
public sealed class OpenCodeTests(Chromium browser, OpenCodeWorkstation box) : IClassFixture<OpenCodeWorkstation>
{
    [Fact]
    public async Task Two_people_at_one_address_each_work_in_their_own_opencode()
    {
        await using var alice = await browser.Person(box.Address);
        await using var bob = await browser.Person(box.Address);
        foreach (var (person, user) in new[] { (alice, "alice"), (bob, "bob") })
        {
            await box.SignIn(person, user);
            await person.IsAt("OpenCode");
            await person.Sees("Add project");
            Assert.Equal(box.Home(user), await Home(person));
            Assert.Equal("server.connected", await FirstEvent(person));
            // Beside what opencode's own page keeps, the browser holds its sign-in alone.
            Assert.DoesNotContain(
                "berth",
                await person.Page.EvaluateAsync<string>("document.cookie"),
                StringComparison.Ordinal
            );
            Assert.Single(await person.Context.CookiesAsync(), cookie => cookie.HttpOnly);
            Assert.Empty(person.Complaints());
        }
    }

    [Fact]
    public async Task A_crashed_opencode_is_waited_for_by_pages_and_by_scripts()
    {
        await using var alice = await browser.Person(box.Address);
        await box.SignIn(alice, "alice");
        await alice.IsAt("OpenCode");
        Assert.Equal(box.Home("alice"), await Home(alice));

        box.Kill("alice");
        Assert.Equal(box.Home("alice"), await Home(alice));
        await alice.Page.ReloadAsync();
        await alice.IsAt("OpenCode");
    }

    private static async Task<string?> Home(Person person)
    {
        var answer = await person.Asks("/path");
        Assert.Equal(200, answer.Status);
        using var json = JsonDocument.Parse(answer.Text);
        return json.RootElement.GetProperty("home").GetString();
    }

    private static Task<string> FirstEvent(Person person) =>
        person.Page.EvaluateAsync<string>(
            "() => new Promise((done, failed) => { const events = new EventSource('/event'); events.onerror = failed; events.onmessage = (event) => { events.close(); done(JSON.parse(event.data).type); }; })"
        );
}
