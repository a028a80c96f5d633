using Berth.Recording;
using Berth.Rosters;
using Berth.Units;
using Xunit;

namespace Berth.Planning;

public sealed class RecorderPlanTests
{
    private static string File(Roster roster, string path) =>
        DesiredFiles.Of(roster, Hosts.Bare, Manifest.Empty).Files.Single(file => file.Path == path).Content;

    private static Roster With(string defaults, string users) =>
        RosterReaderTests.Good($"servers: {{}}\ndefaults: {defaults}\nusers: {users}\n");

    [Fact]
    public void Every_host_has_a_recorder_and_it_may_kill_only_where_the_roster_says_so()
    {
        var quiet = With("{}", "{alice: {}, bob: {removed: true}}");
        Assert.DoesNotContain("CAP_KILL", File(quiet, RecorderUnits.Path), StringComparison.Ordinal);
        Assert.Equal(["alice"], RecorderConfig.Parse(File(quiet, RecorderConfig.Path)).Users.Select(user => user.Name));
        var one = With("{on-stall: kill-leaf}", "{alice: {on-stall: tell}, carol: {}}");
        Assert.Contains("CAP_KILL", File(one, RecorderUnits.Path), StringComparison.Ordinal);
        Assert.Equal(
            [("alice", false), ("carol", true)],
            RecorderConfig.Parse(File(one, RecorderConfig.Path)).Users.Select(user => (user.Name, user.KillsLeaf))
        );
    }

    [Fact]
    public void Somebody_new_is_taken_up_without_a_restart()
    {
        var before = With("{}", "{alice: {}}");
        var (facts, files, manifest) = Hosts.Applied(before, Hosts.Bare, Manifest.Empty);
        Assert.True(Hosts.Plan(before, facts, files, manifest).IsEmpty);
        var plan = Hosts.Plan(With("{}", "{alice: {}, bob: {}}"), facts, files, manifest);
        Assert.Contains(plan.Steps, step => step is WriteFile { File.Path: RecorderConfig.Path });
        Assert.DoesNotContain(plan.Steps, step => step is StartOwnUnits);
    }

    [Fact]
    public void One_that_does_not_run_is_started()
    {
        var roster = With("{}", "{alice: {}}");
        var (facts, files, manifest) = Hosts.Applied(roster, Hosts.Bare, Manifest.Empty);
        facts = facts with { OwnUnits = new HashSet<string> { WatchdogUnits.Service } };
        var step = Assert.Single(Hosts.Plan(roster, facts, files, manifest).Steps);
        Assert.Equal([RecorderUnits.Service], Assert.IsType<StartOwnUnits>(step).Units);
    }

    [Fact]
    public void Uninstall_ends_it_and_leaves_nothing_of_it()
    {
        var (facts, files, manifest) = Hosts.Applied(With("{}", "{alice: {}}"), Hosts.Bare, Manifest.Empty);
        var plan = UninstallPlan.Of(facts, files, manifest, new PlanOptions());
        Assert.Contains(plan.Steps, step => step is StopOwnUnits stop && stop.Units.Contains(RecorderUnits.Service));
        Assert.Contains(plan.Steps, step => step is RemoveRecords);
        Assert.Empty(plan.Next.Files);
    }
}
