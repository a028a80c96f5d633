using Berth.Rosters;
using Xunit;

namespace Berth.Embedded;

public sealed class RosterChangeTests
{
    private const string Start = """
        gateway: {listen: 127.0.0.1:3780}
        servers:
          web: {preset: custom, ports: 4000-4009, command: [web]}
          other: {preset: custom, ports: 5000-5009, command: [other]}
        defaults: {server: web, memory: 1G}
        users:
          alice: {login: alice@example.com, port: 4000}
          bob: {login: bob@example.com, port: 4001}

        """;

    [Theory]
    [InlineData("bob@example.com", "bob@example.com", "no server changes")]
    [InlineData("users:", "users:\n  carol: {login: carol@example.com, port: 4002}", "starts carol")]
    [InlineData("port: 4001}", "port: 4001, parked: true}", "stops bob")]
    [InlineData("port: 4001}", "port: 4001, removed: true}", "stops bob")]
    [InlineData("port: 4001}", "port: 4001, memory: 2G}", "another cap for bob")]
    [InlineData("bob@example.com", "robert@example.com", "another login for bob")]
    [InlineData("port: 4001}", "port: 4003}", "restarts bob")]
    [InlineData("port: 4001}", "port: 5001, server: other}", "restarts bob")]
    [InlineData("command: [web]", "command: [web, --new]", "restarts alice, bob")]
    [InlineData("command: [web]", "command: [web], environment: {A: b}", "restarts alice, bob")]
    [InlineData("command: [web]", "command: [web], ready: /ready", "no server changes")]
    [InlineData("4000-4009", "4000-4019", "no server changes")]
    [InlineData("command: [other]", "command: [another]", "no server changes")]
    public void An_edit_touches_those_alone_whom_it_is_about(string before, string after, string said)
    {
        var (old, edited) = (Read(Start), Read(Start.Replace(before, after, StringComparison.Ordinal)));
        var change = RosterChange.Between(old, edited, Of(old), Of(edited));
        Assert.Equal(said, change.ToString());
        // Everybody is in one place.
        Assert.Equal(
            Of(old).Concat(Of(edited)).Select(one => one.User).Distinct().Order(),
            change
                .Starts.Concat(change.Restarts)
                .Concat(change.Stays)
                .Select(one => one.User)
                .Concat(change.Stops.Keys)
                .Order()
        );
    }

    [Fact]
    public void Who_is_stopped_is_told_why()
    {
        var (old, none) = (Read(Start), Read(Start[..Start.IndexOf("  bob", StringComparison.Ordinal)]));
        Assert.Equal("no longer in the roster", RosterChange.Between(old, none, Of(old), Of(none)).Stops["bob"]);
        var parked = Read(Start.Replace("port: 4001", "parked: true", StringComparison.Ordinal));
        Assert.Equal("parked", RosterChange.Between(old, parked, Of(old), Of(parked)).Stops["bob"]);
    }

    [Fact]
    public void A_gateway_that_runs_keeps_where_it_listens_and_whom_it_believes_and_takes_up_the_rest()
    {
        var running = Read(Start).Gateway!;
        var edited = running with
        {
            Listen = "127.0.0.1:3999",
            Identity = IdentitySettings.Link with { SessionDays = 3 },
            Contact = "help@example.com",
            Proxies = ["10.0.0.7"],
        };
        Assert.Equal(["listen", "identity"], GatewayEdit.Fixed(running, edited));
        var live = GatewayEdit.Live(running, edited)!;
        Assert.Equal((running.Listen, running.Identity), (live.Listen, live.Identity));
        Assert.Equal(("help@example.com", "10.0.0.7"), (live.Contact, live.Proxies[0]));
        Assert.Empty(GatewayEdit.Fixed(running, live));
        Assert.Equal(["gateway"], GatewayEdit.Fixed(running, null));
        Assert.Equal(["gateway"], GatewayEdit.Fixed(null, running));
        Assert.Empty(GatewayEdit.Fixed(null, null));
    }

    private static Roster Read(string text)
    {
        var reading = RosterReader.Read(new RosterText("roster.yaml", text), []);
        Assert.Empty(reading.Problems);
        return reading.Roster!;
    }

    private static IReadOnlyList<Placement> Of(Roster roster) =>
        Placement.Of(
            roster,
            Planning.PortAllocator.Assign(roster, new Dictionary<string, int>(), _ => false).Ports,
            [],
            8L << 30
        );
}
