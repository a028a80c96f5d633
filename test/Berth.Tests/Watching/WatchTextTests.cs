using System.Text;
using System.Text.Json;
using Berth.Gateway;
using Berth.Incidents;
using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;
using Xunit;

namespace Berth.Watching;

/// <summary>What systemd says, what apply writes, and what the watchdog tells.</summary>
public sealed class WatchTextTests
{
    private static readonly Route s_alice = new(
        "alice",
        "",
        1000,
        "t3",
        "t3",
        Presets.T3.Ready,
        "127.0.0.1",
        3773,
        "/home/alice",
        RouteState.Serving
    );

    [Fact]
    public void What_systemd_shows_is_read_unit_by_unit()
    {
        const string text = """
            Id=t3-serve@alice.service
            ActiveState=active
            Result=success
            MainPID=4711
            NRestarts=2
            ExecMainCode=0
            ExecMainStatus=0
            ExecMainExitTimestampMonotonic=0
            ActiveEnterTimestampMonotonic=123456789
            FreezerState=running

            ActiveState=failed
            Id=t3-serve@bob.service
            Result=start-limit-hit
            MainPID=0
            NRestarts=5
            ExecMainCode=1
            ExecMainStatus=203
            ExecMainExitTimestampMonotonic=99
            ActiveEnterTimestampMonotonic=0

            ActiveState=active
            Result=a block without a name

            Id=t3-serve@carol.service
            ActiveState=something new
            MainPID=-3
            FreezerState=frozen
            """;
        var shown = UnitShow.Parse(text);
        Assert.Equal(3, shown.Count);
        Assert.Equal(
            new UnitFact(UnitPhase.Active, "success", 4711, 2, 123456789, null, false),
            shown["t3-serve@alice.service"]
        );
        Assert.True(shown["t3-serve@bob.service"].GivenUp);
        Assert.Equal("exit status 203", shown["t3-serve@bob.service"].Exit);
        Assert.Equal(new UnitFact(UnitPhase.Unknown, "", 0, 0, 0, null, true), shown["t3-serve@carol.service"]);
        Assert.Empty(UnitShow.Parse(""));
    }

    [Fact]
    public void Those_who_serve_are_watched_and_nobody_else()
    {
        var roster = RosterReaderTests.Good(
            Hosts.TeamText.Replace("host:", "watchdog: {restarts: 5, minutes: 30}\nhost:", StringComparison.Ordinal)
                + "\n  dora: {watchdog: false}\n  emil: {removed: true}\n"
        );
        var files = DesiredFiles.Of(roster, Hosts.Bare, Manifest.Empty).Files;
        var text = files.Single(file => file.Path == WatchConfig.Path).Content;
        var config = WatchConfig.Parse(text);
        // Carol is parked, Dora does not want it, Emil is gone.
        Assert.Equal(["alice", "bob"], config.Servers.Select(route => route.User));
        Assert.Equal(new WatchSettings(5, 30 * 60_000), config.Settings);
        Assert.DoesNotContain("alice@example.com", text, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => WatchConfig.Parse("{}"));
        Assert.Throws<JsonException>(() =>
            WatchConfig.Parse(text.Replace("\"port\": 3773", "\"port\": 0", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void The_watchdog_has_what_it_needs_and_no_more()
    {
        var unit = WatchdogUnits.Unit("/usr/bin/berth", 257, gateway: false);
        foreach (
            var line in (string[])
                [
                    "CapabilityBoundingSet=CAP_SYS_PTRACE",
                    "IPAddressAllow=localhost",
                    "IPAddressDeny=any",
                    "SocketBindDeny=any",
                    "ProtectHome=yes",
                    "ProtectSystem=strict",
                    "NoNewPrivileges=yes",
                    "Type=notify",
                    "Restart=always",
                ]
        )
            Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal);
        // Nothing that people run names it: its end is nobody's.
        var roster = Hosts.Team;
        Assert.All(
            DesiredFiles
                .Of(roster, Hosts.Bare, Manifest.Empty)
                .Files.Where(file => file.Path.Contains("-serve@", StringComparison.Ordinal)),
            file => Assert.DoesNotContain("watchdog", file.Content, StringComparison.OrdinalIgnoreCase)
        );
    }

    [Fact]
    public void What_it_tells_says_who_what_and_what_to_do()
    {
        var text = new StringBuilder();
        void Add(Report report) =>
            text.Append($"[{Incident.Name(report.Kind)}] {report.Sentence}.\n  {report.Outcome}.\n")
                .Append(report.NextStep.Length > 0 ? $"  next: {report.NextStep}\n" : "");
        foreach (var wound in Enum.GetValues<Wound>().Where(wound => wound is not Wound.None))
        {
            var said = wound is Wound.WrongAnswer ? "answers 500" : "does not answer";
            Add(WatchReport.Wedge(s_alice, wound, TimeSpan.FromSeconds(14), said, []));
            Add(WatchReport.Exhausted(s_alice, new WatchSettings(), wound, said, []));
        }
        Add(WatchReport.Ended(s_alice, "exit status 1", null, []));
        Add(WatchReport.Ended(s_alice, "killed by signal 9", "a migration of its database failed", []));
        Add(WatchReport.Looping(s_alice, new WatchSettings(), 5, null, []));
        Add(WatchReport.Looping(s_alice, new WatchSettings(), 5, CrashCause.PortTaken, []));
        Add(WatchReport.Looping(s_alice, new WatchSettings(), 5, "its disk is full", []));
        Add(WatchReport.Squatted(s_alice, "bob"));
        Golden.Matches("Watching/golden/reports.txt", text.ToString());
    }
}
