using System.Text;

namespace Berth.Rosters;

/// <summary>Golden files of broken rosters. Each holds cases: <c>=== title</c>, the roster, <c>+++ FILE</c> before each
/// drop-in, and after <c>---</c> every problem as a person sees it.</summary>
internal static class BadRosters
{
    public static string Render(string golden)
    {
        var rendered = new StringBuilder();
        foreach (var part in ("\n" + golden).Split("\n=== ").Skip(1))
        {
            var (title, body) = Cut(part, "\n");
            var input = Cut(body + "\n", "\n---\n").Before.TrimEnd('\n');
            var texts = ("+++ roster.yaml\n" + input)
                .Split("+++ ")
                .Skip(1)
                .Select(text => Cut(text, "\n"))
                .Select(text => new RosterText(text.Before, text.After))
                .ToList();
            var reading = RosterReader.Read(texts[0], texts[1..]);
            rendered.Append($"=== {title}\n{input}\n---\n");
            foreach (var problem in reading.Problems)
                rendered.Append($"{problem}\n");
            if (reading.Problems.Count == 0)
                rendered.Append("NO PROBLEM\n");
            rendered.Append('\n');
        }
        return rendered.ToString().TrimEnd('\n') + "\n";
    }

    private static (string Before, string After) Cut(string text, string at)
    {
        var end = text.IndexOf(at, StringComparison.Ordinal);
        return end < 0 ? (text, "") : (text[..end], text[(end + at.Length)..]);
    }
}
