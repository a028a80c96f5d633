using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Berth.Servers;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Servers that stall, lie and die.</summary>
public sealed class FaultTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_a_server_is_down_a_person_gets_a_page_and_a_script_waits_until_it_is_up()
    {
        await using var world = new World();
        var port = await FreePortAsync();
        world.Add("alice", port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(Navigate("/"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        Assert.NotNull(page.Headers.RetryAfter);
        var html = await page.Content.ReadAsStringAsync(Stop);
        Assert.Contains("Your server is starting", html);
        Assert.Contains("http-equiv=\"refresh\"", html);
        // The script asks while nobody listens, and is answered by the server that comes.
        var script = alice.GetStringAsync("/api", Stop);
        await using var server = await TestServer.StartAsync(context => context.Response.WriteAsync("up"), port);
        Assert.Equal("up", await script);
        using var after = await alice.SendAsync(Navigate("/"), Stop);
        Assert.Equal("up", await after.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_restart_is_waited_out_by_requests_that_change_nothing_and_by_those_that_never_left()
    {
        await using var world = new World();
        var first = await TestServer.StartAsync(context => context.Response.WriteAsync("first"));
        world.Add("alice", first.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        Assert.Equal("first", await alice.GetStringAsync("/", Stop));
        await first.DisposeAsync();
        var get = alice.GetStringAsync("/", Stop);
        var post = alice.PostAsync("/", new StringContent("body"), Stop);
        await using var second = await TestServer.StartAsync(
            async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                await context.Response.WriteAsync("second " + await reader.ReadToEndAsync(Stop), Stop);
            },
            first.Port
        );
        Assert.Equal("second ", await get);
        using var answer = await post;
        Assert.Equal("second body", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task What_may_have_been_done_is_not_done_twice()
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, number) =>
            {
                if (number == 1)
                {
                    await ServeAsync(client); // the ready check of a connection that is accepted
                    return;
                }
                await client.ReadHeadAsync();
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var response = await alice.PostAsync("/", new StringContent("pay"), Stop);
        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task A_server_that_listens_and_accepts_nothing_is_named_a_stall()
    {
        await using var world = new World { AcceptBound = TimeSpan.FromMilliseconds(300) };
        await using var server = new RawServer(null);
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(Navigate("/"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        Assert.Contains("alice", await world.Log.WaitForAsync("accepted nothing"));
    }

    [Fact]
    public async Task A_server_that_never_answers_its_ready_check_is_not_sent_to()
    {
        await using var world = new World();
        var requests = new SynchronizedLines();
        await using var server = new RawServer(
            async (client, _) => requests.Add(await client.ReadUntilAsync(text => text.Contains("/real")))
        );
        world.Add("alice", server.Port, ready: new ReadyCheck("/ready", "version"));
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(Navigate("/real"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        Assert.DoesNotContain(requests.All, text => text.Contains("/real"));
    }

    [Fact]
    public async Task Readiness_is_the_presets_check_and_not_any_answer()
    {
        await using var world = new World();
        var ready = false;
        var server = await TestServer.StartAsync(context =>
            context.Request.Path == "/ready"
                ? context.Response.WriteAsync(ready ? "{\"version\":1}" : "<html>a page for everything</html>")
                : context.Response.WriteAsync("real")
        );
        await using var _ = server;
        world.Add("alice", server.Port, ready: new ReadyCheck("/ready", "version"));
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var page = await alice.SendAsync(Navigate("/"), Stop);
        Assert.Equal(503, (int)page.StatusCode);
        ready = true;
        Assert.Equal("real", await alice.GetStringAsync("/", Stop));
    }

    [Fact]
    public async Task Headers_without_end_are_refused_and_said_so()
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, _) =>
            {
                await client.ReadHeadAsync();
                await client.SendAsync(
                    $"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 1 << 20)}\r\nContent-Length: 0\r\n\r\n"
                );
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var response = await alice.SendAsync(Navigate("/"), Stop);
        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("64 KB", await response.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")]
    public async Task An_answer_that_breaks_off_is_not_passed_off_as_whole(string answer)
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, _) =>
            {
                await client.ReadHeadAsync();
                await client.SendAsync(answer);
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => alice.GetStringAsync("/", Stop));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("rubbish\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task An_answer_that_is_no_HTTP_never_turns_into_one(string answer)
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, _) =>
            {
                await client.ReadHeadAsync();
                await client.SendAsync(answer);
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var raw = await world.RawAsync();
        await raw.SendAsync(
            "POST / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        var got = await raw.ReadToEndAsync();
        // Whatever is made of it, what the browser gets has one meaning: a whole answer, or one that breaks off.
        Assert.DoesNotContain("rubbish", got);
        Assert.DoesNotContain("hello!", got);
        Assert.DoesNotContain(" folded", got);
        Assert.False(
            got.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                && got.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_server_that_closes_its_sending_half_has_answered()
    {
        await using var world = new World();
        await using var server = new RawServer(
            async (client, _) =>
            {
                await client.ReadHeadAsync();
                await client.SendAsync("HTTP/1.1 200 OK\r\n\r\nuntil the end");
                client.Socket.Shutdown(SocketShutdown.Send);
                await client.ReadToEndAsync();
            }
        );
        world.Add("alice", server.Port);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        Assert.Equal("until the end", await alice.GetStringAsync("/", Stop));
    }

    internal static HttpRequestMessage Navigate(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        request.Headers.Add("Sec-Fetch-Dest", "document");
        request.Headers.Add("Accept", "text/html");
        return request;
    }

    /// <summary>A port that nobody listens on now.</summary>
    private static async Task<int> FreePortAsync()
    {
        await using var server = new RawServer(null);
        return server.Port;
    }

    private static async Task ServeAsync(RawClient client)
    {
        while ((await client.ReadHeadAsync()).Length > 0)
            await client.SendAsync(Ok);
    }
}
