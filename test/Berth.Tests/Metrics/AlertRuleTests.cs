using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Berth.Metrics;

/// <summary>The alerts that Berth ships, checked and tried by Prometheus' own promtool.</summary>
public sealed partial class AlertRuleTests
{
    private static readonly string s_root = Golden.Path("../..");
    private static readonly string s_rules = Path.Join(s_root, "packaging/prometheus/berth.rules.yml");
    private static readonly string[] s_promised =
    [
        "AuthInvalid",
        "BackupOld",
        "CapNear",
        "DaemonDown",
        "DiskNearlyFull",
        "Exhausted",
        "Stall",
        "SumOverRam",
        "TokenExpires",
    ];

    private static (int Code, string Said) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said + error.Result);
    }

    private static string Promtool()
    {
        var (code, said) = Run(Path.Join(s_root, "scripts/promtool.sh"));
        Assert.True(code == 0, said);
        return said.Trim().Split('\n')[^1];
    }

    [Fact]
    public void Promtool_finds_the_rules_in_order()
    {
        var (code, said) = Run(Promtool(), "check", "rules", s_rules);
        Assert.True(code == 0, said);
        Assert.Contains($"SUCCESS: {s_promised.Length} rules found", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_alert_fires_when_it_should_and_its_control_does_not()
    {
        var tests = Path.Join(s_root, "packaging/prometheus/berth.rules.test.yml");
        var (code, said) = Run(Promtool(), "test", "rules", tests);
        Assert.True(code == 0, said);
        var text = File.ReadAllText(tests);
        foreach (var alert in s_promised)
            Assert.Matches($"alertname: {alert}\n +exp_alerts:\n +- exp_labels", text);
    }

    /// <summary>The control of the test above: a rule that is wrong is found.</summary>
    [Fact]
    public void A_rule_that_would_never_fire_fails_the_trial()
    {
        using var folder = new TemporaryFolder();
        var rules = File.ReadAllText(s_rules).Replace("== 1\n        for: 5m", "== 2\n        for: 5m");
        Assert.NotEqual(File.ReadAllText(s_rules), rules);
        folder.Write("berth.rules.yml", rules);
        var tests = folder.Write(
            "berth.rules.test.yml",
            File.ReadAllText(Path.Join(s_root, "packaging/prometheus/berth.rules.test.yml"))
        );
        Assert.NotEqual(0, Run(Promtool(), "test", "rules", tests).Code);
    }

    [Fact]
    public void Each_alert_has_its_page_and_names_only_numbers_that_berth_tells()
    {
        var text = File.ReadAllText(s_rules);
        Assert.Equal(s_promised, Alert().Matches(text).Select(match => match.Groups["name"].Value).Order());
        var pages = Page().Matches(text).Select(match => match.Groups["path"].Value).ToList();
        Assert.Equal(s_promised.Length, pages.Count);
        Assert.All(pages, page => Assert.True(File.Exists(Path.Join(s_root, page)), page));
        foreach (Match name in Number().Matches(text))
            Assert.True(MetricCatalog.Find(name.Value) is not null, name.Value);
    }

    [Fact]
    public void Each_kind_of_incident_that_a_rule_names_exists()
    {
        foreach (Match kinds in Kinds().Matches(File.ReadAllText(s_rules)))
        foreach (var kind in kinds.Groups["kinds"].Value.Split('|'))
            Assert.True(Incidents.Incident.Kinds(kind) is not null, kind);
    }

    [GeneratedRegex("- alert: (?<name>[A-Za-z]+)", RegexOptions.None, 5000)]
    private static partial Regex Alert();

    [GeneratedRegex("runbook_url: (?<path>docs/runbooks/[a-z-]+[.]md)", RegexOptions.None, 5000)]
    private static partial Regex Page();

    [GeneratedRegex("\\bberth_[a-z_]+", RegexOptions.None, 5000)]
    private static partial Regex Number();

    [GeneratedRegex("kind=~?\"(?<kinds>[a-z|-]+)\"", RegexOptions.None, 5000)]
    private static partial Regex Kinds();
}
