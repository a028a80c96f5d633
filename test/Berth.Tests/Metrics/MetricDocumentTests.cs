using System.Text;
using Berth.Incidents;
using Xunit;

namespace Berth.Metrics;

public sealed class MetricDocumentTests
{
    private const string Start =
        "<!-- numbers: made from src/Berth.Core/Metrics/MetricFamily.cs; BERTH_GOLDEN=write make unit writes it anew -->\n";
    private const string End = "<!-- end of numbers -->";

    [Fact]
    public void The_page_lists_every_number_that_there_is()
    {
        var page = Golden.Text("../../docs/metrics.md");
        var (start, end) = (
            page.IndexOf(Start, StringComparison.Ordinal) + Start.Length,
            page.IndexOf(End, StringComparison.Ordinal)
        );
        Assert.True(start >= Start.Length && end >= start, "docs/metrics.md has lost the marks around its table");
        var table = new StringBuilder("\n| name | labels | what | from |\n|---|---|---|---|\n");
        foreach (var family in MetricCatalog.All)
            table.Append(
                $"| `{family.Name}` | {string.Join(", ", family.Labels)} | {family.Help} | {family.Source.ToString().ToLowerInvariant()} |\n"
            );
        Golden.Matches("../../docs/metrics.md", $"{page[..start]}{table}\n{page[end..]}");
    }

    [Fact]
    public void The_page_of_hooks_names_every_kind_of_incident()
    {
        var page = Golden.Text("../../docs/hooks.md");
        Assert.All(
            Enum.GetValues<IncidentKind>(),
            kind => Assert.Contains($"`{Incident.Name(kind)}`", page, StringComparison.Ordinal)
        );
    }
}
