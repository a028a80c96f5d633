using Berth.Rosters;
using Xunit;

namespace Berth.Drilling;

public sealed class ScenarioTests
{
    [Fact]
    public void The_drills_are_those_that_the_pages_name()
    {
        Assert.Equal(
            [
                "hog",
                "small-hogs",
                "forkbomb",
                "wedge",
                "logout",
                "token-revoked",
                "squatter",
                "bad-update",
                "daemon-kill",
                "disk-full",
            ],
            Scenarios.Names
        );
        var page = Golden.Text("../../docs/drill.md");
        Assert.All(Scenarios.Names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_drill_says_what_it_does_asks_something_and_cleans_up()
    {
        foreach (var scenario in Scenarios.All)
        {
            Assert.NotEmpty(scenario.Does);
            Assert.NotEmpty(scenario.CleanUp);
            Assert.NotEmpty(scenario.Checks);
            Assert.Equal(scenario.Checks.Distinct().Count(), scenario.Checks.Count);
            if (scenario.Needs.Contains(Need.Updates))
                continue;
            Assert.InRange(scenario.Seconds, 1, 60);
            Assert.Equal(scenario.Incident is not null, scenario.Checks.Contains(Check.Told));
        }
        Assert.Equal(
            Scenarios.All.Count,
            Scenarios.All.Select(scenario => scenario.Title).Distinct(StringComparer.Ordinal).Count()
        );
    }

    [Fact]
    public void All_is_every_drill_that_this_version_can_do()
    {
        Assert.DoesNotContain(Scenarios.Find(["all"], []), scenario => scenario.Name is "bad-update");
        Assert.Equal(Scenarios.All.Count - 1, Scenarios.Find(["all"], []).Count);
        Assert.Equal(5, Scenarios.Find(["hog"], []).Count);
        Assert.Equal(5, Scenarios.Find(["hog"], ["all"]).Count);
        Assert.Equal("plateau", Assert.Single(Scenarios.Find(["hog"], ["plateau"])).Shape);
        Assert.Empty(Scenarios.Find(["hog"], ["square"]));
        Assert.Empty(Scenarios.Find(["nothing"], []));
        Assert.Empty(Scenarios.Find(["hog", "nothing"], []));
        Assert.Empty(Scenarios.Find(["squatter"], ["slow"]));
        Assert.Equal(
            ["hog (slow)", "hog (session)", "squatter"],
            Scenarios.Find(["hog", "squatter"], ["slow", "session"]).Select(scenario => scenario.Title)
        );
    }

    /// <summary>What a drill adds to a roster is read as a person's own lines are.</summary>
    [Fact]
    public void The_drills_people_are_read_by_the_roster_s_own_reader()
    {
        var main = new RosterText("roster.yaml", "servers: {t3: {preset: t3, ports: 3773-}}\nusers:\n  alice: {}\n");
        var reading = RosterReader.Read(
            main,
            [.. DrillPeople.Names.Select(name => new RosterText($"{name}.yaml", DrillPeople.DropIn(name, "t3")))]
        );
        Assert.Empty(reading.Problems);
        var people = reading.Roster!.Users.Where(user => DrillPeople.IsOne(user.Name)).ToList();
        Assert.Equal(2, people.Count);
        Assert.All(people, user => Assert.Equal(DrillPeople.ServerCap, user.Memory.On(8L << 30)));
        Assert.All(people, user => Assert.Equal(DrillPeople.SessionCap, user.SessionMemory.On(8L << 30)));
        Assert.Equal("t3", DrillPeople.Server(reading.Roster!));
    }
}
