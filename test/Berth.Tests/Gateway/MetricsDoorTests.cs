using System.Net;
using System.Text;
using Berth.Metrics;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Who may read everybody's numbers. That somebody comes from loopback proves nothing: the control of each attack
/// is the check that goes by the address alone, which lets it in.</summary>
public sealed class MetricsDoorTests
{
    private const string Numbers = "berth_user_memory_bytes{user=\"alice\",surface=\"server\"} 6442450944";
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What a client sends besides, and where the gateway stands.</summary>
    public static TheoryData<string, string> Carried =>
        new()
        {
            { "X-Forwarded-For", "203.0.113.9" },
            { "X-Forwarded-For", "127.0.0.1" },
            { "x-forwarded-host", "code.example" },
            { "X-Forwarded-Proto", "https" },
            { "X-Forwarded-Server", "front" },
            { "Forwarded", "for=127.0.0.1" },
            { "Via", "1.1 front" },
            { "X-Real-IP", "127.0.0.1" },
            { "True-Client-IP", "127.0.0.1" },
            { "CF-Connecting-IP", "203.0.113.9" },
            { "Cf-Ray", "1" },
            { "X-authentik-jwt", "e30.e30." },
            { "Remote-User", "alice" },
            { "X-Auth-Request-Email", "alice@example.com" },
            { "Cookie", "a=b" },
            { "Origin", "https://evil.example" },
            { "Referer", "https://evil.example/" },
            { "Sec-Fetch-Mode", "no-cors" },
            { "Host", "code.example" },
            { "Host", "127.0.0.1.evil.example" },
            { "Host", "localhost.evil.example:3780" },
            { "Host", "203.0.113.9" },
        };

    private static MetricsParts Parts(string me = "root", SharedSecret? token = null) =>
        new(
            () =>
            {
                var page = new MetricWriter();
                page.Line(MetricPage.Head("recorder", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
                page.Line(Numbers);
                return [MetricPage.Parse(Encoding.UTF8.GetString(page.Written))!];
            },
            () => $"daemon:x:1:1::/:/x\n{me}:x:{World.Me}:0::/:/bin/sh\n",
            token
        );

    private static async Task<World> StartAsync(MetricsParts? parts = null, Action<World>? change = null)
    {
        var world = new World { Metrics = parts ?? Parts(), Admins = ["alice"] };
        await world.ServeAsync("alice", context => context.Response.WriteAsync("alice's own"));
        await world.ServeAsync("bob", context => context.Response.WriteAsync("bob's own"));
        change?.Invoke(world);
        await world.StartAsync();
        return world;
    }

    private static async Task<(HttpStatusCode Code, string Text)> ReadAsync(
        World world,
        string? user = null,
        string path = "/metrics",
        params (string Name, string Value)[] headers
    )
    {
        using var browser = world.Browser(user);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await browser.SendAsync(request, Stop);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_program_of_root_on_this_host_reads_them()
    {
        await using var world = await StartAsync();
        var (code, text) = await ReadAsync(world);
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Contains(Numbers, text, StringComparison.Ordinal);
        Assert.Contains("# TYPE berth_user_memory_bytes gauge", text, StringComparison.Ordinal);
        Assert.Contains("berth_source_up{source=\"recorder\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("berth_source_up{source=\"watchdog\"} 0", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Carried))]
    public async Task Whoever_stands_for_somebody_else_does_not(string name, string value)
    {
        await using var world = await StartAsync();
        var (code, text) = await ReadAsync(world, headers: (name, value));
        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.DoesNotContain("berth_user", text, StringComparison.Ordinal);
    }

    /// <summary>socat, a bare nginx, an ssh tunnel: nothing in the request gives them away, only whose process it is.
    /// </summary>
    [Theory]
    [InlineData("www-data")]
    [InlineData("nobody")]
    [InlineData("alice")]
    public async Task A_process_of_an_account_that_the_roster_does_not_name_does_not(string account)
    {
        await using var world = await StartAsync(Parts(account));
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync(world)).Code);
        // The control: named in the roster, the very same may.
        await using var named = await StartAsync(
            Parts(account),
            world => world.Settings = world.Settings with { Metrics = new MetricsSettings([account], null, null) }
        );
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(named)).Code);
    }

    [Fact]
    public async Task Nobody_does_over_loopback_where_the_roster_names_nobody()
    {
        await using var world = await StartAsync(change: world =>
            world.Settings = world.Settings with { Metrics = new MetricsSettings([], null, null) }
        );
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync(world)).Code);
    }

    [Fact]
    public async Task Nobody_does_through_a_proxy_that_the_roster_lists_on_loopback()
    {
        await using var world = await StartAsync(change: world =>
            world.Settings = world.Settings with { Proxies = ["127.0.0.1"] }
        );
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync(world)).Code);
    }

    [Fact]
    public async Task Nobody_does_while_the_kernel_does_not_say_whose_process_it_is()
    {
        await using var world = await StartAsync(change: world =>
            world.Owner = (_, _) => throw new InvalidDataException("no sock_diag")
        );
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync(world)).Code);
    }

    [Fact]
    public void The_address_alone_would_let_every_one_of_them_in()
    {
        Assert.True(IPAddress.IsLoopback(IPAddress.Loopback));
        string[] plain = ["Host", "User-Agent", "Accept", "X-Prometheus-Scrape-Timeout-Seconds"];
        Assert.True(ScrapePolicy.IsLocal(new ScrapeRequest(IPAddress.Loopback, false, "127.0.0.1:3780", plain)));
        Assert.True(ScrapePolicy.IsLocal(new ScrapeRequest(IPAddress.IPv6Loopback, false, "[::1]:3780", plain)));
        Assert.True(ScrapePolicy.IsLocal(new ScrapeRequest(IPAddress.Loopback, false, "localhost", plain)));
        Assert.False(ScrapePolicy.IsLocal(new ScrapeRequest(null, false, "localhost", plain)));
        Assert.False(ScrapePolicy.IsLocal(new ScrapeRequest(IPAddress.Parse("10.0.0.7"), false, "localhost", plain)));
        Assert.False(ScrapePolicy.IsLocal(new ScrapeRequest(IPAddress.Loopback, true, "localhost", plain)));
        Assert.False(
            ScrapePolicy.IsLocal(
                new ScrapeRequest(IPAddress.Loopback, false, "localhost", [.. plain, "X-Whoever"]),
                "x-whoever"
            )
        );
    }

    [Fact]
    public async Task An_admin_who_is_signed_in_reads_them_and_others_do_not()
    {
        await using var world = await StartAsync(Parts("www-data"));
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(world, "alice")).Code);
        var (code, text) = await ReadAsync(world, "bob");
        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.DoesNotContain("alice", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bob's own", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync(world, "mallory")).Code);
    }

    [Fact]
    public async Task An_admin_does_not_at_a_host_that_is_not_the_gateways()
    {
        await using var world = await StartAsync(
            Parts("www-data"),
            world => world.Settings = world.Settings with { Url = "https://code.example" }
        );
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await ReadAsync(world, "alice", headers: ("Host", "evil.example"))).Code
        );
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(world, "alice", headers: ("Host", "code.example"))).Code);
    }

    [Fact]
    public async Task Whoever_shows_the_token_reads_them_from_anywhere()
    {
        using var folder = new TemporaryFolder();
        var token = new SharedSecret(folder.Write("token", "a-long-enough-token\n"), _ => { }, "metrics");
        await using var world = await StartAsync(Parts("www-data", token));
        var host = ("Host", "code.example");
        var forwarded = ("X-Forwarded-For", "203.0.113.9");
        Assert.Equal(
            HttpStatusCode.OK,
            (
                await ReadAsync(
                    world,
                    null,
                    "/metrics",
                    host,
                    forwarded,
                    ("Authorization", "Bearer a-long-enough-token")
                )
            ).Code
        );
        foreach (
            var wrong in (string[])
                ["Bearer a-long-enough-toke", "Bearer", "Bearer ", "a-long-enough-token", "Basic YTpi"]
        )
            Assert.Equal(
                HttpStatusCode.Forbidden,
                (await ReadAsync(world, null, "/metrics", host, ("Authorization", wrong))).Code
            );
    }

    [Fact]
    public async Task It_is_only_read_and_only_under_its_own_name()
    {
        await using var world = await StartAsync();
        using var program = world.Browser(null);
        using var posted = await program.PostAsync("/metrics", new StringContent("x"), Stop);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        Assert.Equal("bob's own", (await ReadAsync(world, "bob", "/metrics/")).Text);
        Assert.Equal("bob's own", (await ReadAsync(world, "bob", "/metrics2")).Text);
    }

    [Fact]
    public async Task Numbers_that_are_old_are_left_out()
    {
        var old = Parts() with
        {
            Pages = () => [MetricPage.Parse($"{MetricPage.Head("recorder", 1_000)}\n{Numbers}\n")!],
        };
        await using var world = await StartAsync(old);
        var (_, text) = await ReadAsync(world);
        Assert.DoesNotContain(Numbers, text, StringComparison.Ordinal);
        Assert.Contains("berth_source_up{source=\"recorder\"} 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_counts_what_it_answers()
    {
        await using var world = await StartAsync();
        world.Add("carol", 1);
        await world.Gateway.ChangeAsync(world.Config);
        await ReadAsync(world, "alice", "/");
        await ReadAsync(world, "bob", "/");
        await ReadAsync(world, null, "/");
        using (var page = world.Browser("carol"))
        {
            page.DefaultRequestHeaders.Add("Sec-Fetch-Mode", "navigate");
            page.DefaultRequestHeaders.Add("Sec-Fetch-Dest", "document");
            using var waiting = await page.GetAsync("/", Stop);
        }
        var (_, text) = await ReadAsync(world);
        Assert.Contains("berth_gateway_requests_total{code=\"200\"} 2", text, StringComparison.Ordinal);
        Assert.Contains("berth_gateway_requests_total{code=\"401\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("berth_gateway_upstream_seconds_count 2", text, StringComparison.Ordinal);
        Assert.Contains("berth_gateway_upstream_seconds_bucket{le=\"+Inf\"} 2", text, StringComparison.Ordinal);
        Assert.Contains("berth_gateway_waiting_answers_total 1", text, StringComparison.Ordinal);
        Assert.Contains("berth_gateway_websockets_open 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_below_its_servers_that_only_looks_like_it_is_theirs_alone()
    {
        await using var world = await StartAsync();
        using var client = await world.RawAsync();
        await client.SendAsync("GET /x/../metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        // Kestrel resolves the dots: it is the same path, and the same answer.
        Assert.Contains(" 200 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }
}
