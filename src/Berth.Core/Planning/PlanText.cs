using System.Globalization;
using System.Text;
using Berth.Rosters;

namespace Berth.Planning;

/// <summary>A plan as a person reads it.</summary>
public static class PlanText
{
    /// <param name="plan">The plan.</param>
    /// <param name="width">Columns of the terminal; sentences are wrapped, names and paths never are.</param>
    public static string Render(Plan plan, int width)
    {
        var text = new StringBuilder();
        Steps(text, plan);
        Waiting(text, plan);
        if (plan.Capacity.Rows.Count > 0)
            Memory(text, plan.Capacity, width);
        Section(text, "Drift", plan.Drift.Select(drift => $"{drift.Path} {drift.What}"), width);
        if (plan.Drift.Count > 0)
            Wrap(
                text,
                "  ",
                "Berth leaves these as they are; '--overwrite-drift' replaces them and keeps a foreign file aside.",
                width
            );
        Section(text, "Problems", plan.Problems.Select(problem => problem.ToString()), width);
        Section(text, "Notes", plan.Notes, width);
        text.Append('\n').Append(Summary(plan)).Append('\n');
        return text.ToString();
    }

    /// <summary>The last line: how much there is to do, and whom it interrupts.</summary>
    public static string Summary(Plan plan)
    {
        var problems = plan.Problems.Count > 0 ? $" {Count(plan.Problems.Count, "problem")}." : "";
        if (plan.Refused)
            return $"Refused: nothing will be applied.{problems}";
        var waiting = plan.Waiting.Count > 0 ? $" {Count(plan.Waiting.Count, "restart")} waiting for '--restart'." : "";
        if (plan.IsEmpty)
            return $"Nothing to do.{waiting}{problems}";
        var interrupts = plan.Interrupts.ToList();
        var who =
            interrupts.Count > 0
                ? "interrupts "
                    + string.Join(", ", interrupts.Take(8))
                    + (interrupts.Count > 8 ? $" and {interrupts.Count - 8} more" : "")
                : "interrupts nobody";
        return $"{Count(plan.Steps.Count, "step")}, {who}.{waiting}{problems}";
    }

    private static void Steps(StringBuilder text, Plan plan)
    {
        foreach (var phase in plan.Steps.GroupBy(step => step.Phase))
        {
            text.Append(phase.Key).Append('\n');
            foreach (var step in phase)
                text.Append("  ")
                    .Append(Sign(step))
                    .Append(' ')
                    .Append(step.Says)
                    .Append(Interrupting(step))
                    .Append('\n');
        }
    }

    private static void Waiting(StringBuilder text, Plan plan)
    {
        if (plan.Waiting.Count == 0)
            return;
        text.Append("Waiting for --restart\n");
        foreach (var step in plan.Waiting)
            text.Append("  ! ").Append(step.Says).Append(Interrupting(step)).Append('\n');
    }

    private static string Interrupting(Step step) => step.Interrupts is { } who ? $"  (interrupts {who})" : "";

    private static char Sign(Step step) =>
        step switch
        {
            WriteFile { Change: FileChange.Create } or CreateAccount or CreateHome or AddToGroup or MakeSystemAccount =>
                '+',
            WriteFile => '~',
            RemoveFile
            or StopServer
            or StopOwnUnits
            or EndSessions
            or DeleteFirewall
            or RemoveGatewayState
            or RemoveRecords => '-',
            SetLock or CloseHome or UnmergeDocker => '~',
            _ => '>',
        };

    private static void Memory(StringBuilder text, Capacity capacity, int width)
    {
        text.Append("Memory\n");
        Line(text, "RAM", capacity.Ram, "");
        Line(text, "reserve", capacity.Reserve, "for the system");
        foreach (var kind in capacity.Rows.GroupBy(row => row.Kind).OrderBy(group => Order(group.Key)))
        {
            var shown = kind.Take(4).Select(row => $"{row.Owner} {Size.Show(row.Cap)}");
            var more = kind.Count() > 4 ? $" and {kind.Count() - 4} more" : "";
            Line(text, kind.Key, kind.Sum(row => row.Cap), string.Join(", ", shown) + more);
        }
        var ratio = capacity.Ratio.ToString("0%", CultureInfo.InvariantCulture);
        Line(
            text,
            "sum",
            capacity.Caps + capacity.Reserve,
            $"{ratio} of RAM{(capacity.Overcommitted ? ", over-committed" : "")}"
        );
        Wrap(text, "  ", capacity.WorstCase(), width);
    }

    private static int Order(string kind) =>
        kind switch
        {
            "server" => 0,
            "sessions" => 1,
            _ => 2,
        };

    private static void Line(StringBuilder text, string name, long bytes, string what) =>
        text.Append("  ")
            .Append(name.PadRight(11))
            .Append(Size.Show(bytes).PadLeft(7))
            .Append("  ")
            .Append(what)
            .Replace("  \n", "\n")
            .Append('\n');

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines, int width)
    {
        var first = true;
        foreach (var line in lines)
        {
            if (first)
                text.Append(title).Append('\n');
            first = false;
            Wrap(text, "  ! ", line, width);
        }
    }

    internal static void Wrap(StringBuilder text, string indent, string sentence, int width)
    {
        var column = indent.Length;
        text.Append(indent);
        var start = true;
        foreach (var word in sentence.Split(' '))
        {
            if (!start && column + 1 + word.Length > width)
            {
                text.Append('\n').Append(' ', indent.Length);
                column = indent.Length;
                start = true;
            }
            if (!start)
                text.Append(' ');
            text.Append(word);
            column += word.Length + (start ? 0 : 1);
            start = false;
        }
        text.Append('\n');
    }

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";
}
