using Berth.Credentials;
using Berth.Planning;
using Berth.Rosters;
using Xunit;

namespace Berth.Units;

public class CredentialUnitsTests
{
    private static readonly Roster s_with = RosterReaderTests.Good(Hosts.TeamText + "\nstore: {kind: local}\n");

    private static Desired Of(Roster roster) => DesiredFiles.Of(roster, Hosts.Bare, Manifest.Empty);

    private static IEnumerable<string> Started(Plan plan) =>
        plan.Steps.OfType<StartOwnUnits>().SelectMany(step => step.Units);

    [Fact]
    public void Without_a_store_nothing_of_it_is_on_the_host()
    {
        var files = Of(Hosts.Team).Files;
        Assert.DoesNotContain(files, file => file.Path.Contains("token", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Path.Contains("berth-login", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Content.Contains("/run/berth/tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void With_a_store_the_service_manager_reads_tokens_from_a_folder_of_roots_only()
    {
        var files = Of(s_with).Files;
        var template = files.Single(file => file.Path == ServerUnits.TemplatePath("t3")).Content;
        Assert.Contains("EnvironmentFile=-/run/berth/tokens/units/%i.env", template, StringComparison.Ordinal);
        Assert.Contains($"After={CredentialUnits.Sync}", template, StringComparison.Ordinal);
        foreach (
            var line in template.Split('\n').Where(line => line.StartsWith("EnvironmentFile", StringComparison.Ordinal))
        )
            Assert.DoesNotContain("/home", line, StringComparison.Ordinal);
        foreach (var name in (string[])["alice", "bob", "carol"])
            Assert.Contains(files, file => file.Path == CredentialUnits.LoginWantsPath(name));
    }

    [Fact]
    public void Whoever_reads_tokens_sees_no_network_and_whoever_reads_homes_is_their_owner()
    {
        var sync = CredentialUnits.SyncUnit("/usr/bin/berth", vault: true);
        // Before anything can fail: what wakes it is taken away, or it would be started for ever.
        Assert.True(
            sync.IndexOf("ExecStartPre=-/bin/rm -rf /run/private/berth-sync/changed", StringComparison.Ordinal)
                is > 0
                    and var first
                && first < sync.IndexOf("ExecStart=/usr/bin/berth", StringComparison.Ordinal)
        );
        Assert.Contains("PrivateNetwork=yes", sync, StringComparison.Ordinal);
        Assert.Contains("ProtectHome=yes", sync, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivileges=yes", sync, StringComparison.Ordinal);
        var login = CredentialUnits.LoginUnit("/usr/bin/berth");
        Assert.Contains("User=%i", login, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivileges=yes", login, StringComparison.Ordinal);
    }

    private static readonly Roster s_vault = RosterReaderTests.Good(
        Hosts.TeamText
            + "\nstore: {kind: vault, address: https://vault.example, path: \"secret/claude/{user}\", namespace: team, ca-file: /etc/ssl/v.pem}\n"
    );

    [Fact]
    public void Whoever_speaks_to_vault_is_nobody_and_writes_one_folder()
    {
        var unit = Of(s_vault)
            .Files.Single(file => file.Path == CredentialUnits.Path(CredentialUnits.VaultSync))
            .Content;
        foreach (
            var line in (string[])
                [
                    "DynamicUser=yes",
                    "CapabilityBoundingSet=",
                    "NoNewPrivileges=yes",
                    "ProtectHome=yes",
                    "RuntimeDirectory=berth-sync",
                    "RuntimeDirectoryPreserve=restart",
                    "LoadCredentialEncrypted=vault:/var/lib/berth/vault",
                    "Environment=VAULT_ADDR=https://vault.example",
                    "Environment=BERTH_STORE_PATH=secret/claude/{user}",
                    "Environment=VAULT_NAMESPACE=team",
                    "Environment=VAULT_CACERT=/etc/ssl/v.pem",
                ]
        )
            Assert.Contains(line, unit.Split('\n'));
        Assert.DoesNotContain("StateDirectory", unit, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Of(s_with).Files,
            file => file.Path.Contains(CredentialUnits.VaultSync, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_store_that_moves_from_vault_to_this_host_ends_the_one_that_spoke_to_vault()
    {
        var facts = Hosts.Bare;
        var before = Of(s_vault);
        var on = Planner.Of(s_vault, facts, before, Hosts.Written(Of(Hosts.Team)), Manifest.Empty, new PlanOptions());
        Assert.Contains(CredentialUnits.VaultSync, Started(on));
        var moved = Planner.Of(s_with, facts, Of(s_with), Hosts.Written(before), on.Next, new PlanOptions());
        Assert.Contains(CredentialUnits.VaultSync, Assert.Single(moved.Steps.OfType<StopOwnUnits>()).Units);
        Assert.Empty(moved.Steps.OfType<WithdrawTokens>());
        var old = Planner.Of(
            s_vault,
            facts with
            {
                Systemd = 247,
            },
            before,
            Hosts.Written(before),
            on.Next,
            new PlanOptions()
        );
        Assert.True(old.Refused);
    }

    [Fact]
    public void Where_the_roster_asks_a_person_keeps_a_copy_of_their_token()
    {
        var roster = RosterReaderTests.Good(
            Hosts.TeamText.Replace("users:", "store: {kind: local}\nusers:", StringComparison.Ordinal)
                + "\n  dora: {login: dora@example.com, token-file: .config/claude-oauth.env}\n"
        );
        var file = Of(roster).Files.Single(file => file.Path == CredentialUnits.LoginDropInPath("dora"));
        Assert.Contains(
            "Environment=BERTH_TOKEN_FILE=.config/claude-oauth.env",
            file.Content,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(Of(roster).Files, other => other.Path == CredentialUnits.LoginDropInPath("alice"));
    }

    [Theory]
    [InlineData("/etc/x")]
    [InlineData("../x")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a b")]
    [InlineData("%h/x")]
    [InlineData("x/")]
    public void A_token_file_stays_below_the_home(string path) =>
        Assert.Contains(
            RosterReader
                .Read(new RosterText("roster.yaml", $"{Hosts.TeamText}\n  zoe: {{token-file: \"{path}\"}}\n"), [])
                .Problems,
            problem => problem.Message.Contains("token-file", StringComparison.Ordinal)
        );

    [Fact]
    public void The_store_coming_and_going_starts_and_ends_its_units_and_interrupts_nobody()
    {
        var desired = Of(s_with);
        var facts = Hosts.Bare;
        var on = Planner.Of(s_with, facts, desired, Hosts.Written(Of(Hosts.Team)), Manifest.Empty, new PlanOptions());
        Assert.Contains(CredentialUnits.Login("alice"), Started(on));
        var off = Planner.Of(Hosts.Team, facts, Of(Hosts.Team), Hosts.Written(desired), on.Next, new PlanOptions());
        Assert.Single(off.Steps.OfType<WithdrawTokens>());
        Assert.Contains(CredentialUnits.Login("bob"), Assert.Single(off.Steps.OfType<StopOwnUnits>()).Units);
        Assert.All(off.Steps.OfType<WithdrawTokens>(), step => Assert.Null(step.Interrupts));
    }

    [Fact]
    public void The_snippet_runs_nothing_that_it_read() =>
        Assert.DoesNotContain(
            TokenFile.Snippet.Split('\n').Where(line => !line.TrimStart().StartsWith('#')),
            line =>
                line.Contains("eval", StringComparison.Ordinal)
                || line.Contains("source ", StringComparison.Ordinal)
                || line.TrimStart().StartsWith(". ", StringComparison.Ordinal)
        );
}
