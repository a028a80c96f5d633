using System.Text.Json;
using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Microsoft.Playwright;
using Xunit;

namespace Berth.WebTests;

/// <summary>The same with the real claude-code-ui, whose page keeps a token that the gateway hands it.</summary>
public sealed class ClaudeCodeUiTests(Chromium browser, ClaudeCodeUiWorkstation box)
    : IClassFixture<ClaudeCodeUiWorkstation>
{
    [Fact]
    public async Task Two_people_at_one_address_each_work_in_their_own_server_with_a_token_of_their_own()
    {
        await using var alice = await browser.Person(box.Address);
        await using var bob = await browser.Person(box.Address);
        var tokens = new List<string>();
        foreach (var (person, user) in new[] { (alice, "alice"), (bob, "bob") })
        {
            Project(user);
            await box.SignIn(person, user);
            await person.IsAt("Claude Code UI");
            await person.Sees($"work-of-{user}");
            Assert.Equal("open", await Socket(person));
            var token = await person.Page.EvaluateAsync<string>("localStorage.getItem('auth-token')");
            tokens.Add(token);
            Assert.DoesNotContain(box.Secret(user), await person.Page.ContentAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain(token, box.AccessLog(), StringComparison.Ordinal);
            // The page asks GitHub for a newer version of itself, which is not to be had here.
            Assert.DoesNotContain(person.Complaints(), IsRefusal);
        }
        // One person's token says nothing to another's server.
        Assert.Equal(200, await Asks(alice, tokens[0]));
        Assert.Equal(403, await Asks(alice, tokens[1]));
    }

    [Fact]
    public async Task Without_the_gateway_claude_code_ui_asks_who_it_is()
    {
        await using var anybody = await browser.Person($"http://127.0.0.1:{box.Servers["bob"]}");
        await anybody.Goes("/");
        await anybody.Sees("Password");
        // It listens on every interface: under 'berth up' nothing but a word stands against that.
        Assert.Contains("claude-code-ui listens on every interface", box.Said, StringComparison.Ordinal);
        Assert.Contains(
            File.ReadLines("/proc/net/tcp"),
            line => line.Contains($" 00000000:{box.Servers["bob"]:X4} 00000000:0000 0A ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_crashed_server_is_waited_for_and_a_token_that_was_lost_is_handed_again()
    {
        await using var alice = await browser.Person(box.Address);
        Project("alice");
        await box.SignIn(alice, "alice");
        await alice.Sees("work-of-alice");
        await NoWorker(alice);
        box.Kill("alice");
        Assert.False((await alice.Page.ReloadAsync())!.FromServiceWorker);
        await alice.Sees("work-of-alice");
        await NoWorker(alice);

        // As after somebody else in this browser, or with a token of a server that lost its database.
        await alice.Page.EvaluateAsync("localStorage.setItem('auth-token', 'of-somebody-else')");
        await alice.Context.ClearCookiesAsync(new() { Name = "claude_code_ui_token" });
        Assert.False((await alice.Page.ReloadAsync())!.FromServiceWorker);
        await alice.Sees("work-of-alice");
    }

    /// <summary>The page's own service worker would answer the next load in the gateway's place.</summary>
    private static Task<IJSHandle> NoWorker(Person person) =>
        person.Page.WaitForFunctionAsync(
            "async () => (await navigator.serviceWorker.getRegistrations()).length === 0 && (await caches.keys()).length === 0"
        );

    /// <summary>A project that this person's server alone knows.</summary>
    private void Project(string user)
    {
        var folder = Path.Join(box.Home(user), ".claude", "projects", $"-srv-work-of-{user}");
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Join(folder, "0b1e7a52-0000-4000-8000-000000000001.jsonl"),
            JsonSerializer.Serialize(
                new
                {
                    type = "user",
                    cwd = $"/srv/work-of-{user}",
                    sessionId = "0b1e7a52-0000-4000-8000-000000000001",
                    timestamp = "2026-01-01T00:00:00.000Z",
                    message = new { role = "user", content = "hello" },
                }
            ) + "\n"
        );
    }

    private static bool IsRefusal(string complaint) =>
        complaint.Contains("status of", StringComparison.Ordinal)
        || complaint.Contains("WebSocket", StringComparison.Ordinal);

    private static Task<string> Socket(Person person) =>
        person.Page.EvaluateAsync<string>(
            "() => new Promise((done) => { const socket = new WebSocket(`ws://${location.host}/ws?token=${localStorage.getItem('auth-token')}`); socket.onopen = () => { socket.close(); done('open'); }; socket.onerror = () => done('failed'); })"
        );

    private static Task<int> Asks(Person person, string token) =>
        person.Page.EvaluateAsync<int>(
            "async (token) => (await fetch('/api/auth/user', { headers: { Authorization: `Bearer ${token}` } })).status",
            token
        );
}
