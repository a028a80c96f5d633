using System.Collections.Concurrent;
using Berth.WebTests.Box;
using Berth.WebTests.Browser;
using Microsoft.Playwright;
using Xunit;

namespace Berth.WebTests;

/// <summary>The same with the real code-server, whose password the gateway knows and the browser never sees.</summary>
public sealed class CodeServerTests(Chromium browser, CodeServerWorkstation box) : IClassFixture<CodeServerWorkstation>
{
    private const string Session = "code-server-session";
    private static readonly string[] s_refusals = ["401", "403", "500", "502", "504"];

    [Fact]
    public async Task Two_people_at_one_address_each_work_in_their_own_editor_and_see_no_password()
    {
        await using var alice = await browser.Person(box.Address);
        await using var bob = await browser.Person(box.Address);
        foreach (var (person, user, other) in new[] { (alice, "alice", "bob"), (bob, "bob", "alice") })
        {
            var seen = new ConcurrentQueue<string>();
            person.Page.Request += (_, request) => seen.Enqueue($"{request.Url} {Text(request.Headers)}");
            person.Page.Response += (_, response) => seen.Enqueue(Text(response.Headers));
            await File.WriteAllTextAsync(
                Path.Join(box.Home(user), $"notes-of-{user}.txt"),
                user,
                TestContext.Current.CancellationToken
            );
            await box.SignIn(person, user);
            await Opens(person, user);
            // The file list came over a WebSocket, from a server that runs in this person's home.
            Assert.Equal(0, await person.Page.GetByText($"notes-of-{other}.txt").CountAsync());
            // The browser holds its sign-in alone, and was told neither password nor session.
            var cookie = Assert.Single(await person.Context.CookiesAsync(), cookie => cookie.HttpOnly);
            Assert.Contains("berth", cookie.Name, StringComparison.Ordinal);
            Assert.NotEmpty(seen);
            Assert.DoesNotContain(seen, text => text.Contains(box.Secret(user), StringComparison.Ordinal));
            Assert.DoesNotContain(seen, text => text.Contains(Session, StringComparison.Ordinal));
            Assert.DoesNotContain(person.Complaints(), IsRefusal);
        }
    }

    [Fact]
    public async Task Without_the_gateway_code_server_asks_for_the_password()
    {
        await using var anybody = await browser.Person($"http://127.0.0.1:{box.Servers["alice"]}");
        await anybody.Goes("/");
        await anybody.Page.WaitForURLAsync("**/login**");
        await anybody.Sees("Please log in below");
    }

    [Fact]
    public async Task A_crashed_code_server_is_waited_for_and_nobody_signs_in_again()
    {
        await using var alice = await browser.Person(box.Address);
        await File.WriteAllTextAsync(
            Path.Join(box.Home("alice"), "notes-of-alice.txt"),
            "alice",
            TestContext.Current.CancellationToken
        );
        await box.SignIn(alice, "alice");
        await Opens(alice, "alice");

        box.Kill("alice");
        Assert.Equal(200, (await alice.Asks("/healthz/")).Status);
        await Opens(alice, "alice");
    }

    private async Task Opens(Person person, string user)
    {
        var frame = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        person.Page.WebSocket += (_, socket) => socket.FrameReceived += (_, _) => frame.TrySetResult();
        await person.Goes($"/?folder={box.Home(user)}");
        await Assertions
            .Expect(person.Page.GetByText($"notes-of-{user}.txt").First)
            .ToBeVisibleAsync(new() { Timeout = (float)Limits.Generous.TotalMilliseconds });
        await frame.Task.WaitAsync(Limits.Generous, TestContext.Current.CancellationToken);
    }

    /// <summary>The npm package lacks a module or two of the editor's own (404); nobody is refused or kept waiting.
    /// </summary>
    private static bool IsRefusal(string complaint) =>
        s_refusals.Any(status => complaint.Contains($"status of {status}", StringComparison.Ordinal));

    private static string Text(Dictionary<string, string> headers) =>
        string.Join('\n', headers.Select(header => $"{header.Key}: {header.Value}"));
}
