using Xunit;
using static Berth.Doctoring.Scenes;

namespace Berth.Doctoring;

/// <summary>Hosts on which a rule was wrong once: it cried where nothing was, or kept silent.</summary>
public sealed class VerdictTests
{
    private static IReadOnlyList<Finding> Found(string code, HostSnapshot host) =>
        [.. Rules.Of(code).Find(new Landscape(host))];

    /// <summary>Where the kernel gives v2 no memory controller there are no limits to read: that is told, and nothing that
    /// was not read.</summary>
    [Theory]
    [InlineData("hybrid")]
    [InlineData("v1")]
    [InlineData("none")]
    public void Without_the_memory_controller_only_that_is_told(string hierarchy)
    {
        var host = Good.WithSwap() with { Hierarchy = hierarchy, Controllers = [], Cgroups = [] };
        Assert.Equal("DELEGATION", Assert.Single(Rules.Find(host)).Code);
        host = Good.WithSwap() with { Controllers = ["cpu", "pids"] };
        Assert.Equal("DELEGATION", Assert.Single(Rules.Find(host)).Code);
    }

    [Fact]
    public void Delegation_names_the_switch_that_is_wrong()
    {
        var fix = Assert.Single(Found("DELEGATION", Good with { Controllers = ["cpu", "pids"] })).Fix;
        Assert.Contains("cgroup_enable=memory", fix, StringComparison.Ordinal);
        Assert.DoesNotContain("unified_cgroup_hierarchy", fix, StringComparison.Ordinal);
        fix = Assert.Single(Found("DELEGATION", Good with { Hierarchy = "hybrid" })).Fix;
        Assert.Contains("systemd.unified_cgroup_hierarchy=1", fix, StringComparison.Ordinal);
    }

    /// <summary>systemd-oomd(8): only what is below the unit is a candidate, not the unit's own cgroup.</summary>
    [Fact]
    public void Oomd_kills_what_is_below_a_unit_and_not_the_unit()
    {
        var host = Good with
        {
            Oomd = true,
            Units =
            [
                .. Good.Units,
                new UnitSeen("pane")
                {
                    Active = true,
                    OomdKills = true,
                    Cgroup = Pane,
                },
            ],
        };
        host = host.Plus(
            new ProcessSeen(111, 110, 1000, "claude", Pane, Gib / 4, 200) { Agent = "claude" },
            new ProcessSeen(112, 110, 1000, "codex", Pane, Gib / 4, 200) { Agent = "codex" }
        );
        Assert.Empty(Found("OOMD-BLAST", host));
        // The control: given to it from above.
        host = host with
        {
            Units =
            [
                .. Good.Units,
                new UnitSeen("user.slice")
                {
                    Active = true,
                    OomdKills = true,
                    Cgroup = "user.slice",
                },
            ],
        };
        Assert.Single(Found("OOMD-BLAST", host));
    }

    /// <summary>Fedora gives it the whole tree (<c>-.slice</c>), whose cgroup has no name.</summary>
    [Fact]
    public void Oomd_that_has_the_whole_tree_has_the_agents_too()
    {
        var host = (
            Good with
            {
                Oomd = true,
                Units = [.. Good.Units, new UnitSeen("-.slice") { Active = true, OomdKills = true }],
            }
        ).Plus(
            new ProcessSeen(111, 110, 1000, "claude", Pane, Gib / 4, 200) { Agent = "claude" },
            new ProcessSeen(112, 110, 1000, "codex", Pane, Gib / 4, 200) { Agent = "codex" }
        );
        var finding = Assert.Single(Found("OOMD-BLAST", host));
        Assert.StartsWith("systemctl set-property -- -.slice ", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_killers_are_two_only_where_both_have_something_to_kill()
    {
        Assert.Empty(Found("TWO-KILLERS", Good with { Oomd = true }));
        var given = Good with
        {
            Oomd = true,
            Units = [.. Good.Units, new UnitSeen("-.slice") { Active = true, OomdKills = true }],
        };
        Assert.Single(Found("TWO-KILLERS", given));
        Assert.Empty(Found("TWO-KILLERS", given with { Earlyoom = null }));
        Assert.Contains(
            "nohang",
            Assert.Single(Found("TWO-KILLERS", given with { Earlyoom = null, OtherKiller = "nohang" })).Read,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_backstop_is_missing_where_systemd_oomd_has_nothing_to_kill()
    {
        var alone = Good with { Earlyoom = null };
        Assert.Contains(
            "no systemd-oomd",
            Assert.Single(Found("BACKSTOP-MISSING", alone)).Read,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no unit is given",
            Assert.Single(Found("BACKSTOP-MISSING", alone with { Oomd = true })).Read,
            StringComparison.Ordinal
        );
        Assert.Empty(Found("BACKSTOP-MISSING", alone with { OtherKiller = "nohang" }));
        Assert.Empty(
            Found(
                "BACKSTOP-MISSING",
                alone with
                {
                    Oomd = true,
                    Units = [.. Good.Units, new UnitSeen("-.slice") { Active = true, OomdKills = true }],
                }
            )
        );
    }

    [Fact]
    public void Oomd_is_relied_on_only_where_nothing_else_guards_what_has_no_cap()
    {
        var host = (Good with { Oomd = true, Earlyoom = null }).With(Bob, cgroup => cgroup with { Max = None });
        Assert.Single(Found("OOMD-RELIED-ON", host));
        Assert.Empty(Found("OOMD-RELIED-ON", host with { OtherKiller = "nohang" }));
        Assert.Empty(Found("OOMD-RELIED-ON", host with { Earlyoom = Good.Earlyoom }));
        Assert.Empty(Found("OOMD-RELIED-ON", Good with { Oomd = true, Earlyoom = null }));
    }

    /// <summary>While somebody is signing in, a process of root's called sshd stands beside the listening one.</summary>
    [Fact]
    public void The_sshd_of_somebody_who_is_signing_in_is_not_the_way_in()
    {
        var host = Good.Plus(new ProcessSeen(51, 50, 0, "sshd", "system.slice/ssh.service", 8 << 20, 0));
        Assert.Empty(Found("RESCUE", host));
        Assert.Single(Found("RESCUE", host.With(50, process => process with { Adj = 0 })));
    }

    /// <summary>A directory service's people are in no passwd: their server is found by its process.</summary>
    [Fact]
    public void A_server_of_somebody_whom_only_a_directory_knows_is_looked_at()
    {
        const string place = "system.slice/t3-jdoe.service";
        var host = Good with
        {
            Roster = null,
            Units =
            [
                Server("jdoe", place, 300) with
                {
                    Name = "t3-jdoe.service",
                    OomPolicy = "stop",
                    FilePolicy = "stop",
                },
            ],
            Cgroups = [Free("system.slice"), Free(place)],
            Processes = [new ProcessSeen(300, 1, 1_200_044, "node", place, Gib, 0) { Server = "t3" }],
        };
        Assert.Superset(
            new HashSet<string>(["OOMPOLICY-SERVICE", "TREE-UNCAPPED", "PIDS"], StringComparer.Ordinal),
            Rules.Find(host).Select(finding => finding.Code).ToHashSet(StringComparer.Ordinal)
        );
        // A service's own account is no person.
        host = host.With(300, process => process with { Uid = 998, Server = null });
        Assert.Empty(Found("OOMPOLICY-SERVICE", host));
    }

    /// <summary>A soft limit of 0 counts as one page (calculate_overage in mm/memcontrol.c).</summary>
    [Fact]
    public void A_soft_limit_of_nothing_is_predicted_too()
    {
        var seconds = StallTime.Seconds(0, 8 * Gib);
        Assert.InRange(seconds, 60_000, 70_000);
        Assert.Equal(0, StallTime.Seconds(0, 0));
    }

    [Fact]
    public void Tools_that_are_protected_are_to_lose_that_and_the_server_is_not_to_lose_its_own()
    {
        var host = Good.Plus(new ProcessSeen(201, 200, 1001, "rg", Bob, 1 << 20, -500));
        Assert.Contains("choom -p 201 -n 0", Assert.Single(Found("ADJ-ORDER", host)).Fix, StringComparison.Ordinal);
        host = Good.With(200, process => process with { Adj = 300 })
            .Plus(new ProcessSeen(201, 200, 1001, "rg", Bob, 1 << 20, 0));
        Assert.Contains("OOMScoreAdjust=0", Assert.Single(Found("ADJ-ORDER", host)).Fix, StringComparison.Ordinal);
        // Agents in a cgroup beside their server do not compete with it at its cap.
        Assert.Empty(Found("ADJ-ORDER", Good.With(101, process => process with { Adj = -10 })));
    }

    [Fact]
    public void A_leaf_is_one_conversations_and_neither_berths_own_nor_a_sessions()
    {
        var leaf = Alice + "/agent-7";
        var host = (Good with { Cgroups = [.. Good.Cgroups, Capped(leaf, Gib)] }).Plus(
            new ProcessSeen(107, 100, 1000, "claude", leaf, Gib / 4, 0) { Agent = "claude" }
        );
        Assert.Equal(leaf, Assert.Single(Found("GROUP-LEAF", host)).Subject);
        Assert.Empty(Found("GROUP-LEAF", host.With(leaf, cgroup => cgroup with { Group = true })));
        // Two conversations in one cgroup must not go together.
        Assert.Empty(
            Found(
                "GROUP-LEAF",
                host.Plus(new ProcessSeen(108, 100, 1000, "codex", leaf, Gib / 4, 0) { Agent = "codex" })
            )
        );
        Assert.Empty(
            Found(
                "GROUP-LEAF",
                Good.Plus(new ProcessSeen(111, 110, 1000, "claude", Pane, Gib / 4, 200) { Agent = "claude" })
            )
        );
    }

    [Fact]
    public void Programs_are_read_again_and_again_only_where_work_can_fill_the_machine_and_nothing_keeps_them()
    {
        var host = Good.With(Bob, cgroup => cgroup with { Max = None });
        Assert.Contains("lru_gen/enabled", Assert.Single(Found("FILE-THRASH", host)).Fix, StringComparison.Ordinal);
        Assert.Empty(Found("FILE-THRASH", host with { Settings = host.Settings with { KeepMilliseconds = 1000 } }));
        Assert.Empty(Found("FILE-THRASH", host with { Settings = host.Settings with { KeepMilliseconds = null } }));
        Assert.Empty(Found("FILE-THRASH", host.WithSwap()));
        Assert.Empty(Found("FILE-THRASH", Good));
    }

    [Fact]
    public void An_earlyoom_that_cannot_sort_is_told_and_one_of_which_nothing_is_known_is_not()
    {
        Assert.Equal(
            Severity.Info,
            Assert
                .Single(Found("EARLYOOM-OLD", Good with { Earlyoom = Good.Earlyoom! with { CanSort = false } }))
                .Severity
        );
        Assert.Empty(Found("EARLYOOM-OLD", Good with { Earlyoom = Good.Earlyoom! with { CanSort = null } }));
        Assert.Empty(Found("EARLYOOM-OLD", Good with { Earlyoom = null }));
    }

    [Theory]
    [InlineData("-s100", 100)]
    [InlineData("-s100,100", 100)]
    [InlineData("-s 100,100", 100)]
    [InlineData("-s50", 50)]
    [InlineData("-m5 -s 100", 100)]
    [InlineData("--sort-by-rss", 10)]
    public void Earlyooms_options_are_read_with_and_without_a_space(string options, int percent) =>
        Assert.Equal(
            percent,
            EarlyoomArguments.Read(["earlyoom", .. options.Split(' ')], canSort: null, configured: null).SwapPercent
        );

    /// <summary>A value that goes on in the next line is systemd's to read: nothing is claimed of it.</summary>
    [Theory]
    [InlineData("EARLYOOM_ARGS=\"-r 3600 \\\n-s 100\"\n")]
    [InlineData("EARLYOOM_ARGS=-r 3600 \\\n-s 100\n")]
    [InlineData("EARLYOOM_ARGS='-r 3600\n-s 100'\n")]
    public void A_file_of_earlyooms_that_is_not_understood_is_not_held_against_it(string file) =>
        Assert.Null(EarlyoomArguments.Configured(["/usr/bin/earlyoom", "$EARLYOOM_ARGS"], file));

    [Fact]
    public void The_fix_of_a_scope_makes_the_folder_that_it_writes_to() =>
        Assert.StartsWith(
            "mkdir -p /etc/systemd/user/scope.d; printf ",
            Assert.Single(Found("OOMPOLICY-SCOPE", Good with { ScopePolicy = "stop" })).Fix,
            StringComparison.Ordinal
        );
}
