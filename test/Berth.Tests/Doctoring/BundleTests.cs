using Berth.Rosters;
using Xunit;

namespace Berth.Doctoring;

/// <summary>Bundles: hosts that were recorded, and what may be in one.</summary>
public sealed class BundleTests
{
    private const string Secret = "hunter2-of-acme";

    private static HostSnapshot Bundle(string name)
    {
        Assert.Null(SnapshotJson.Read(Golden.Text($"Doctoring/snapshots/{name}.json"), out var snapshot));
        return snapshot;
    }

    /// <summary>Recorded, but for Ubuntu and Fedora, which <see cref="StockHosts"/> puts together.</summary>
    public static TheoryData<string> Recorded => ["debian-12-stock", "debian-13-stock", "debian-13-berth"];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void On_a_stock_host_and_on_one_that_berth_applied_the_doctor_partsilent(string name) =>
        Assert.Empty(Rules.Find(Bundle(name)));

    [Fact]
    public void On_stock_Ubuntu_and_Fedora_the_doctor_partsilent()
    {
        Assert.Empty(Rules.Find(StockHosts.Ubuntu));
        Assert.Empty(Rules.Find(StockHosts.Fedora));
    }

    /// <summary>The control of the silence: the same hosts with one person who runs an agent are not silent.</summary>
    [Fact]
    public void The_same_hosts_with_somebody_who_runs_an_agent_are_not_silent()
    {
        foreach (var host in (HostSnapshot[])[StockHosts.Ubuntu, StockHosts.Fedora])
        {
            var lived = host.Plus(
                new ProcessSeen(7000, 1, 1000, "claude", $"{StockHosts.Session}/session-2.scope", 1 << 29, 0)
                {
                    Agent = "claude",
                }
            );
            var codes = Rules.Find(lived).Select(finding => finding.Code).ToHashSet(StringComparer.Ordinal);
            Assert.Superset(
                new HashSet<string>(["TREE-UNCAPPED", "SWAP-LEAK", "OOMPOLICY-SCOPE"], StringComparer.Ordinal),
                codes
            );
        }
    }

    [Fact]
    public void A_bad_host_has_the_same_findings_as_a_bundle_as_it_had_alive()
    {
        var host = Bundle("debian-13-bad");
        Golden.Matches("Doctoring/golden/bad-80.txt", DoctorText.Render(Diagnosis.Of(host, Baseline.None), 80));
        Golden.Matches("Doctoring/golden/bad-200.txt", DoctorText.Render(Diagnosis.Of(host, Baseline.None), 200));
        Golden.Matches("Doctoring/golden/bad.json", DoctorJson.Render(Diagnosis.Of(host, Baseline.None)) + "\n");
    }

    [Fact]
    public void A_bundle_partread_as_it_was_written()
    {
        var text = SnapshotJson.Write(Scenes.Good);
        Assert.Null(SnapshotJson.Read(text, out var again));
        Assert.Equal(text, SnapshotJson.Write(again));
        Assert.Empty(Rules.Find(again));
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("null", "no bundle")]
    [InlineData("[]", "line 1, at $")]
    [InlineData("{\"format\": 99}", "use a newer one")]
    [InlineData("{\"processes\": [{\"pid\": 1}]}", "no bundle")]
    [InlineData("{\"cgroups\": [{\"path\": null}]}", "cgroups[0].path")]
    [InlineData("{}", "no format")]
    [InlineData("{\"format\": 1}", "missing")]
    public void What_partno_bundle_partnamed_with_its_place(string text, string says) =>
        Assert.Contains(says, SnapshotJson.Read(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"controllers\": [", "\"controllers\": [null, ", "an empty place")]
    [InlineData("\"cgroups\": [", "\"cgroups\": [null, ", "an empty place")]
    [InlineData("\"user\": \"alice\",", "", "a unit")]
    [InlineData("\"system\":", "\"sistem\":", "missing")]
    [InlineData("\"size\": ", "\"size\": 92233720", "a number")]
    [InlineData("\"rss\": ", "\"rss\": -", "a number")]
    [InlineData("\"pidsMax\": ", "\"pidsMax\": -", "a number")]
    [InlineData("\"adj\": 200", "\"adj\": 2000", "a number")]
    public void What_no_host_says_partno_bundle(string part, string other, string says)
    {
        var text = SnapshotJson.Write(Scenes.Good);
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Contains(
            says,
            SnapshotJson.Read(text.Replace(part, other, StringComparison.Ordinal), out _),
            StringComparison.Ordinal
        );
    }

    /// <summary>Two units in one cgroup, nobody's processes, paths of slashes: no host, and no reason to fall over.</summary>
    [Fact]
    public void A_bundle_that_contradicts_itself_partjudged_all_the_same()
    {
        var host = Scenes.Good;
        host = host with
        {
            Units = [.. host.Units, .. host.Units],
            Processes =
            [
                .. host.Processes,
                .. host.Processes,
                new ProcessSeen(-1, -1, -1, "", "//", 0, 0) { Server = "t3" },
            ],
            Cgroups = [.. host.Cgroups, Scenes.Free(""), Scenes.Free("/"), Scenes.Capped("//a//", 0)],
            Accounts = [.. host.Accounts, .. host.Accounts, new AccountSeen("", 1002, "/", null, -1, [])],
        };
        Assert.Null(SnapshotJson.Read(SnapshotJson.Write(host), out var read));
        Assert.NotEmpty(DoctorText.Render(Diagnosis.Of(read, Baseline.None), 80));
        Assert.NotEmpty(SnapshotJson.Write(Anonymous.Of(read)));
    }

    /// <summary>A secret in every place that a person or a program can choose.</summary>
    [Fact]
    public void Nothing_that_was_planted_comes_through()
    {
        var planted = Planted();
        // The control: it is all there before.
        Assert.True(SnapshotJson.Write(planted).Split(Secret).Length > 12);
        var text = SnapshotJson.Write(Anonymous.Of(planted));
        foreach (
            var secret in (ReadOnlySpan<string>)
                [Secret, "alice", "bob", "mallory", "jdoe", "vault7", "/srv/people", "hunter2", "corp", "prod"]
        )
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.Contains("t3-serve@user1.service", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_names_the_findings_are_the_same_but_for_the_names()
    {
        var host = Planted();
        Assert.NotEmpty(Rules.Find(host));
        Assert.Equal(
            Rules.Find(host).Select(finding => (finding.Code, finding.Severity)),
            Rules.Find(Anonymous.Of(host)).Select(finding => (finding.Code, finding.Severity))
        );
    }

    /// <summary>Names of people are also words of systemd's, and stay so where they are those.</summary>
    [Fact]
    public void People_who_are_called_as_parts_of_systemd_change_no_finding()
    {
        string[] names =
        [
            "user",
            "system",
            "service",
            "slice",
            "docker",
            "serve",
            "t3",
            "agents",
            "server",
            "user1",
            "x1",
        ];
        var host = Planted() with
        {
            Accounts =
            [
                .. Planted().Accounts,
                .. names.Select((name, at) => new AccountSeen(name, 1100 + at, $"/home/{name}", null, -1, [])),
            ],
        };
        host = host with { Roster = host.Roster! with { People = [.. host.Roster.People, .. names] } };
        var text = SnapshotJson.Write(Anonymous.Of(host));
        Assert.Contains("\"user.slice/user-1000.slice\"", text, StringComparison.Ordinal);
        Assert.Equal(
            Rules.Find(host).Select(finding => (finding.Code, finding.Severity)),
            Rules.Find(Anonymous.Of(host)).Select(finding => (finding.Code, finding.Severity))
        );
    }

    [Fact]
    public void The_words_that_every_host_has_stay()
    {
        var host = Scenes.Good with
        {
            System = "Ubuntu 24.04.3 LTS",
            Kernel = "6.12.48+deb13-cloud-amd64",
            Units =
            [
                new UnitSeen("systemd-journald.service"),
                new UnitSeen("getty@tty1.service"),
                new UnitSeen("user@1000.service") { User = "1000" },
            ],
            Cgroups = [Scenes.Free("user.slice/user-1000.slice/user@1000.service/init.scope")],
        };
        var bundle = Anonymous.Of(host);
        Assert.Equal((host.System, host.Kernel), (bundle.System, bundle.Kernel));
        Assert.Equal(host.Units, bundle.Units);
        Assert.Equal(host.Cgroups, bundle.Cgroups);
    }

    /// <summary>The numbers in user@1000.service and user-1000.slice are no names.</summary>
    [Fact]
    public void A_number_partnot_taken_for_a_name()
    {
        var host = Scenes.Good with
        {
            Units = [.. Scenes.Good.Units, new UnitSeen("user@1000.service") { User = "1000" }],
        };
        Assert.Contains(Scenes.Sessions, Anonymous.Of(host).Cgroups.Select(cgroup => cgroup.Path));
    }

    [Fact]
    public void A_baseline_accepts_what_it_names_and_tells_what_partno_longer_so()
    {
        var host = Scenes.Good with { Pressure = false, Earlyoom = null };
        var problems = new List<Problem>();
        var baseline = Baseline.Read("known", "# ours\nPSI-OFF host # old kernel\n\nBAND gone.service\n", problems);
        Assert.Empty(problems);
        var diagnosis = Diagnosis.Of(host, baseline);
        Assert.Equal("BACKSTOP-MISSING", Assert.Single(diagnosis.Open).Code);
        Assert.Equal("PSI-OFF", Assert.Single(diagnosis.Accepted).Code);
        Assert.Equal(("BAND", "gone.service"), Assert.Single(diagnosis.Stale));
        // What --accept writes accepts all of it.
        var all = Baseline.Read("known", Baseline.Write(Rules.Find(host)), problems);
        Assert.Empty(Diagnosis.Of(host, all).Open);
    }

    [Fact]
    public void Every_wrong_line_of_a_baseline_parttold_at_once()
    {
        var problems = new List<Problem>();
        Baseline.Read("known", "BANDS x\nPSI-OFF\nnonsense here", problems);
        Assert.Equal(
            [
                "known:1:1: 'BANDS' is no rule; did you mean 'BAND'?",
                "known:2:8: the subject is missing; write: CODE SUBJECT, as 'berth doctor' shows them",
                "known:3:1: 'nonsense' is no rule; the codes are in docs/doctor",
            ],
            problems.Select(problem => problem.ToString())
        );
    }

    [Fact]
    public void What_only_root_may_read_parttold_with_the_rules_that_miss_it()
    {
        var host = Scenes.Good with
        {
            Root = false,
            Fences = null,
            Unread = [new Unread(Aspect.Firewall, "the firewall", "nft needs root", ForRoot: true)],
        };
        Assert.Equal("PORT-OPEN", Assert.Single(Rules.MoreForRoot(host)).Code);
        Assert.Contains(
            "with sudo 1 more rule sees",
            DoctorText.Render(Diagnosis.Of(host, Baseline.None), 200),
            StringComparison.Ordinal
        );
    }

    private static HostSnapshot Planted()
    {
        var host = Scenes.Good;
        return host with
        {
            Accounts =
            [
                new AccountSeen("alice", 1000, $"/srv/people/{Secret}", 0x1ED, 1000, []),
                new AccountSeen("bob", 1001, "/srv/people/bob", 0x1C0, 1001, []),
            ],
            Roster = host.Roster! with
            {
                People = ["alice", "bob", "mallory"],
                Servers = [.. host.Roster.Servers, "t3-serve@mallory.service"],
            },
            Units =
            [
                .. host.Units,
                Scenes.Server("jdoe", "system.slice/t3-serve@jdoe.service", 0),
                new UnitSeen("backup@vault7.service")
                {
                    User = Secret,
                    FilePolicy = Secret,
                    OomPolicy = Secret,
                },
                new UnitSeen($"run-{Secret}.service"),
                new UnitSeen("autossh@vault7.corp.example.service"),
            ],
            Processes = [.. host.Processes, new ProcessSeen(999, 1, 1000, Secret, Scenes.Pane, 1 << 20, 0)],
            Earlyoom = host.Earlyoom! with { Prefer = Secret, Avoid = $"^{Secret}$" },
            Tmpfs = [new TmpfsSeen($"/srv/people/{Secret}/mount", 1)],
            EnvironmentFiles =
            [
                new EnvironmentFileSeen(
                    "t3-serve@alice.service",
                    $"/srv/people/{Secret}/{Secret}.env",
                    $"/srv/people/{Secret}",
                    1000,
                    "folder",
                    Writable: false
                ),
                // Of somebody who is in no passwd, and in the home of a service.
                new EnvironmentFileSeen(
                    "x.service",
                    "/data/people/jdoe/.env",
                    "/data/people/jdoe",
                    4711,
                    "folder",
                    false
                ),
                new EnvironmentFileSeen("y.service", $"/opt/{Secret}/prod.env", $"/opt/{Secret}", 998, "folder", false),
            ],
            Unread =
            [
                new Unread(Aspect.Roster, "the roster", $"roster.yaml:1:1: '{Secret}' is no key"),
                new Unread(Aspect.Units, "units", $"systemctl show: {Secret}"),
                new Unread(Aspect.Firewall, "the firewall", $"nft list ruleset: {Secret}"),
                new Unread(Aspect.Processes, $"/srv/people/{Secret}/x", $"/srv/people/{Secret}/y"),
            ],
            System = $"{Secret} Linux",
            Kernel = $"6.1.0-{Secret}",
            DockerParent = $"{Secret}.slice",
            ScopePolicy = Secret,
            Cgroups =
            [
                .. host.Cgroups,
                Scenes.Free($"system.slice/run-{Secret}.service"),
                Scenes.Free($"{Scenes.Alice}/agents/{Secret}"),
                Scenes.Free($"{Scenes.Alice}/agents/svcalice_db"),
                Scenes.Free("system.slice/autossh@vault7.corp.example.service"),
                Scenes.Free("system.slice/backup@vault7.service"),
                Scenes.Free("user.slice/user-1000.slice/alice.scope"),
            ],
        };
    }
}
