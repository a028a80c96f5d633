using Berth.Rosters;
using CsCheck;
using Xunit;

namespace Berth.Planning;

public sealed class PortAllocatorTests
{
    private static Roster People(params string[] users) =>
        RosterReaderTests.Good(
            "servers: {t3: {preset: t3, ports: 3773-3776}}\nusers:\n"
                + string.Concat(users.Select(user => $"  {user}\n"))
        );

    [Fact]
    public void A_port_stays_through_a_change_of_order_and_a_departure()
    {
        var (first, _) = PortAllocator.Assign(
            People("ann: {}", "ben: {}", "cat: {}"),
            new Dictionary<string, int>(),
            _ => false
        );
        var (second, _) = PortAllocator.Assign(People("cat: {}", "dan: {}", "ann: {}"), first, _ => false);
        Assert.Equal(
            (3773, 3774, 3775, 3776),
            (second["t3/ann"], second["t3/ben"], second["t3/cat"], second["t3/dan"])
        );
    }

    [Fact]
    public void A_taken_port_is_passed_over_and_a_fixed_one_is_nobody_elses()
    {
        var (ports, _) = PortAllocator.Assign(
            People("ann: {}", "ben: {port: 3774}", "cat: {}"),
            new Dictionary<string, int>(),
            port => port == 3773
        );
        Assert.Equal((3775, 3774, 3776), (ports["t3/ann"], ports["t3/ben"], ports["t3/cat"]));
    }

    [Fact]
    public void Who_finds_no_port_is_named()
    {
        var (_, without) = PortAllocator.Assign(
            People("a1: {}", "a2: {}", "a3: {}", "a4: {}", "a5: {}"),
            new Dictionary<string, int>(),
            _ => false
        );
        Assert.Equal(["a5"], without);
    }

    [Fact]
    public void No_two_people_ever_share_a_port() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 8], Gen.Int[3773, 3776].HashSet[0, 2])
            .Sample(
                (ids, taken) =>
                {
                    var (ports, without) = PortAllocator.Assign(
                        People([.. ids.Distinct().Select(id => $"u{id}: {{}}")]),
                        new Dictionary<string, int> { ["t3/u3"] = 3774, ["t3/u4"] = 3775 },
                        taken.Contains
                    );
                    return ports.Values.Distinct().Count() == ports.Count
                        && ids.Distinct()
                            .All(id =>
                                ports.ContainsKey($"t3/u{id}") || without.Contains($"u{id}", StringComparer.Ordinal)
                            );
                }
            );

    [Fact]
    public void The_gateways_port_is_nobodys()
    {
        var roster = RosterReaderTests.Good(
            "gateway: {listen: 127.0.0.1:3774}\nservers: {t3: {preset: t3, ports: 3773-}}\nusers: {ann: {}, ben: {}}"
        );
        var (ports, _) = PortAllocator.Assign(roster, new Dictionary<string, int>(), _ => false);
        Assert.Equal((3773, 3775), (ports["t3/ann"], ports["t3/ben"]));
    }
}
