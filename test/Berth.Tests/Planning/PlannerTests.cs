using Berth.Rosters;
using Berth.Units;
using CsCheck;
using Xunit;

namespace Berth.Planning;

public sealed class PlannerTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public void The_first_plan_of_a_team_reads_well(int width) =>
        Golden.Matches(
            $"Planning/golden/first-plan-{width}.txt",
            PlanText.Render(Hosts.Plan(Hosts.Team, Hosts.Bare), width)
        );

    [Fact]
    public void The_plan_of_a_program_says_the_same_as_that_of_a_person()
    {
        var plan = Hosts.Plan(Hosts.Team, Hosts.Bare);
        var json = PlanJson.Render(plan);
        Assert.All(plan.Steps, step => Assert.Contains($"\"kind\": \"{step.Kind}\"", json, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_file_of_a_team_is_as_it_was_reviewed() =>
        Golden.Matches(
            "Planning/golden/files.txt",
            string.Concat(
                DesiredFiles
                    .Of(Hosts.Team, Hosts.Bare, Manifest.Empty)
                    .Files.Select(file =>
                        $"==> {file.Path} ({file.Kind}, {Convert.ToString(file.Mode, 8)})\n{file.Content.TrimEnd('\n')}\n"
                    )
            )
        );

    [Fact]
    public void After_an_apply_there_is_nothing_left_to_do()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var again = Hosts.Plan(Hosts.Team, facts, files, manifest);
        Assert.Empty(again.Steps);
        Assert.Empty(again.Problems);
        Assert.Empty(again.Drift);
        Assert.Equal("Nothing to do.", PlanText.Summary(again));
    }

    [Fact]
    public void Any_roster_converges_in_one_apply()
    {
        var size = Gen.Int[1, 40].Select(percent => $"{percent}%");
        var user = Gen.Select(
            Gen.Int[0, 30],
            size,
            size,
            Gen.Bool,
            (id, memory, pane, parked) =>
                (
                    Name: $"user{id}",
                    Text: $"{{memory: {memory}, session-memory: 40%, pane-memory: {pane}, parked: {(parked ? "true" : "false")}}}"
                )
        );
        user.Array[0, 12]
            .Sample(users =>
            {
                var text =
                    "host: {overcommit: true}\nservers: {t3: {preset: t3, ports: 3773-}, o: {preset: opencode, ports: 5000-}}\ndefaults: {server: t3}\nusers:\n"
                    + string.Concat(
                        users
                            .DistinctBy(one => one.Name, StringComparer.Ordinal)
                            .Select(one => $"  {one.Name}: {one.Text}\n")
                    );
                var roster = RosterReaderTests.Good(text);
                var (facts, files, manifest) = Hosts.Applied(roster, Hosts.Bare, Manifest.Empty);
                return Hosts.Plan(roster, facts, files, manifest) is { IsEmpty: true, Problems.Count: 0 };
            });
    }

    [Fact]
    public void A_changed_cap_interrupts_nobody_and_reaches_what_runs()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var larger = RosterReaderTests.Good(
            Hosts.TeamText.Replace("memory: 6G", "memory: 7G", StringComparison.Ordinal)
        );
        var plan = Hosts.Plan(larger, facts, files, manifest);
        Assert.Empty(plan.Interrupts);
        Assert.Empty(plan.Waiting);
        Assert.Collection(
            plan.Steps,
            step =>
                Assert.EndsWith(
                    "t3-serve@alice.service.d/50-berth.conf",
                    Assert.IsType<WriteFile>(step).File.Path,
                    StringComparison.Ordinal
                ),
            step => Assert.IsType<ReloadSystemd>(step),
            step => Assert.Equal(7L << 30, Assert.IsType<SetCap>(step).Cap)
        );
    }

    [Fact]
    public void A_changed_port_waits_until_a_restart_is_asked_for()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var moved = RosterReaderTests.Good(
            Hosts.TeamText.Replace("memory: 6G", "memory: 6G, port: 9000", StringComparison.Ordinal)
        );
        Assert.IsType<RestartServer>(Assert.Single(Hosts.Plan(moved, facts, files, manifest).Waiting));
        Assert.Equal(
            ["alice's server"],
            Hosts.Plan(moved, facts, files, manifest, new PlanOptions(Restart: true)).Interrupts
        );
    }

    [Fact]
    public void Overcommitment_is_refused_until_the_roster_accepts_it()
    {
        var small = Hosts.Bare with { Ram = 16L << 30 };
        var plan = Hosts.Plan(Hosts.Team, small);
        Assert.True(plan.Refused);
        Assert.Contains("23G of 16G RAM", plan.Problems[0].Message, StringComparison.Ordinal);
        var accepted = RosterReaderTests.Good(
            Hosts.TeamText.Replace("reserve: 4G", "reserve: 4G, overcommit: true", StringComparison.Ordinal)
        );
        Assert.False(Hosts.Plan(accepted, small).Refused);
        Assert.Contains("alice's server (6G)", Capacity.Of(accepted, small).WorstCase(), StringComparison.Ordinal);
    }

    public static TheoryData<string, int, HomeKind, int, string> Blocked =>
        new()
        {
            { "alice", 8, HomeKind.Folder, 8, "is a system account (uid 8)" },
            { "alice", 1000, HomeKind.SymbolicLink, 1000, "is a symbolic link" },
            { "alice", 1000, HomeKind.Folder, 1001, "belongs to uid 1001" },
            { "alice", 1000, HomeKind.Other, 1000, "is not a folder" },
        };

    [Theory]
    [MemberData(nameof(Blocked))]
    public void A_person_whose_account_is_not_right_is_left_alone_and_the_others_are_served(
        string name,
        int uid,
        HomeKind home,
        int owner,
        string says
    )
    {
        var plan = Hosts.Plan(Hosts.Team, Hosts.Bare.With(Hosts.Person(name, uid), new HomeFact(home, owner, 0x1ED)));
        Assert.Contains(says, Assert.Single(plan.Problems).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Steps, step => step.User == name);
        Assert.Contains(plan.Steps, step => step is StartServer { Name: "bob" });
        Assert.False(plan.Refused);
    }

    [Fact]
    public void An_open_home_is_closed_and_a_group_is_only_added()
    {
        var roster = RosterReaderTests.Good(
            Hosts.TeamText.Replace("admin: true", "admin: true, groups: [docker]", StringComparison.Ordinal)
        );
        var plan = Hosts.Plan(
            roster,
            Hosts.Bare.With(Hosts.Person("alice", 1000), new HomeFact(HomeKind.Folder, 1000, 0x1ED))
        );
        Assert.Contains(plan.Steps, step => step is CloseHome { Name: "alice" });
        Assert.Contains(plan.Steps, step => step is AddToGroup { Name: "alice", Group: "docker" });
    }

    [Fact]
    public void Somebody_elses_file_is_drift_until_its_overwriting_is_asked_for()
    {
        var template = ServerUnits.TemplatePath("t3");
        var files = new Dictionary<string, FileFact> { [template] = new(FileKind.Text, "theirs", 0x1A4, 0) };
        var careful = Hosts.Plan(Hosts.Team, Hosts.Bare, files);
        Assert.Equal("was there before and is not Berth's", Assert.Single(careful.Drift).What);
        Assert.DoesNotContain(careful.Steps, step => step is WriteFile write && write.File.Path == template);
        var asked = Hosts.Plan(Hosts.Team, Hosts.Bare, files, options: new PlanOptions(OverwriteDrift: true));
        Assert.Contains(
            asked.Steps,
            step => step is WriteFile { Change: FileChange.Replace } write && write.File.Path == template
        );
        Assert.True(asked.Next.Files[template].Original);
    }

    [Fact]
    public void An_edit_by_hand_a_link_and_a_foreign_owner_are_each_told()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var paths = Hosts.Team.Users.Select(user => ServerUnits.EnvironmentPath("t3", user.Name)).ToList();
        files[paths[0]] = files[paths[0]] with { Hash = "edited" };
        files[paths[1]] = new FileFact(FileKind.Link, "x", 0x1FF, 0);
        files[paths[2]] = files[paths[2]] with { Uid = 1000 };
        var plan = Hosts.Plan(Hosts.Team, facts, files, manifest);
        Assert.Equal(
            ["was edited by hand", "is a symbolic link", "belongs to uid 1000, not to root"],
            plan.Drift.Select(drift => drift.What)
        );
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void A_removed_person_is_cut_off_and_can_come_back()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var without = RosterReaderTests.Good(
            Hosts.TeamText.Replace("  bob: {login: bob@example.com, pane-memory: 1G}\n", "", StringComparison.Ordinal)
        );
        var cut = Hosts.Plan(without, facts, files, manifest);
        Assert.Contains(cut.Steps, step => step is StopServer { Name: "bob" });
        Assert.Contains(cut.Steps, step => step is SetLock { Name: "bob", Locked: true });
        Assert.Contains(
            cut.Steps,
            step => step is RemoveFile remove && remove.Path == ServerUnits.EnvironmentPath("t3", "bob")
        );
        Assert.Equal(manifest.Ports["t3/bob"], cut.Next.Ports["t3/bob"]);
        var locked = facts.With(Hosts.Person("bob", 1001) with { Expired = true });
        Assert.Contains(
            Hosts.Plan(Hosts.Team, locked, files, cut.Next).Steps,
            step => step is SetLock { Name: "bob", Locked: false }
        );
    }

    [Fact]
    public void An_account_that_was_there_before_Berth_is_not_locked_by_leaving_the_roster()
    {
        var before = Hosts.Bare.With(Hosts.Person("bob", 1001));
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, before, Manifest.Empty);
        var without = RosterReaderTests.Good(
            Hosts.TeamText.Replace("  bob: {login: bob@example.com, pane-memory: 1G}\n", "", StringComparison.Ordinal)
        );
        var plan = Hosts.Plan(without, facts, files, manifest);
        Assert.Contains(plan.Steps, step => step is StopServer { Name: "bob" });
        Assert.DoesNotContain(plan.Steps, step => step is SetLock or EndSessions);
        Assert.Contains(plan.Notes, note => note.Contains("bob is no longer in the roster", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_of_somebody_Berth_never_looked_after_is_left_running()
    {
        var facts = Hosts.Bare with
        {
            Surfaces = LiveSurfaces.None with
            {
                Servers = new Dictionary<string, SurfaceFact> { ["t3-serve@dave.service"] = new("x", 1) },
            },
        };
        Assert.DoesNotContain(Hosts.Plan(Hosts.Team, facts).Steps, step => step is StopServer);
    }

    [Fact]
    public void An_account_that_expired_by_itself_is_not_unlocked_behind_the_admins_back()
    {
        var plan = Hosts.Plan(Hosts.Team, Hosts.Bare.With(Hosts.Person("bob", 1001) with { Expired = true }));
        Assert.Contains("Berth did not lock it", Assert.Single(plan.Problems).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Steps, step => step is SetLock);
    }

    [Fact]
    public void A_port_that_somebody_else_holds_is_named_with_its_holder()
    {
        var facts = Hosts.Bare.With(Hosts.Person("mallory", 1666)) with
        {
            Listeners = new Dictionary<int, int> { [9000] = 1666 },
        };
        var roster = RosterReaderTests.Good(
            Hosts.TeamText.Replace("memory: 6G", "memory: 6G, port: 9000", StringComparison.Ordinal)
        );
        var plan = Hosts.Plan(roster, facts);
        Assert.Contains(
            "taken by a process of mallory",
            Assert.Single(plan.Problems).Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(plan.Steps, step => step is StartServer { Name: "alice" });
    }

    [Fact]
    public void An_apply_that_was_cut_short_is_activated_again()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var plan = Hosts.Plan(Hosts.Team, facts, files, manifest with { Unfinished = true });
        Assert.Contains(plan.Steps, step => step is ReloadSystemd);
        Assert.False(plan.Next.Unfinished);
    }

    [Fact]
    public void Without_systemd_nothing_is_applied() =>
        Assert.True(Hosts.Plan(Hosts.Team, Hosts.Bare with { Systemd = 0 }).Refused);

    [Fact]
    public void Uninstall_takes_away_exactly_what_the_manifest_lists()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var plan = UninstallPlan.Of(facts, files, manifest, new PlanOptions());
        Assert.Equal(
            manifest.Files.Keys.Order(StringComparer.Ordinal),
            plan.Steps.OfType<RemoveFile>().Select(step => step.Path).Order(StringComparer.Ordinal)
        );
        Assert.True(plan.Next.IsEmpty);
        Golden.Matches("Planning/golden/uninstall-80.txt", PlanText.Render(plan, 80));
    }
}
