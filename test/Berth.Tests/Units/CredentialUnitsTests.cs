using Berth.Credentials;
using Berth.Planning;
using Berth.Rosters;
using Xunit;

namespace Berth.Units;

public class CredentialUnitsTests
{
    private static readonly Roster s_with = RosterReaderTests.Good(Hosts.TeamText + "\nstore: {kind: local}\n");

    private static Desired Of(Roster roster) => DesiredFiles.Of(roster, Hosts.Bare, Manifest.Empty);

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
        var sync = CredentialUnits.SyncUnit("/usr/bin/berth");
        Assert.Contains("PrivateNetwork=yes", sync, StringComparison.Ordinal);
        Assert.Contains("ProtectHome=yes", sync, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivileges=yes", sync, StringComparison.Ordinal);
        var login = CredentialUnits.LoginUnit("/usr/bin/berth");
        Assert.Contains("User=%i", login, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivileges=yes", login, StringComparison.Ordinal);
    }

    [Fact]
    public void The_store_coming_and_going_starts_and_ends_its_units_and_interrupts_nobody()
    {
        var desired = Of(s_with);
        var facts = Hosts.Bare;
        var on = Planner.Of(s_with, facts, desired, Hosts.Written(Of(Hosts.Team)), Manifest.Empty, new PlanOptions());
        var start = Assert.Single(on.Steps.OfType<StartOwnUnits>());
        Assert.Contains(CredentialUnits.Login("alice"), start.Units);
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
