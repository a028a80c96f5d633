using Xunit;

namespace Berth.Doctoring;

/// <summary>Every rule has its page, and every page its rule.</summary>
public sealed class PageTests
{
    private static readonly string s_root = Golden.Path("../..");

    [Fact]
    public void Every_page_has_its_rule()
    {
        var pages = Directory
            .EnumerateFiles(Path.Join(s_root, "docs/doctor"), "*.md")
            .Select(page => $"docs/doctor/{Path.GetFileName(page)}")
            .Where(page => !page.EndsWith("README.md", StringComparison.Ordinal));
        Assert.Equal(
            Rules.All.Select(rule => rule.Page).Order(StringComparer.Ordinal),
            pages.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(RuleTests.Codes), MemberType = typeof(RuleTests))]
    public void A_page_says_what_its_rule_says_and_all_that_a_page_must(string code)
    {
        var rule = Rules.Of(code);
        var page = File.ReadAllText(Path.Join(s_root, rule.Page));
        Assert.StartsWith(
            $"---\ncode: {code}\nseverity: {rule.Severity.ToString().ToLowerInvariant()}\ntitle: \"{rule.Title}\"\n---\n",
            page,
            StringComparison.Ordinal
        );
        foreach (
            var part in (ReadOnlySpan<string>)
                ["What is read.", "Why it hurts.", "Fix.", "See it yourself.", "Verified."]
        )
            Assert.Contains($"**{part}**", page, StringComparison.Ordinal);
        Assert.Contains(
            $"| [{code}]({code.ToLowerInvariant()}.md) | {rule.Severity.ToString().ToLowerInvariant()} | {rule.Title} |",
            File.ReadAllText(Path.Join(s_root, "docs/doctor/README.md")),
            StringComparison.Ordinal
        );
    }
}
