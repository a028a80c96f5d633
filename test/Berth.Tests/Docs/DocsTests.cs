using System.Text.RegularExpressions;
using Xunit;

namespace Berth.Docs;

public sealed partial class DocsTests
{
    private static readonly string s_root = Golden.Path("../..");

    [Fact]
    public void Every_make_target_that_a_page_names_exists()
    {
        var makefile = File.ReadAllText(Path.Join(s_root, "Makefile"));
        foreach (
            var (page, target) in Pages()
                .SelectMany(page =>
                    MakeTarget().Matches(File.ReadAllText(page)).Select(match => (page, match.Groups["name"].Value))
                )
        )
            Assert.True(
                Regex.IsMatch(makefile, $"^{target}:", RegexOptions.Multiline, TimeSpan.FromSeconds(5)),
                $"{page}: make {target}"
            );
    }

    [Fact]
    public void Every_link_of_a_page_leads_somewhere()
    {
        foreach (var page in Pages())
        {
            foreach (Match match in Link().Matches(File.ReadAllText(page)))
            {
                var target = match.Groups["name"].Value.Split('#')[0];
                if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
                    Assert.True(Path.Exists(Path.Join(Path.GetDirectoryName(page), target)), $"{page} → {target}");
            }
        }
    }

    /// <summary>A promise in a page names its test; a test that was renamed takes its page along.</summary>
    [Fact]
    public void Every_test_that_a_page_names_exists()
    {
        var tests = string.Concat(
            Directory
                .EnumerateFiles(Path.Join(s_root, "test"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .Select(File.ReadAllText)
        );
        foreach (
            var page in Pages()
                .Where(page =>
                    page.EndsWith("docs/security.md", StringComparison.Ordinal)
                    || page.Contains("/adr/", StringComparison.Ordinal)
                )
        )
        {
            foreach (Match match in TestName().Matches(File.ReadAllText(page)))
                Assert.True(
                    tests.Contains(match.Groups["name"].Value, StringComparison.Ordinal),
                    $"{page}: {match.Groups["name"].Value}"
                );
        }
    }

    private static IEnumerable<string> Pages() =>
        Directory
            .EnumerateFiles(s_root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Join(s_root, "docs"), "*.md", SearchOption.AllDirectories));

    [GeneratedRegex("(?:`|^)make (?<name>[a-z]+)", RegexOptions.Multiline, 5000)]
    private static partial Regex MakeTarget();

    [GeneratedRegex(@"\]\((?<name>[^)\s]+)\)", RegexOptions.None, 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<name>[A-Z][a-z]+_[A-Za-z_]+?)_?…?`", RegexOptions.None, 5000)]
    private static partial Regex TestName();
}
