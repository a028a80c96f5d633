using Xunit;
using static Berth.Doctoring.Scenes;

namespace Berth.Doctoring;

/// <summary>Each rule fires on what it is for, and is silent on the same host without it.</summary>
public sealed class RuleTests
{
    private const string Docker = "system.slice/docker-0123456789ab.scope";

    /// <summary>By code: the smallest change to the good host that is its business.</summary>
    private static readonly Dictionary<string, Func<HostSnapshot, HostSnapshot>> s_broken = new(StringComparer.Ordinal)
    {
        ["STALL-NOW"] = host =>
            host.With(
                Alice,
                cgroup => cgroup with { Full10 = 8000, HighEvents = 5, Later = new EventsSeen(900, 0, 0) }
            ),
        ["WOUNDED"] = host => Unwatched(host).With(Alice, cgroup => cgroup with { Kills = 1 }),
        ["BAND"] = host => host.With(Alice, cgroup => cgroup with { High = 6 * Gib }),
        ["TREE-UNCAPPED"] = host =>
            host.With(Sessions, cgroup => cgroup with { Max = None }).With(Pane, cgroup => cgroup with { Max = None }),
        ["CAP-TOO-LOW-IN-TREE"] = host =>
            host.With(Sessions, cgroup => cgroup with { Max = None })
                .With(Sessions + "/user@1000.service", cgroup => cgroup with { Max = Gib }),
        ["SUM-OVER-RAM"] = host => host.With(Alice, cgroup => cgroup with { Max = 24 * Gib }),
        ["NO-HEADROOM"] = host => host.With(Alice, cgroup => cgroup with { Max = 31 * Gib }),
        ["SWAP-LEAK"] = host => host.WithSwap().With(Alice, cgroup => cgroup with { SwapMax = None }),
        ["PIDS"] = host => host.With(Bob, cgroup => cgroup with { PidsMax = None }),
        ["DELEGATION"] = host => host with { Controllers = ["cpu", "pids"] },
        ["DOCKER-PARENT"] = host =>
            (host with { Cgroups = [.. host.Cgroups, Free(Docker)] }).Plus(
                new ProcessSeen(900, 1, 0, "postgres", Docker, Gib, 0)
            ),
        ["TMPFS"] = host => host.With(Bob, cgroup => cgroup with { Max = None }),
        ["OOMPOLICY-SERVICE"] = host => host.WithServers(unit => unit with { OomPolicy = "stop", FilePolicy = "stop" }),
        ["OOMPOLICY-SCOPE"] = host => host with { ScopePolicy = "stop" },
        ["OOMPOLICY-LIVE"] = host => host.WithServers(unit => unit with { FilePolicy = "stop" }),
        ["GROUP-SHARED"] = host => host.With(Bob, cgroup => cgroup with { Group = true }),
        ["GROUP-LEAF"] = host =>
            (host with { Cgroups = [.. host.Cgroups, Capped(Alice + "/agent-7", Gib)] }).Plus(
                new ProcessSeen(107, 100, 1000, "claude", Alice + "/agent-7", Gib / 4, 0) { Agent = "claude" }
            ),
        ["ADJ-SKEW"] = host => host.With(101, process => process with { Adj = 900 }),
        ["ADJ-NEGATIVE"] = host => host.With(102, process => process with { Adj = -500 }),
        ["ADJ-ORDER"] = host =>
            host.With(200, process => process with { Adj = 300 })
                .Plus(new ProcessSeen(201, 200, 1001, "rg", Bob, 1 << 20, 0)),
        ["RESCUE"] = host => host.With(50, process => process with { Adj = 0 }),
        ["OOMD-RELIED-ON"] = host =>
            (host with { Oomd = true, Earlyoom = null }).With(Bob, cgroup => cgroup with { Max = None }),
        ["OOMD-BLAST"] = host =>
            (
                host with
                {
                    Oomd = true,
                    Units =
                    [
                        .. host.Units,
                        new UnitSeen("user.slice")
                        {
                            Active = true,
                            Cgroup = "user.slice",
                            OomdKills = true,
                        },
                    ],
                }
            ).Plus(
                new ProcessSeen(111, 110, 1000, "claude", Pane, Gib / 4, 200) { Agent = "claude" },
                new ProcessSeen(112, 110, 1000, "codex", Pane, Gib / 4, 200) { Agent = "codex" }
            ),
        ["TWO-KILLERS"] = host =>
            host with
            {
                Oomd = true,
                Units = [.. host.Units, new UnitSeen("-.slice") { Active = true, OomdKills = true }],
            },
        ["BACKSTOP-MISSING"] = host => host with { Earlyoom = null },
        ["EARLYOOM-SWAP"] = host => host.WithSwap() with { Earlyoom = host.Earlyoom! with { SwapPercent = 10 } },
        ["EARLYOOM-OLD"] = host => host with { Earlyoom = host.Earlyoom! with { CanSort = false } },
        ["EARLYOOM-COMM"] = host =>
            (host with { Earlyoom = host.Earlyoom! with { Prefer = "^claude" } }).With(
                101,
                process => process with { Preferred = true }
            ),
        ["EARLYOOM-ARGV"] = host => host with { Earlyoom = host.Earlyoom! with { AsConfigured = false } },
        ["FILE-THRASH"] = host => host.With(Bob, cgroup => cgroup with { Max = None }),
        ["PSI-OFF"] = host => host with { Pressure = false },
        ["SYSCTL-PANIC"] = host => host with { Settings = host.Settings with { PanicOnOom = 2 } },
        ["SYSCTL-ALLOCATING"] = host => host with { Settings = host.Settings with { KillAllocating = 1 } },
        ["JOURNAL-VOLATILE"] = host => host with { Settings = host.Settings with { VolatileJournal = true } },
        ["ENV-FILE-OWNER"] = host =>
            host with
            {
                EnvironmentFiles =
                [
                    new EnvironmentFileSeen(
                        "t3-serve@alice.service",
                        "/home/alice/.config/t3.env",
                        "/home/alice",
                        1000,
                        "folder",
                        Writable: false
                    ),
                ],
            },
        ["HOME-OPEN"] = host =>
            host with
            {
                Accounts = [host.Accounts[0] with { Mode = 0x1ED, OpenState = [".t3"] }, host.Accounts[1]],
            },
        ["PORT-OPEN"] = host =>
            host with
            {
                Listeners = [host.Listeners[0] with { Reach = Reach.Outside }],
                Fences = [],
            },
        ["PRIVATE-TMP"] = host => host.WithServers(unit => unit with { PrivateTmp = false }),
    };

    public static TheoryData<string> Codes => [.. Rules.All.Select(rule => rule.Code)];

    [Fact]
    public void On_a_host_that_is_as_it_should_be_every_rule_is_silent() => Assert.Empty(Rules.Find(Good));

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_rule_fires_on_what_it_is_for(string code)
    {
        var found = Rules.Of(code).Find(new Landscape(s_broken[code](Good))).ToList();
        Assert.NotEmpty(found);
        Assert.All(found, finding => Assert.Equal(code, finding.Code));
        // A finding weighs no more than its rule, and says what was read, why it hurts and what to do.
        Assert.All(found, finding => Assert.True(finding.Severity <= Rules.Of(code).Severity));
        Assert.All(
            found,
            finding => Assert.All([finding.Subject, finding.Read, finding.Hurts, finding.Fix], Assert.NotEmpty)
        );
    }

    /// <summary>Where nobody runs an agent and no roster names anybody, the same host is as its maker meant it.</summary>
    [Theory]
    [MemberData(nameof(Codes))]
    public void Where_nobody_has_anything_to_lose_a_rule_is_silent(string code)
    {
        // These three concern root itself, whoever else is there.
        if (code is "SYSCTL-PANIC" or "SYSCTL-ALLOCATING" or "ENV-FILE-OWNER" or "STALL-NOW")
            return;
        var broken = s_broken[code](Good);
        var stock = broken with
        {
            Roster = null,
            Units = [.. broken.Units.Where(unit => unit.Server is null)],
            Processes = [.. broken.Processes.Select(process => process with { Agent = null, Server = null })],
        };
        Assert.Empty(Rules.Of(code).Find(new Landscape(stock)));
    }

    [Fact]
    public void Codes_are_unique_and_every_one_has_its_test()
    {
        Assert.Equal(Rules.All.Count, Rules.All.Select(rule => rule.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(
            Rules.All.Select(rule => rule.Code).Order(StringComparer.Ordinal),
            s_broken.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_soft_band_of_the_old_host_is_predicted_to_hold_a_task_for_hours()
    {
        // 12 G to 16 G: seen to freeze a server for 50 minutes, until a person came.
        Assert.InRange(StallTime.Seconds(12 * Gib, 16 * Gib), 3600, 10 * 3600);
        Assert.Equal(double.PositiveInfinity, StallTime.Seconds(Gib, long.MaxValue));
        Assert.Equal(0, StallTime.Seconds(Gib, Gib));
        Assert.Equal("6 h", StallTime.Words(StallTime.Seconds(12 * Gib, 16 * Gib)));
    }

    [Fact]
    public void A_band_of_an_ancestor_is_a_band_of_all_below_it()
    {
        var host = Good.With("berth.slice", cgroup => cgroup with { High = 10 * Gib, Max = 20 * Gib });
        Assert.Equal("berth.slice", Assert.Single(Rules.Of("BAND").Find(new Landscape(host))).Subject);
    }

    [Fact]
    public void An_overcommitted_roster_is_told_and_not_complained_about()
    {
        var host = s_broken["SUM-OVER-RAM"](Good);
        host = host with { Roster = host.Roster! with { Overcommit = true } };
        Assert.Equal(Severity.Info, Assert.Single(Rules.Of("SUM-OVER-RAM").Find(new Landscape(host))).Severity);
    }

    /// <summary>A port on loopback is open to the other people of the host; with one person there is nobody else.</summary>
    [Fact]
    public void A_port_on_loopback_is_a_warning_among_several_and_nothing_for_one()
    {
        var host = Good with { Fences = [] };
        Assert.Equal(Severity.Warning, Assert.Single(Rules.Of("PORT-OPEN").Find(new Landscape(host))).Severity);
        Assert.Empty(Rules.Of("PORT-OPEN").Find(new Landscape(host with { Accounts = [host.Accounts[0]] })));
        Assert.Empty(Rules.Of("PORT-OPEN").Find(new Landscape(host with { Fences = null })));
    }

    [Fact]
    public void A_preference_that_matches_nobody_is_a_warning()
    {
        var host = Good with { Earlyoom = Good.Earlyoom! with { Prefer = "^hog$" } };
        Assert.Equal(Severity.Warning, Assert.Single(Rules.Find(host)).Severity);
    }

    private static HostSnapshot Unwatched(HostSnapshot host) =>
        host with
        {
            Units = [.. host.Units.Where(unit => unit.Server is not null)],
        };
}
