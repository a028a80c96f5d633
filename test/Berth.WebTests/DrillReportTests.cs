using Berth.Checkout;
using Berth.Drilling;
using Berth.WebTests.Browser;
using Microsoft.Playwright;
using Xunit;

namespace Berth.WebTests;

/// <summary>The report of a drill in a real browser: it asks nobody for anything, draws its curves, and fits a phone.</summary>
public sealed class DrillReportTests(Chromium browser)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_report_draws_its_curves_and_asks_nobody_for_anything(ColorScheme scheme)
    {
        var file = Path.Join(Directory.CreateTempSubdirectory("berth-report-").FullName, "report.html");
        await File.WriteAllTextAsync(
            file,
            DrillPage.Html(Run(), Plot.Script, Plot.Style),
            TestContext.Current.CancellationToken
        );
        await using var somebody = await browser.Person("file:///");
        var asked = new List<string>();
        somebody.Page.Request += (_, request) => asked.Add(request.Url);
        await somebody.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
        await somebody.Goes($"file://{file}");

        await somebody.Sees("what is <b>not</b> a tag");
        Assert.Equal(4, await somebody.Page.Locator("canvas").CountAsync());
        foreach (var width in new[] { 390, 1280 })
        {
            await somebody.Page.SetViewportSizeAsync(width, 800);
            var wide = await somebody.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.InRange(wide, 1, width);
            await somebody.Page.ScreenshotAsync(
                new PageScreenshotOptions
                {
                    FullPage = true,
                    Path = Repository.Path($"artifacts/web/drill-{scheme}-{width}.png".ToLowerInvariant()),
                }
            );
        }
        Assert.Empty(somebody.Complaints());
        Assert.Equal([$"file://{file}"], asked);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private static DrillRun Run()
    {
        var instant = Scenarios.Find(["hog"], ["instant"])[0];
        var plateau = Scenarios.Find(["hog"], ["plateau"])[0];
        return new DrillRun(
            "workstation",
            new DateTimeOffset(2026, 11, 25, 14, 5, 0, TimeSpan.Zero),
            "small",
            "people of the drill's own with a t3 server",
            [
                new DrillResult(
                    instant,
                    null,
                    [
                        Verdict(Check.DiesAtCap, Outcome.Pass, "158 MiB of 160 MiB", ""),
                        Verdict(Check.ServerAnswers, Outcome.Pass, "gap 61 ms", ""),
                        Verdict(Check.Told, Outcome.Refused, "none", "what is <b>not</b> a tag"),
                    ],
                    [Noise("drill-one's server", 61), Noise("drill-one's agent 1", 9), Noise("alice's server", 22)],
                    [Hill("server and its agents", 158)],
                    2,
                    8
                ),
                new DrillResult(
                    plateau,
                    null,
                    [
                        Verdict(
                            Check.ServerAnswers,
                            Outcome.Fail,
                            "gap 4,812 ms",
                            "drill-one's server gave no answer for 4,812 ms; the bar is 512 ms; memory.high is 110 MiB, and tasks were slowed down there 8,412 times: a soft band"
                        ),
                    ],
                    [Noise("drill-one's server", 4812), Noise("alice's server", 25)],
                    [Hill("server and its agents", 140)],
                    2,
                    11
                ),
                DrillResult.Refused(
                    Scenarios.Find(["logout"], [])[0],
                    "the roster names no store: nobody watches logins here"
                ),
            ],
            31
        );
    }

    private static Verdict Verdict(Check check, Outcome outcome, string figure, string words)
    {
        var (promise, says) = Judge.Meaning(check);
        return new Verdict(promise, check, outcome, says, figure, words);
    }

    private static Curve Noise(string name, double most) =>
        new(name, [.. Enumerable.Range(0, 200).Select(i => new Point(i * 0.04, i is 90 ? most : 3 + (i * 7 % 5)))]);

    private static Curve Hill(string name, double most) =>
        new(
            name,
            [
                .. Enumerable
                    .Range(0, 80)
                    .Select(i => new Point(i * 0.1, i is > 20 and < 40 ? 30 + ((most - 30) * (i - 20) / 20) : 30)),
            ]
        );
}
