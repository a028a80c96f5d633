using System.Text;
using Berth.Recording;
using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>Findings that the people of a host know of and live with.</summary>
/// <param name="Accepted">Code and subject of each.</param>
public sealed record Baseline(IReadOnlyList<(string Code, string Subject)> Accepted)
{
    public static Baseline None { get; } = new([]);

    /// <summary>Reads one: a finding on each line, code and subject; what follows a # is a remark.</summary>
    /// <param name="file">Its name, for problems.</param>
    /// <param name="text">Its text.</param>
    /// <param name="problems">Receives every line that is none.</param>
    public static Baseline Read(string file, string text, List<Problem> problems)
    {
        var accepted = new List<(string, string)>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            var remark = line.IndexOf(" #", StringComparison.Ordinal);
            var words = (remark < 0 ? line : line[..remark].TrimEnd()).Split(' ', 2, StringSplitOptions.TrimEntries);
            if (!Rules.All.Any(rule => rule.Code == words[0]))
                problems.Add(new Problem(file, number, 1, $"'{Printable.Text(words[0])}' is no rule", Meant(words[0])));
            else if (words.Length < 2)
                problems.Add(
                    new Problem(
                        file,
                        number,
                        words[0].Length + 1,
                        "the subject is missing",
                        "write: CODE SUBJECT, as 'berth doctor' shows them"
                    )
                );
            else
                accepted.Add((words[0], words[1]));
        }
        return new Baseline(accepted);
    }

    /// <summary>The text of a baseline that accepts these.</summary>
    public static string Write(IEnumerable<Finding> findings)
    {
        var text = new StringBuilder(
            "# Findings of 'berth doctor' that are accepted here: code and subject of each.\n"
        );
        foreach (var finding in findings.DistinctBy(finding => (finding.Code, finding.Subject)))
            text.Append(finding.Code).Append(' ').Append(finding.Subject).Append('\n');
        return text.ToString();
    }

    private static string Meant(string code) =>
        Nearest.To(code, Rules.All.Select(rule => rule.Code.ToLowerInvariant())) is { } near
            ? $"did you mean '{near.ToUpperInvariant()}'?"
            : "the codes are in docs/doctor";
}
