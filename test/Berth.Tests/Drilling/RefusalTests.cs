using Berth.Rosters;
using Xunit;

namespace Berth.Drilling;

public sealed class RefusalTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly Readiness s_ready = new(true, true, true, 0, 8 * Gibibyte, 4 * Gibibyte, 0, Gibibyte);

    private static readonly Roster s_roster = RosterReader
        .Read(
            new RosterText(
                "roster.yaml",
                "servers: {t3: {preset: t3, ports: 3773-}}\ndefaults: {server: t3}\nusers:\n  alice: {}\n  carol: {parked: true}\n  dave: {server: none}\n"
            ),
            []
        )
        .Roster!;

    [Fact]
    public void A_host_that_is_ready_is_not_refused() => Assert.Null(Refusals.Of(s_ready));

    [Fact]
    public void Each_thing_that_is_missing_is_one_clear_line_with_the_next_step()
    {
        Assert.Contains("sudo", Refusals.Of(s_ready with { Root = false }), StringComparison.Ordinal);
        Assert.Contains("systemd", Refusals.Of(s_ready with { Systemd = false }), StringComparison.Ordinal);
        Assert.Contains("cgroup v2", Refusals.Of(s_ready with { MemoryController = false }), StringComparison.Ordinal);
        Assert.Contains("'berth apply'", Refusals.Of(s_ready with { Waiting = 3 }), StringComparison.Ordinal);
        Assert.Contains("waits for memory", Refusals.Of(s_ready with { Stalled = 12 }), StringComparison.Ordinal);
        Assert.Equal(
            "the drill needs 1.0 GiB, and 512 MiB are free above the reserve of 4.0 GiB: try again when less runs",
            Refusals.Of(s_ready with { Available = 4 * Gibibyte + (Gibibyte / 2) })
        );
    }

    [Fact]
    public void The_first_thing_to_solve_is_told_first()
    {
        Assert.Contains(
            "needs root",
            Refusals.Of(new Readiness(false, false, false, 9, 0, Gibibyte, 99, Gibibyte)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_person_s_own_surface_is_drilled_only_where_there_is_one_and_they_know()
    {
        Assert.Null(Refusals.Of(s_roster, null, full: false, confirmed: false));
        Assert.Null(Refusals.Of(s_roster, "alice", full: true, confirmed: true));
        Assert.Contains("--yes", Refusals.Of(s_roster, "alice", true, false), StringComparison.Ordinal);
        Assert.Contains("--scale full", Refusals.Of(s_roster, "alice", false, true), StringComparison.Ordinal);
        Assert.Contains("--user", Refusals.Of(s_roster, null, true, true), StringComparison.Ordinal);
        Assert.Contains("parked", Refusals.Of(s_roster, "carol", true, true), StringComparison.Ordinal);
        Assert.Contains("no server", Refusals.Of(s_roster, "dave", true, true), StringComparison.Ordinal);
        Assert.Contains("not in the roster", Refusals.Of(s_roster, "erin", true, true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_drill_whose_need_is_not_there_is_refused_by_name()
    {
        Assert.Contains("no updates", Of("bad-update", s_roster, false), StringComparison.Ordinal);
        Assert.Contains("no store", Of("token-revoked", s_roster, false), StringComparison.Ordinal);
        Assert.Contains("no store", Of("logout", s_roster, false), StringComparison.Ordinal);
        Assert.Contains("of the drill's own", Of("wedge", s_roster, true), StringComparison.Ordinal);
        Assert.Null(Of("wedge", s_roster, false));
        var vault = s_roster with
        {
            Store = new StoreSettings("vault", "https://vault.example", "secret/{user}", null, null),
        };
        Assert.Contains("Vault", Of("token-revoked", vault, false), StringComparison.Ordinal);
        Assert.Null(Of("logout", vault, false));
    }

    private static string? Of(string name, Roster roster, bool real) =>
        Refusals.Of(Scenarios.All.First(scenario => scenario.Name == name), roster, real);
}
