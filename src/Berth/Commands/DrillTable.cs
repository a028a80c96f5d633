using Berth.Drilling;
using Spectre.Console;

namespace Berth.Commands;

/// <summary>Drills as tables: the list of all, and a run promise by promise.</summary>
public static class DrillTable
{
    /// <summary>A run: a line for each check, its drill named once.</summary>
    public static Table Of(DrillRun run)
    {
        var table = Columns(
            ["DRILL", "PROMISE", "WHAT SHOULD HOLD", "MEASURED", "RESULT"],
            "WHAT SHOULD HOLD",
            "MEASURED"
        );
        foreach (var result in run.Results)
        {
            if (result.Verdicts.Count == 0)
                Row(table, result.Scenario.Title, "-", "-", "-", Word(result.Outcome));
            var first = true;
            foreach (var verdict in result.Verdicts)
            {
                Row(
                    table,
                    first ? result.Scenario.Title : "",
                    DrillPage.PromiseName(verdict.Promise),
                    verdict.Says,
                    verdict.Figure.Length == 0 ? "-" : verdict.Figure,
                    Word(verdict.Outcome)
                );
                first = false;
            }
        }
        return table;
    }

    /// <summary>Every drill there is.</summary>
    public static Table Of(IReadOnlyList<Scenario> scenarios)
    {
        var table = Columns(["DRILL", "SHAPE", "WHAT HAPPENS"], "WHAT HAPPENS");
        foreach (var scenario in scenarios)
            Row(table, scenario.Name, scenario.Shape ?? "-", scenario.Does);
        return table;
    }

    /// <summary>What a table has no room for: why something failed or was refused, and what it comes to.</summary>
    public static IEnumerable<string> Words(DrillRun run)
    {
        foreach (var result in run.Results)
        {
            if (result.Refusal is { } refusal)
                yield return $"{result.Scenario.Title} refused: {refusal}";
            foreach (var verdict in result.Verdicts.Where(verdict => verdict.Words.Length > 0))
                yield return $"{result.Scenario.Title} {(verdict.Outcome is Outcome.Fail ? "FAILED" : "refused")}, {verdict.Says}: {verdict.Words}";
        }
        var passed = run.Results.Count(result => result.Outcome is Outcome.Pass);
        yield return $"{passed} of {run.Results.Count} drills passed in {run.Seconds:0} s.";
    }

    private static Table Columns(IReadOnlyList<string> titles, params IReadOnlyList<string> wrapped)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var title in titles)
        {
            var column = new TableColumn(title).PadLeft(0).PadRight(2);
            table.AddColumn(wrapped.Contains(title, StringComparer.Ordinal) ? column : column.NoWrap());
        }
        return table;
    }

    private static void Row(Table table, params IReadOnlyList<string> cells) =>
        table.AddRow([.. cells.Select(Markup.Escape)]);

    private static string Word(Outcome outcome) =>
        outcome switch
        {
            Outcome.Pass => "passed",
            Outcome.Fail => "FAILED",
            _ => "refused",
        };
}
