using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Berth.Drilling;

public sealed partial class DrillPageTests
{
    private static string Html(DrillRun run) => DrillPage.Html(run, Plot.Script, Plot.Style);

    [Fact]
    public void It_loads_nothing()
    {
        var html = Html(Sights.Mixed);
        Assert.DoesNotMatch(@"(?i)(src|href|action)\s*=\s*[""']?(https?:)?//", html);
        Assert.DoesNotMatch(@"(?i)@import|url\(\s*[""']?(https?:)?//", html);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        // The control: the drawing itself is part of it.
        Assert.Contains("uPlot=", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_text_and_no_tag_of_the_page_s()
    {
        const string evil = "</script><script>alert(1)</script>\"'&";
        var result = Sights.Mixed.Results[0] with
        {
            Refusal = evil,
            Silences = [new Curve(evil, [new Point(0, 1)])],
            Verdicts = [new Verdict(Promise.Contained, Check.Told, Outcome.Fail, evil, evil, evil)],
        };
        var html = Html(Sights.Run(result) with { Host = evil, Surface = evil });
        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.DoesNotContain(evil, html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_curves_are_what_the_drawing_takes()
    {
        var data = Curves().Match(Html(Sights.Mixed)).Groups["json"].Value;
        using var json = JsonDocument.Parse(data);
        // Three drills with two charts each; the refused one has none.
        Assert.Equal(6, json.RootElement.GetArrayLength());
        var first = json.RootElement[0];
        Assert.Equal(
            ["drill-one's server", "alice's server"],
            first.GetProperty("names").EnumerateArray().Select(name => name.GetString())
        );
        Assert.Equal("[[0.1,2.1,2.2],[3,null,61],[2,9,null]]", first.GetProperty("points").GetRawText());
        Assert.All(
            json.RootElement.EnumerateArray(),
            chart =>
                Assert.Equal(
                    chart.GetProperty("names").GetArrayLength() + 1,
                    chart.GetProperty("points").GetArrayLength()
                )
        );
    }

    [Fact]
    public void A_program_reads_the_same()
    {
        Golden.Matches("Drilling/golden/run.json", DrillJson.Render(Sights.Mixed) + "\n");
        Golden.Matches("Drilling/golden/list.json", DrillJson.Render(Scenarios.All) + "\n");
    }

    [GeneratedRegex("id=\"curves\">(?<json>.*?)</script>", RegexOptions.Singleline, 5000)]
    private static partial Regex Curves();
}
