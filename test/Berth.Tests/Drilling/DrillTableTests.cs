using Berth.Commands;
using Spectre.Console.Rendering;
using Xunit;

namespace Berth.Drilling;

public sealed class DrillTableTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public void A_run_is_read_promise_by_promise_whatever_the_terminal(int width) =>
        Golden.Matches(
            $"Drilling/golden/run-{width}.txt",
            Text(DrillTable.Of(Sights.Mixed), width) + string.Join('\n', DrillTable.Words(Sights.Mixed)) + "\n"
        );

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public void Every_drill_is_listed_with_what_happens(int width) =>
        Golden.Matches($"Drilling/golden/list-{width}.txt", Text(DrillTable.Of(Scenarios.All), width));

    private static string Text(IRenderable table, int width) => string.Join('\n', Shown.Lines(table, width)) + "\n";
}
