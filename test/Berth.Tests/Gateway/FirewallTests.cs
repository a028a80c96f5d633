using CsCheck;
using Xunit;

namespace Berth.Gateway;

public sealed class FirewallTests
{
    /// <summary>As nft 1.0.6 printed it, elements in the kernel's own order.</summary>
    private const string Printed = """
        {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
          {"table": {"family": "inet", "name": "berth", "handle": 2}},
          {"set": {"family": "inet", "name": "ports", "table": "berth", "type": "inet_service", "handle": 4, "elem": [4001, 4000]}},
          {"set": {"family": "inet", "name": "owners", "table": "berth", "type": ["inet_service", "uid"], "handle": 5, "elem": [{"concat": [4001, 1001]}, {"concat": [4000, 1000]}]}},
          {"set": {"family": "inet", "name": "inside", "table": "berth", "type": "inet_service", "handle": 6, "elem": [4001, 4000]}},
          {"chain": {"family": "inet", "table": "berth", "name": "output", "handle": 1, "type": "filter", "hook": "output", "prio": 0, "policy": "accept"}},
          {"chain": {"family": "inet", "table": "berth", "name": "people", "handle": 2}},
          {"chain": {"family": "inet", "table": "berth", "name": "input", "handle": 3, "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
          {"rule": {"family": "inet", "table": "berth", "chain": "output", "handle": 7, "expr": [{"jump": {"target": "people"}}]}},
          {"rule": {"family": "inet", "table": "berth", "chain": "people", "handle": 8, "expr": [{"accept": null}]}},
          {"rule": {"family": "inet", "table": "berth", "chain": "people", "handle": 9, "expr": [{"accept": null}]}},
          {"rule": {"family": "inet", "table": "berth", "chain": "people", "handle": 10, "expr": [{"reject": {"type": "tcp reset"}}]}},
          {"rule": {"family": "inet", "table": "berth", "chain": "input", "handle": 11, "expr": [{"drop": null}]}}]}
        """;

    private static readonly Fence[] s_two = [new(4000, 1000, false), new(4001, 1001, false)];

    [Fact]
    public void What_was_loaded_is_recognised() => Assert.Equal(LoadedTable.Wanted(s_two), LoadedTable.Seen(Printed));

    [Theory]
    [InlineData(
        "[{\"concat\": [4001, 1001]}, {\"concat\": [4000, 1000]}]",
        "[{\"concat\": [4001, 1000]}, {\"concat\": [4000, 1000]}]"
    )]
    [InlineData("[4001, 4000]", "[4001]")]
    [InlineData("\"elem\": [4001, 4000]", "\"flags\": []")]
    [InlineData(
        "{\"rule\": {\"family\": \"inet\", \"table\": \"berth\", \"chain\": \"input\"",
        "{\"no\": {\"family\": \"inet\", \"table\": \"berth\", \"chain\": \"input\""
    )]
    public void Whatever_was_taken_out_of_it_is_noticed(string kept, string changed) =>
        Assert.NotEqual(
            LoadedTable.Wanted(s_two),
            LoadedTable.Seen(Printed.Replace(kept, changed, StringComparison.Ordinal))
        );

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"nftables\": [1]}")]
    [InlineData("{\"nftables\": [{\"rule\": {}}]}")]
    public void What_cannot_be_understood_is_not_known(string json) => Assert.Null(LoadedTable.Seen(json));

    [Fact]
    public void The_network_is_let_in_only_where_there_is_no_gateway_and_the_roster_says_so()
    {
        var route = new Route(
            "a",
            "a",
            1000,
            "t3",
            "t3",
            Servers.ReadyCheck.Tcp,
            "0.0.0.0",
            4000,
            "/home/a",
            RouteState.Serving
        );
        Assert.True(Assert.Single(Fence.Of([route], gateway: false)).Outside);
        Assert.False(Assert.Single(Fence.Of([route], gateway: true)).Outside);
        Assert.False(Assert.Single(Fence.Of([route with { Host = "127.0.0.1" }], gateway: false)).Outside);
        Assert.Empty(Fence.Of([route with { Port = 0 }], gateway: true));
    }

    [Fact]
    public void Every_port_is_covered_by_rules_that_systemd_takes() =>
        Gen.Int[1024, 65535]
            .HashSet[0, 600]
            .Sample(
                ports =>
                {
                    var rules = AssignedPorts.Rules(ports);
                    Assert.InRange(rules.Count, 0, 100);
                    var covered = rules.Select(Range).ToList();
                    Assert.All(
                        ports,
                        port => Assert.Single(covered, range => range.First <= port && port <= range.Last)
                    );
                    if (rules.Count < 100)
                        Assert.Equal(ports.Count, covered.Sum(range => range.Last - range.First + 1));
                },
                iter: 200
            );

    [Fact]
    public void Neighbours_are_one_rule() =>
        Assert.Equal(["tcp:3773-3775", "tcp:3780"], AssignedPorts.Rules([3775, 3780, 3773, 3774, 3780]));

    private static (int First, int Last) Range(string rule)
    {
        var ports = rule["tcp:".Length..].Split('-').Select(int.Parse).ToArray();
        return (ports[0], ports[^1]);
    }
}
