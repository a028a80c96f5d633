using System.Globalization;
using System.Text.RegularExpressions;

namespace Berth.Doctoring;

/// <summary>Finds in the text of <c>nft list ruleset</c> the ports for which a rule asks who connects.</summary>
public static partial class Fences
{
    /// <summary>Ports in tables that judge by <c>skuid</c>: those in rules with <c>dport</c>, and in their sets. More is not
    /// understood, so a port that is found here is one that somebody thought of, no proof that the rule is right.</summary>
    public static IReadOnlyList<PortSpan> Of(string ruleset)
    {
        var spans = new List<PortSpan>();
        foreach (var table in ruleset.Split("\ntable ", StringSplitOptions.RemoveEmptyEntries))
        {
            if (!table.Contains("skuid", StringComparison.Ordinal))
                continue;
            var inSet = false;
            foreach (var line in table.Split('\n'))
            {
                inSet = inSet || line.Contains("elements = {", StringComparison.Ordinal);
                var rule = line.IndexOf("dport", StringComparison.Ordinal);
                if (inSet)
                    Ports(line, spans);
                else if (rule >= 0)
                    Ports(line[(rule + "dport".Length)..], spans, first: true);
                inSet = inSet && !line.Contains('}', StringComparison.Ordinal);
            }
        }
        return [.. spans.Distinct()];
    }

    private static void Ports(string text, List<PortSpan> spans, bool first = false)
    {
        // Of a rule: one port, one range, or a set in braces.
        var part =
            !first ? text
            : text.TrimStart() is ['{', ..]
                ? text[..(text.IndexOf('}', StringComparison.Ordinal) is var end and > 0 ? end : text.Length)]
            : text.TrimStart().Split(' ')[0];
        foreach (Match match in Numbers().Matches(part))
        {
            var low = int.Parse(match.Groups["low"].ValueSpan, CultureInfo.InvariantCulture);
            var high = match.Groups["high"].Success
                ? int.Parse(match.Groups["high"].ValueSpan, CultureInfo.InvariantCulture)
                : low;
            if (low is > 0 and <= 65535 && high is > 0 and <= 65535)
                spans.Add(new PortSpan(low, high));
        }
    }

    [GeneratedRegex(@"(?<![\w.])(?<low>\d{1,5})(-(?<high>\d{1,5}))?(?!\w)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();
}
