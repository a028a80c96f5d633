using System.Net;
using Berth.Host;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>A server that answers what Berth does not know, from the gateway, which may write nothing, to the incident.
/// </summary>
public sealed class DriftTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private sealed class Unknown(bool drift) : IPairing
    {
        public ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop) =>
            throw new PairingException("it answered 418", drift);

        public void Inject(HttpRequestMessage request) { }
    }

    private static async Task<(World World, List<string> Told)> StartAsync(bool drift)
    {
        var told = new List<string>();
        var world = new World
        {
            Pairing = (_, _) => new Unknown(drift),
            Drifted = (user, note) => told.Add($"{user}: {note}"),
        };
        await world.ServeAsync("alice", context => context.Response.WriteAsync("hello"));
        await world.StartAsync();
        return (world, told);
    }

    [Fact]
    public async Task The_gateway_tells_whose_server_it_does_not_know_and_goes_on()
    {
        var (world, told) = await StartAsync(drift: true);
        await using var _ = world;
        using var browser = world.Browser("alice");
        using var page = await browser.GetAsync("/", Stop);
        Assert.NotEqual(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(["alice: it answered 418"], told);
    }

    [Fact]
    public async Task A_server_that_is_merely_away_is_no_drift()
    {
        var (world, told) = await StartAsync(drift: false);
        await using var _ = world;
        using var browser = world.Browser("alice");
        using var page = await browser.GetAsync("/", Stop);
        Assert.NotEqual(HttpStatusCode.OK, page.StatusCode);
        Assert.Empty(told);
    }

    [Fact]
    public async Task The_daemon_takes_the_word_about_a_person_of_the_roster_and_about_nobody_else()
    {
        using var root = new TemporaryFolder();
        var world = new World();
        world.Add("alice", 3773);
        root.Write(GatewayConfig.Path, world.Config.ToJson());
        var told = new List<string>();
        using var requests = new PairingRequests(
            new HostPaths(root.Path),
            new ServerMint((_, _, _) => throw new InvalidOperationException("nothing is run")),
            TimeProvider.System,
            (user, note) => told.Add($"{user}: {note}")
        );
        async Task<string?> Ask(ControlRequest request) => (await requests.AnswerAsync(request.ToLine(), Stop)).Error;
        Assert.Null(await Ask(new ControlRequest("drift", "alice", Note: "it answered 418")));
        Assert.NotNull(await Ask(new ControlRequest("drift", "mallory", Note: "x")));
        Assert.NotNull(await Ask(new ControlRequest("drift", "../alice", Note: "x")));
        Assert.NotNull(await Ask(new ControlRequest("drift", "alice")));
        Assert.Equal(["alice: it answered 418"], told);
    }
}
