using System.Text;
using Berth.Planning;
using Berth.Recording;

namespace Berth.Doctoring;

/// <summary>A diagnosis as a person reads it.</summary>
public static class DoctorText
{
    /// <param name="diagnosis">The diagnosis.</param>
    /// <param name="width">Columns of the terminal; sentences are wrapped, names and paths never are.</param>
    public static string Render(Diagnosis diagnosis, int width)
    {
        var text = new StringBuilder();
        Wrap(text, "", About(diagnosis.Snapshot), width);
        foreach (var severity in diagnosis.Open.GroupBy(finding => finding.Severity))
        {
            text.Append('\n').Append(Title(severity.Key)).Append('\n');
            Finding? before = null;
            foreach (var finding in severity)
            {
                One(text, finding, before, width);
                before = finding;
            }
        }
        if (diagnosis.Accepted.Count > 0)
        {
            text.Append("\nAccepted\n");
            foreach (var finding in diagnosis.Accepted)
                Wrap(text, "  ", $"{finding.Code} {finding.Subject}", width);
        }
        NotRead(text, diagnosis.Snapshot, width);
        text.Append('\n');
        foreach (var (code, subject) in diagnosis.Stale)
            Wrap(
                text,
                "",
                $"The baseline accepts {code} {subject}, which is no longer found: take that line out.",
                width
            );
        Wrap(text, "", Summary(diagnosis), width);
        return text.ToString();
    }

    /// <summary>The last line.</summary>
    public static string Summary(Diagnosis diagnosis)
    {
        var counts = diagnosis
            .Open.GroupBy(finding => finding.Severity)
            .Select(group => Count(group.Count(), group.Key))
            .ToList();
        var accepted = diagnosis.Accepted.Count > 0 ? $" {diagnosis.Accepted.Count} accepted." : "";
        if (counts.Count > 0)
            return $"{Rules.All.Count} rules: {string.Join(", ", counts)}.{accepted}";
        var nobody = diagnosis.AnyPeople
            ? ""
            : " Nobody runs an agent here and no roster names anybody, so most rules had nothing to look at.";
        return $"{Rules.All.Count} rules: nothing found.{accepted}{nobody}";
    }

    private static string About(HostSnapshot snapshot)
    {
        var parts = new List<string>();
        if (snapshot.System.Length > 0)
            parts.Add(snapshot.System);
        if (snapshot.Kernel.Length > 0)
            parts.Add($"kernel {snapshot.Kernel}");
        parts.Add(snapshot.Systemd > 0 ? $"systemd {snapshot.Systemd}" : "no systemd");
        if (snapshot.Memory is { } memory)
            parts.Add(
                $"RAM {Rosters.Size.Show(memory.Total)}, {(memory.Swap > 0 ? $"swap {Rosters.Size.Show(memory.Swap)}" : "no swap")}"
            );
        return string.Join(" · ", parts);
    }

    private static string Title(Severity severity) =>
        severity switch
        {
            Severity.Critical => "Critical",
            Severity.Error => "Errors",
            Severity.Warning => "Warnings",
            _ => "To know",
        };

    /// <summary>Why it hurts is told once where the same is found several times.</summary>
    private static void One(StringBuilder text, Finding finding, Finding? before, int width)
    {
        text.Append("  ").Append(finding.Code).Append("  ").Append(finding.Subject).Append('\n');
        Wrap(text, "    read   ", finding.Read, width);
        var again = before?.Code == finding.Code && before.Hurts == finding.Hurts;
        if (!again)
            Wrap(text, "    hurts  ", finding.Hurts, width);
        if (!again || before!.Fix != finding.Fix)
            Wrap(text, "    fix    ", finding.Fix, width);
        if (!again)
            Wrap(text, "    page   ", finding.Page, width);
    }

    private static void NotRead(StringBuilder text, HostSnapshot snapshot, int width)
    {
        if (snapshot.Unread.Count == 0)
            return;
        text.Append("\nNot read\n");
        foreach (var unread in snapshot.Unread)
            Wrap(text, "  ", $"{unread.What}: {unread.Why}", width);
        var more = Rules.MoreForRoot(snapshot);
        if (more.Count > 0)
            Wrap(
                text,
                "  ",
                $"Looked as an ordinary user; with sudo {more.Count} more {(more.Count == 1 ? "rule sees" : "rules see")} everything: {string.Join(", ", more.Select(rule => rule.Code))}",
                width
            );
    }

    private static void Wrap(StringBuilder text, string indent, string sentence, int width) =>
        PlanText.Wrap(text, indent, Printable.Text(sentence), width);

    private static string Count(int count, Severity severity) =>
        severity switch
        {
            Severity.Critical => $"{count} critical",
            Severity.Info => $"{count} to know",
            Severity.Error => $"{count} error{(count == 1 ? "" : "s")}",
            _ => $"{count} warning{(count == 1 ? "" : "s")}",
        };
}
