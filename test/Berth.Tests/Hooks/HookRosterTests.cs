using Berth.Planning;
using Berth.Rosters;
using Berth.Units;
using Xunit;

namespace Berth.Hooks;

public sealed class HookRosterTests
{
    private static Roster With(string hooks) => RosterReaderTests.Good($"{Hosts.TeamText}\nhooks: {hooks}");

    private static IEnumerable<string> Problems(string hooks) =>
        RosterReader
            .Read(new RosterText("r", $"{Hosts.TeamText}\nhooks: {hooks}"), [])
            .Problems.Select(problem => problem.Message);

    [Fact]
    public void Hooks_are_read()
    {
        var hooks = With(
            "{ops: {webhook-file: /etc/berth/ops.url, format: slack, kinds: [stall, exhausted]}, page: {exec: [/usr/local/bin/page, now]}}"
        ).Hooks;
        Assert.Equal(["ops", "page"], hooks.Select(hook => hook.Name));
        Assert.Equal(("/etc/berth/ops.url", HookFormat.Slack), (hooks[0].WebhookFile, hooks[0].Format));
        Assert.Equal(["stall", "exhausted"], hooks[0].Kinds);
        Assert.Equal(["/usr/local/bin/page", "now"], hooks[1].Exec);
        Assert.Equal(new HookConfig(hooks).ToJson(), HookConfig.Parse(new HookConfig(hooks).ToJson()).ToJson());
    }

    [Theory]
    [InlineData("{ops: {}}", "hook ops has nobody to tell")]
    [InlineData("{ops: {exec: [/bin/x], webhook: https://x.example/}}", "hook ops has exec and webhook")]
    [InlineData("{ops: {exec: [page]}}", "hook ops: the program 'page' is no absolute path")]
    [InlineData(
        "{ops: {exec: [/home/alice/x]}}",
        "hook ops: exec '/home/alice/x' is below /home/, where people may put another file in its place"
    )]
    [InlineData("{ops: {webhook: http://x.example/secret}}", "hook ops: webhook is not where incidents may be sent")]
    [InlineData(
        "{ops: {webhook-file: /tmp/url}}",
        "hook ops: webhook-file '/tmp/url' is below /tmp/, where people may put another file in its place"
    )]
    [InlineData("{ops: {webhook: https://x.example/, kinds: [stal]}}", "hook ops: there is no kind of incident 'stal'")]
    [InlineData("{Ops: {webhook: https://x.example/}}", "'Ops' cannot name a hook")]
    public void What_is_wrong_is_told_without_the_secret(string hooks, string problem)
    {
        var problems = Problems(hooks).ToList();
        Assert.Contains(problem, problems);
        Assert.DoesNotContain(problems, one => one.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void The_unit_comes_and_goes_with_the_hooks_and_the_file_is_roots_alone()
    {
        var roster = With("{ops: {webhook: https://x.example/token}}");
        var (facts, files, manifest) = Hosts.Applied(roster, Hosts.Bare, Manifest.Empty);
        Assert.Equal(0x180, files[HookConfig.Path].Mode);
        Assert.True(Hosts.Plan(roster, facts, files, manifest).IsEmpty);
        var other = With("{ops: {webhook: https://y.example/}}");
        Assert.Contains(
            Hosts.Plan(other, facts, files, manifest).Steps,
            step => step is StartOwnUnits { Units: [HookUnits.Service] }
        );
        var gone = Hosts.Plan(Hosts.Team, facts, files, manifest);
        Assert.Contains(gone.Steps, step => step is StopOwnUnits { Units: [HookUnits.Service] });
        Assert.Contains(gone.Steps, step => step is RemoveFile { Path: HookUnits.Path });
        Assert.DoesNotContain("token", HookUnits.Unit("/usr/bin/berth"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_unit_is_this() =>
        Golden.Matches("Hooks/golden/berth-hooks.service", HookUnits.Unit("/usr/bin/berth"));
}
