using Berth.Doubles.T3;
using Berth.Gateway;
using Berth.Servers;
using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests;

/// <summary>The pages that Berth itself shows: what they say, what they look like (pictures in artifacts/web), and what
/// their answers carry.</summary>
public sealed class OwnPagesTests(Chromium browser, HeaderGateway gateway) : IClassFixture<HeaderGateway>
{
    [Theory]
    [InlineData("mallory", 403, "You have no place here yet", "help@example.com")]
    [InlineData("parked", 503, "Your server is parked", "help@example.com")]
    [InlineData("serverless", 503, "You have no server yet", "help@example.com")]
    [InlineData("starting", 503, "Your server is starting", "You will be led there")]
    [InlineData("squatted", 503, "Your server's place is taken", "help@example.com")]
    [InlineData("unpaired", 503, "You cannot be signed in to your server now", "help@example.com")]
    [InlineData(null, 401, "Please sign in", "help@example.com")]
    public async Task A_page_says_what_is_the_matter_and_whom_to_ask(
        string? user,
        int status,
        string title,
        string tells
    )
    {
        await using var squatter = await Site.Start("what must not be reached");
        await using var t3 = await T3Double.Start();
        switch (user)
        {
            case "parked":
                gateway.Lead(user, 0, route => route with { State = RouteState.Parked });
                break;
            case "serverless":
                gateway.Lead(user, 0, route => route with { State = RouteState.NoServer, Server = null });
                break;
            case "starting":
                gateway.Lead(user, Ports.Free(1)[0]);
                break;
            case "squatted":
                gateway.Lead(user, squatter.Port, route => route with { Uid = route.Uid + 1 });
                break;
            case "unpaired":
                gateway.Lead(user, t3.Port, route => route with { Preset = Presets.T3.Name });
                break;
        }
        var headers = user is null ? null : HeaderGateway.Headers(user);
        await using var somebody = await browser.Person(gateway.Address, headers);

        // Routes are taken up within a second.
        await somebody.Arrives("/", title);
        await somebody.Sees(tells);
        await somebody.Pictures($"page-{user ?? "nobody"}");
        // That a page is no success is told by the browser itself; nothing else may be.
        Assert.All(somebody.Complaints(), complaint => Assert.Contains("Failed to load resource", complaint));
        Assert.Equal(0, squatter.Requests);
        using var client = new Client(gateway.Address, headers);
        var answer = await client.Opens("/");
        Assert.Equal(status, (int)answer.StatusCode);
        Own.IsSafe(answer);
    }

    [Theory]
    [InlineData("GET", "/berth/nothing", 404)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("POST", "/", 403)]
    [InlineData("GET", "/berth/ws-echo", 404)]
    public async Task Whatever_berth_itself_answers_is_safe_to_show(string method, string path, int status)
    {
        using var client = new Client(gateway.Address, HeaderGateway.Headers("mallory"));
        var answer = await client.Asks(method, path, ("Origin", "https://evil.example"));
        Assert.Equal(status, (int)answer.StatusCode);
        Own.IsSafe(answer);
    }

    [Fact]
    public async Task The_control_a_page_without_these_headers_is_seen_to_be_unsafe()
    {
        await using var site = await Site.Start("a page like any other");
        using var client = new Client($"http://127.0.0.1:{site.Port}", null);
        Assert.NotEmpty(Own.Lacks(await client.Opens("/")));
    }
}
