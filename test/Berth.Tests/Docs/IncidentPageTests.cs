using System.Text.RegularExpressions;
using Berth.Doctoring;
using Berth.Drilling;
using Xunit;

namespace Berth.Docs;

/// <summary>A page about an outage names the rule that finds its cause and the drill that replays it: both exist.</summary>
public sealed partial class IncidentPageTests
{
    private static readonly string s_folder = Golden.Path("../../docs/incidents");

    [Fact]
    public void Every_page_names_a_rule_of_the_doctor_a_drill_and_a_promise()
    {
        var pages = Pages();
        Assert.True(pages.Count >= 14, $"{pages.Count} pages");
        foreach (var page in pages)
        {
            var text = File.ReadAllText(page);
            var drill = Drill().Match(text);
            Assert.True(drill.Success, $"{page} names no drill");
            var shape = drill.Groups["shape"] is { Success: true } named ? named.Value : null;
            Assert.True(
                Scenarios.Find([drill.Groups["name"].Value], shape is null ? [] : [shape]).Count > 0,
                $"{page}: {drill.Value}"
            );
            var rule = Row(text, "doctor");
            if (!rule.StartsWith("none: ", StringComparison.Ordinal))
                Assert.Contains(
                    Rules.All,
                    known => $"[`{known.Code}`](../doctor/{known.Code.ToLowerInvariant()}.md)" == rule
                );
            var promise = Row(text, "promise");
            Assert.Contains(Enum.GetValues<Promise>(), known => DrillPage.PromiseName(known) == promise);
        }
    }

    /// <summary>From a finding a person gets to what it does, and to the outage that it once was.</summary>
    [Fact]
    public void The_rule_of_every_page_links_back_and_names_the_same_drill()
    {
        foreach (var page in Pages())
        {
            var text = File.ReadAllText(page);
            if (Link().Match(Row(text, "doctor")) is not { Success: true } rule)
                continue;
            var doctor = File.ReadAllText(Path.Join(s_folder, rule.Groups["page"].Value));
            Assert.Contains($"](../incidents/{Path.GetFileName(page)})", doctor, StringComparison.Ordinal);
            Assert.Contains(Drill().Match(text).Value, doctor, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_drill_that_a_rule_names_exists()
    {
        var named = Directory
            .GetFiles(Path.Join(s_folder, "../doctor"), "*.md")
            .SelectMany(page => Drill().Matches(File.ReadAllText(page)))
            .ToList();
        Assert.True(named.Count >= 13, $"{named.Count} drills");
        Assert.All(
            named,
            drill =>
                Assert.NotEmpty(
                    Scenarios.Find(
                        [drill.Groups["name"].Value],
                        drill.Groups["shape"] is { Success: true, Value: var shape } ? [shape] : []
                    )
                )
        );
    }

    [Fact]
    public void Every_page_is_in_the_list()
    {
        var list = File.ReadAllText(Path.Join(s_folder, "README.md"));
        Assert.All(Pages(), page => Assert.Contains($"]({Path.GetFileName(page)})", list, StringComparison.Ordinal));
    }

    /// <summary>A check that no outage asks for may still be worth it; a drill that is never done is not.</summary>
    [Fact]
    public void The_drill_of_every_page_is_one_that_all_does()
    {
        foreach (var page in Pages())
        {
            var name = Drill().Match(File.ReadAllText(page)).Groups["name"].Value;
            Assert.Contains(Scenarios.Usual, scenario => scenario.Name == name);
        }
    }

    private static List<string> Pages() =>
        [.. Directory.GetFiles(s_folder, "*.md").Where(page => Path.GetFileName(page) is not "README.md")];

    private static string Row(string text, string name) =>
        Regex
            .Match(text, $@"^\| {name} \| (?<value>.*?) \|$", RegexOptions.Multiline, TimeSpan.FromSeconds(5))
            .Groups["value"]
            .Value;

    [GeneratedRegex(@"\]\((?<page>\.\./doctor/[a-z-]+\.md)\)", RegexOptions.None, 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"`berth drill (?<name>[a-z-]+)(?: --shape (?<shape>[a-z]+))?`", RegexOptions.None, 5000)]
    private static partial Regex Drill();
}
