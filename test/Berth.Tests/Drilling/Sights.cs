using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>What was seen of drills: one in which all held, to be spoilt by each test.</summary>
internal static class Sights
{
    private const long Mebibyte = 1 << 20;

    public static Scenario Scenario(string name, string? shape = null) =>
        Scenarios.All.Single(scenario => scenario.Name == name && scenario.Shape == shape);

    public static ServerRun Server { get; } = new((700, 0), (700, 0), "success", "continue", null, 0);

    public static Observation Good { get; } =
        new(
            [
                new Track(Role.Victim, "drill-one's server", 12, new Gaps(160, 61, 61)),
                new Track(Role.Agent, "drill-one's agent 1", 3, new Gaps(170, 8, 8)),
                new Track(Role.Other, "alice's server", 5, new Gaps(160, 9, 9)),
                new Track(Role.Other, "drill-two's server", 5, new Gaps(160, 31, 31)),
            ],
            Server,
            [new Killed(812, "berth", true, true)],
            new HogFate(160 * Mebibyte, 158 * Mebibyte, false, 160 * Mebibyte, 0),
            [],
            new Telling(1, "drill-one ran `berth drill-part hog …`", true),
            []
        )
        {
            Looked = 4000,
            Still = 0,
        };

    /// <summary>What is seen where a check with a figure of its own holds.</summary>
    public static Observation Held(Scenario scenario) =>
        Good with
        {
            Killed = scenario.Expected is Deaths.None ? [] : Good.Killed,
            Answers = [.. scenario.Checks.Select(check => new Answer(check, true, "as it should", ""))],
        };

    public static DrillResult Result(Scenario scenario, Observation seen) =>
        new(
            scenario,
            null,
            Judge.Of(scenario, seen),
            [
                new Curve("drill-one's server", [new Point(0.1, 3), new Point(2.2, 61)]),
                new Curve("alice's server", [new Point(0.1, 2), new Point(2.1, 9)]),
            ],
            [new Curve("server and its agents", [new Point(0, 40), new Point(2, 158), new Point(3, 41)])],
            2,
            7.5
        );

    public static DrillRun Run(params IReadOnlyList<DrillResult> results) =>
        new(
            "workstation",
            new DateTimeOffset(2026, 11, 25, 14, 5, 0, TimeSpan.Zero),
            "small",
            "people of the drill's own with a t3 server",
            results,
            31
        );

    /// <summary>One that held, one that failed in three ways, one in which something could not be asked, one refused.</summary>
    public static DrillRun Mixed { get; } =
        Run(
            Result(Scenario("hog", "instant"), Good),
            Result(
                Scenario("hog", "plateau"),
                Good with
                {
                    Killed = [],
                    Tracks =
                    [
                        new Track(Role.Victim, "drill-one's server", 12, new Gaps(3, 4912, 4812)),
                        .. Good.Tracks.Skip(1),
                    ],
                    Server = Server with { High = 100 * Mebibyte, Slowed = 8412 },
                    Answers =
                    [
                        new Answer(
                            Check.BackstopTakesTheBiggest,
                            false,
                            "claude, 11 MiB",
                            "earlyoom would end claude (pid 911, 11 MiB) while the hog holds 140 MiB: its arguments prefer by name (--prefer ^claude$)"
                        ),
                    ],
                }
            ),
            Result(
                Scenario("squatter"),
                Held(Scenario("squatter")) with
                {
                    Answers =
                    [
                        new Answer(Check.FenceHolds, true, "refused", ""),
                        new Answer(
                            Check.GatewayGivesNothing,
                            null,
                            "",
                            "the roster has no gateway: nobody is led anywhere"
                        ),
                        new Answer(Check.SecretStays, true, "nothing to plant", ""),
                    ],
                }
            ),
            DrillResult.Refused(Scenario("bad-update"), "Berth has no updates yet: there is nothing to prove")
        );
}
