using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;
using Xunit;

namespace Berth.Planning;

public sealed class GatewayPlanTests
{
    private const string Link = "gateway: {listen: 127.0.0.1:3780}\n";

    private const string Tls = """
        gateway:
          listen: "[::]:443"
          url: https://code.example
          certificate: /etc/berth/tls/chain 50%.pem
          key: /etc/berth/tls/it's.pem
          identity: {kind: header, header: X-User, secret-file: /etc/berth/proxy.secret}

        """;

    private static readonly Roster s_team = RosterReaderTests.Good(Link + Hosts.TeamText);
    private static readonly Roster s_tls = RosterReaderTests.Good(Tls + Hosts.TeamText);

    private static string Unit(Roster roster, string unit) =>
        DesiredFiles
            .Of(roster, Hosts.Bare, Manifest.Empty)
            .Files.Single(file => file.Path == GatewayUnits.Path(unit))
            .Content;

    private static GatewayConfig Config(Roster roster, HostFacts facts) =>
        GatewayConfig.Parse(
            DesiredFiles.Of(roster, facts, Manifest.Empty).Files.Single(file => file.Path == GatewayConfig.Path).Content
        );

    [Fact]
    public void Every_file_of_a_gateway_is_as_it_was_reviewed() =>
        Golden.Matches(
            "Planning/golden/gateway-files.txt",
            string.Concat(
                DesiredFiles
                    .Of(s_tls, Hosts.Bare, Manifest.Empty)
                    .Files.Except(DesiredFiles.Of(Hosts.Team, Hosts.Bare, Manifest.Empty).Files)
                    .Select(file =>
                        $"==> {file.Path} ({file.Kind}, {Convert.ToString(file.Mode, 8)})\n{file.Content.TrimEnd('\n')}\n"
                    )
            )
        );

    [Fact]
    public void The_first_plan_with_a_gateway_reads_well() =>
        Golden.Matches("Planning/golden/gateway-plan-120.txt", PlanText.Render(Hosts.Plan(s_team, Hosts.Bare), 120));

    [Fact]
    public void After_an_apply_there_is_nothing_left_to_do()
    {
        foreach (var roster in new[] { s_team, s_tls })
        {
            var (facts, files, manifest) = Hosts.Applied(roster, Hosts.Bare, Manifest.Empty);
            Assert.Equal("Nothing to do.", PlanText.Summary(Hosts.Plan(roster, facts, files, manifest)));
        }
    }

    [Fact]
    public void A_certificate_that_is_not_there_is_told_before_the_gateway_fails_for_it()
    {
        Assert.Equal(3, s_tls.Gateway!.Handed().Count());
        var missing = Hosts.Bare with { NotHanded = ["/etc/berth/tls/it's.pem"] };
        Assert.Contains(
            Hosts.Plan(s_tls, missing).Notes,
            note => note.StartsWith("/etc/berth/tls/it's.pem is not there")
        );
        Assert.DoesNotContain(Hosts.Plan(s_tls, Hosts.Bare).Notes, note => note.Contains("not there"));
    }

    [Fact]
    public void A_changed_route_restarts_nothing()
    {
        var (facts, files, manifest) = Hosts.Applied(s_team, Hosts.Bare, Manifest.Empty);
        var renamed = RosterReaderTests.Good(
            Link + Hosts.TeamText.Replace("bob@example.com", "robert@example.com", StringComparison.Ordinal)
        );
        Assert.Equal(
            GatewayConfig.Path,
            Assert.IsType<WriteFile>(Assert.Single(Hosts.Plan(renamed, facts, files, manifest).Steps)).File.Path
        );
    }

    [Theory]
    [InlineData("gateway: {listen: 127.0.0.1:3781}\n", 2)]
    [InlineData("gateway: {listen: 127.0.0.1:3780, contact: help@example.com}\n", 0)]
    public void A_changed_socket_is_opened_anew_and_a_changed_setting_leaves_it_open(string gateway, int sockets)
    {
        var (facts, files, manifest) = Hosts.Applied(s_team, Hosts.Bare, Manifest.Empty);
        var plan = Hosts.Plan(RosterReaderTests.Good(gateway + Hosts.TeamText), facts, files, manifest);
        var restart = Assert.Single(plan.Steps.OfType<RestartFront>());
        Assert.Equal((GatewayUnits.Service, sockets), (restart.Service, restart.Sockets.Count));
        Assert.Contains("connect again by themselves", restart.Says, StringComparison.Ordinal);
        Assert.Empty(plan.Interrupts);
    }

    [Fact]
    public void What_is_not_running_is_started()
    {
        var (facts, files, manifest) = Hosts.Applied(s_team, Hosts.Bare, Manifest.Empty);
        facts = facts with
        {
            OwnUnits = new HashSet<string> { GatewayUnits.Daemon, RecorderUnits.Service, WatchdogUnits.Service },
        };
        var step = Assert.Single(Hosts.Plan(s_team, facts, files, manifest).Steps);
        Assert.Equal([GatewayUnits.Service], Assert.IsType<StartOwnUnits>(step).Units);
    }

    [Theory]
    [InlineData("")]
    [InlineData("input 1\ninside 3773,3774,3775\noutput 1\nowners 3773.1000,3774.1001\npeople 3\nports 3773,3774,3775")]
    [InlineData(
        "input 1\ninside 3773,3774,3775\noutput 0\nowners 3773.1000,3774.1001,3775.1002\npeople 3\nports 3773,3774,3775"
    )]
    public void What_somebody_flushed_or_emptied_is_loaded_again(string loaded)
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        var plan = Hosts.Plan(Hosts.Team, facts with { Firewall = new FirewallFact(true, loaded) }, files, manifest);
        Assert.Equal(3, Assert.IsType<LoadFirewall>(Assert.Single(plan.Steps)).Ports);
        Assert.Empty(plan.Interrupts);
    }

    [Fact]
    public void Whoever_may_not_ask_what_is_loaded_is_told_nothing_is_wrong()
    {
        var (facts, files, manifest) = Hosts.Applied(Hosts.Team, Hosts.Bare, Manifest.Empty);
        Assert.True(
            Hosts.Plan(Hosts.Team, facts with { Firewall = new FirewallFact(true, null) }, files, manifest).IsEmpty
        );
    }

    [Fact]
    public void Without_nftables_a_gateway_is_refused_and_servers_alone_are_noted()
    {
        var without = Hosts.Bare with { Firewall = new FirewallFact(false, null) };
        Assert.True(Hosts.Plan(s_team, without).Refused);
        var plan = Hosts.Plan(Hosts.Team, without);
        Assert.False(plan.Refused);
        Assert.Contains(plan.Notes, note => note.Contains("apt install nftables", StringComparison.Ordinal));
        Assert.DoesNotContain(
            plan.Steps,
            step =>
                step
                    is LoadFirewall
                        or WriteFile { File.Path: Firewall.Path or "/etc/systemd/system/berth-firewall.service" }
        );
    }

    [Fact]
    public void A_gateway_that_is_given_up_is_stopped_and_its_account_goes_if_Berth_made_it()
    {
        var (facts, files, manifest) = Hosts.Applied(s_team, Hosts.Bare, Manifest.Empty);
        Assert.Equal([GatewayUnits.Account], manifest.SystemAccounts);
        var plan = Hosts.Plan(Hosts.Team, facts, files, manifest);
        Assert.Contains(plan.Steps, step => step is StopOwnUnits stop && stop.Units.Contains(GatewayUnits.People));
        Assert.Contains(plan.Steps, step => step is RemoveGatewayState { Account: true });
        Assert.DoesNotContain(plan.Steps, step => step is DeleteFirewall or RestartFront);
        Assert.Empty(plan.Next.SystemAccounts);
        Assert.DoesNotContain(plan.Next.Files.Keys, path => path.Contains("gateway", StringComparison.Ordinal));
        // The table no longer names an account that is gone.
        Assert.Contains(plan.Steps, step => step is LoadFirewall);
        Assert.True(
            plan.Steps.ToList().FindIndex(step => step is LoadFirewall)
                > plan.Steps.ToList().FindIndex(step => step is WriteFile { File.Path: Firewall.Path })
        );
    }

    [Fact]
    public void An_account_that_was_there_before_Berth_stays()
    {
        var before = Hosts.Bare.With(Hosts.Person(GatewayUnits.Account, 950));
        var (facts, files, manifest) = Hosts.Applied(s_team, before, Manifest.Empty);
        Assert.Empty(manifest.SystemAccounts);
        var plan = UninstallPlan.Of(facts, files, manifest, new PlanOptions());
        Assert.Contains(plan.Steps, step => step is RemoveGatewayState { Account: false });
    }

    [Fact]
    public void Uninstall_leaves_no_table_no_account_and_no_unit()
    {
        var (facts, files, manifest) = Hosts.Applied(s_tls, Hosts.Bare, Manifest.Empty);
        var plan = UninstallPlan.Of(facts, files, manifest, new PlanOptions());
        Golden.Matches("Planning/golden/gateway-uninstall-120.txt", PlanText.Render(plan, 120));
        Assert.True(plan.Next.IsEmpty);
    }

    [Fact]
    public void An_image_gets_the_account_and_the_files_and_nothing_is_loaded_or_started()
    {
        var plan = Hosts.Plan(s_tls, Hosts.Bare with { Live = false });
        Assert.Contains(plan.Steps, step => step is MakeSystemAccount);
        Assert.DoesNotContain(
            plan.Steps,
            step => step is LoadFirewall or RestartFront or StartOwnUnits or ReloadSystemd
        );
    }

    [Fact]
    public void Nobody_is_led_to_a_uid_that_is_not_theirs()
    {
        var roster = RosterReaderTests.Good(
            Link
                + Hosts
                    .TeamText.Replace("pane-memory: 1G", "uid: 1666", StringComparison.Ordinal)
                    .Replace("parked: true", "removed: true", StringComparison.Ordinal)
        );
        var facts = Hosts.Bare.With(Hosts.Person("mallory", 1666)).With(Hosts.Person("alice", 8));
        Assert.Empty(Config(roster, facts).Routes);
        Assert.DoesNotContain(
            "1666",
            DesiredFiles.Of(roster, facts, Manifest.Empty).Files.Single(file => file.Path == Firewall.Path).Content,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Everybody_who_is_not_removed_has_a_route_with_the_uid_they_are_about_to_get()
    {
        var roster = RosterReaderTests.Good(Link + Hosts.TeamText + "\n  dave: {server: none}");
        var config = Config(roster, Hosts.Bare.With(Hosts.Person("bob", 1500) with { Home = "/srv/bob" }));
        Assert.Equal(
            [
                ("alice", 1000, 3773, RouteState.Serving),
                ("bob", 1500, 3774, RouteState.Serving),
                ("carol", 1001, 3775, RouteState.Parked),
                ("dave", 1002, 0, RouteState.NoServer),
            ],
            config.Routes.Select(route => (route.User, route.Uid, route.Port, route.State))
        );
        var bob = config.Routes[1];
        Assert.Equal(
            ("bob@example.com", "t3", "t3", "127.0.0.1", "/srv/bob"),
            (bob.Login, bob.Server, bob.Preset, bob.Host, bob.Home)
        );
        Assert.Equal("/.well-known/t3/environment", bob.Ready.Path);
        Assert.Equal("127.0.0.1:3780", config.Gateway.Listen);
    }

    [Fact]
    public void The_gateway_owns_nothing_and_whoever_is_root_has_no_network()
    {
        var gateway = Unit(s_tls, GatewayUnits.Service).Split('\n');
        foreach (
            var line in (string[])
                [
                    "User=berth-gateway",
                    "CapabilityBoundingSet=",
                    "NoNewPrivileges=yes",
                    "ProtectSystem=strict",
                    "ProtectHome=yes",
                    "SocketBindDeny=any",
                    "StateDirectoryMode=0700",
                    "LoadCredential=secret:/etc/berth/proxy.secret",
                ]
        )
            Assert.Contains(line, gateway);
        var daemon = Unit(s_tls, GatewayUnits.Daemon).Split('\n');
        foreach (
            var line in (string[])
                [
                    "PrivateNetwork=yes",
                    "RestrictAddressFamilies=AF_UNIX",
                    "CapabilityBoundingSet=",
                    "OOMScoreAdjust=-900",
                ]
        )
            Assert.Contains(line, daemon);
        Assert.Contains("SocketMode=0600", Unit(s_tls, GatewayUnits.Control), StringComparison.Ordinal);
    }

    [Fact]
    public void A_unix_socket_is_for_the_gateways_group_alone()
    {
        var roster = RosterReaderTests.Good("gateway: {listen: \"unix:/run/berth/gateway.sock\"}\n" + Hosts.TeamText);
        var socket = Unit(roster, GatewayUnits.People).Split('\n');
        foreach (
            var line in (string[])
                ["ListenStream=/run/berth/gateway.sock", "SocketMode=0660", "SocketGroup=berth-gateway"]
        )
            Assert.Contains(line, socket);
    }

    [Fact]
    public void A_gateways_port_in_somebody_elses_hand_is_told()
    {
        var facts = Hosts.Bare.With(Hosts.Person("mallory", 1666)) with
        {
            Listeners = new Dictionary<int, int> { [3780] = 1666 },
        };
        var plan = Hosts.Plan(s_team, facts);
        Assert.Contains(
            plan.Notes,
            note => note.Contains("is taken by a process of mallory", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            Hosts.Plan(s_team, facts with { Listeners = new Dictionary<int, int> { [3780] = 0 } }).Notes,
            note => note.Contains("3780", StringComparison.Ordinal)
        );
    }
}
