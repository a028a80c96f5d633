using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests;

/// <summary>What people notice of a change of routes.</summary>
public sealed class RouteTests(Chromium browser, HeaderGateway gateway) : IClassFixture<HeaderGateway>
{
    [Fact]
    public async Task Whoever_moves_to_another_server_is_led_there_and_nobody_elses_stream_breaks()
    {
        await using var before = await Site.Start("alice's old server");
        await using var after = await Site.Start("alice's new server");
        await using var bobs = await Site.Start("bob's server");
        gateway.Lead("alice", before.Port);
        gateway.Lead("bob", bobs.Port);
        await using var alice = await browser.Person(gateway.Address, HeaderGateway.Headers("alice"));
        await using var bob = await browser.Person(gateway.Address, HeaderGateway.Headers("bob"));
        await Arrives(alice, "alice's old server");
        await Arrives(bob, "bob's server");

        gateway.Lead("alice", after.Port);
        // Her open stream ends with her old server, and comes again at the new one.
        await alice.Sees("#opened", "2");
        await Arrives(alice, "alice's new server");
        var line = await Line(bob);
        await bob.Page.WaitForFunctionAsync(
            "before => Number(document.getElementById('line').textContent) > before + 20",
            line
        );
        await bob.Sees("#opened", "1");
        Assert.Empty(bob.Complaints());
    }

    private static async Task Arrives(Person person, string at)
    {
        // Routes are taken up within a second.
        await person.Arrives("/", at);
        await person.Sees("#opened", "1");
    }

    private static async Task<int> Line(Person person) =>
        int.Parse(await person.Page.InnerTextAsync("#line"), System.Globalization.CultureInfo.InvariantCulture);
}
