namespace Berth.Rosters;

/// <summary>Says in a person's words what made a text unreadable as YAML. The problems it gives name no file yet.</summary>
internal static class YamlFaults
{
    /// <summary>The first control character, which YAML forbids and a terminal could act on.</summary>
    public static Problem? Unprintable(string text)
    {
        var (line, column) = (1, 1);
        for (var at = 0; at < text.Length; at++, column++)
        {
            var c = text[at];
            if (c is '\n')
                (line, column) = (line + 1, 0);
            else if (char.IsControl(c) && c is not ('\t' or '\r' or '\u0085'))
                return At(line, column, $"a control character ({Names.Escaped(c.ToString())})", "take it out");
            else if (
                char.IsSurrogate(c)
                && !(char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            )
                return At(line, column, "half a character (an unpaired surrogate)", "save the file as UTF-8");
            else if (char.IsSurrogate(c))
                at++;
        }
        return null;
    }

    /// <param name="text">The whole text.</param>
    /// <param name="said">What the YAML library said; empty when it gave up without a word.</param>
    /// <param name="place">Where it stopped.</param>
    /// <param name="unclosed">The innermost bracket that was open there.</param>
    public static Problem Explain(
        string text,
        string said,
        (int Line, int Column) place,
        (char Bracket, int Line, int Column)? unclosed
    )
    {
        bool Says(string words) => said.Contains(words, StringComparison.Ordinal);
        var (line, column) = place;
        var lines = text.Split('\n');
        var here = line <= lines.Length ? lines[line - 1] : "";

        if (Says("tab") && TabbedLine(lines) is var tabbed and > 0)
            return At(tabbed, 1, "a tab cannot indent YAML", "use spaces");
        if (Says("cannot start any token") && column <= here.Length)
        {
            var first = here[column - 1];
            return first is '\t'
                ? At(line, column, "a tab cannot indent YAML", "use spaces")
                : At(line, column, $"a value cannot start with {Names.Shown(first.ToString())}", "put it in quotes");
        }
        if (Says("quoted scalar") && (Says("end of stream") || Says("indentation") || Says("document indicator")))
            return At(line, column, "this quote is not closed", "add the closing quote in the same line");
        if (Says("unknown escape"))
            return At(
                line,
                column,
                "an unknown escape in double quotes",
                "write \\\\ for a backslash, or use single quotes"
            );
        if (unclosed is not null && BraceInValue(lines, unclosed.Value.Line) is var (braceLine, braceColumn))
            return At(
                braceLine,
                braceColumn,
                "a brace within a value that stands in braces itself",
                "put the value in quotes, for example {path: \"secret/{user}\"}"
            );
        if (unclosed is var (bracket, openLine, openColumn))
            return At(
                openLine,
                openColumn,
                $"this '{bracket}' is not closed, or a comma is missing after it",
                bracket is '{' ? "write {KEY: VALUE, KEY: VALUE}" : "write [ONE, TWO]"
            );
        if (Says("invalid mapping"))
            return here.Split(": ").Length > 2
                ? At(line, column, "a second ': ' in what should be one value", "put the value in quotes")
                : At(
                    line,
                    here.Length - here.TrimStart().Length + 1,
                    "this line is indented further than the key above, which has its value already",
                    "start the keys of one level in one column"
                );
        if (Says("incompatible"))
            return At(line, column, "another version of YAML than 1.1 and 1.2", "take the %YAML line out");
        if (Says("expected key") || Says("'-' indicator") || Says("<document end>") || Says("<document start>"))
            return At(
                line,
                column,
                "this does not line up with what stands above it",
                "start the keys of one level in one column"
            );
        var reason = said.Length > 0 ? $": {Names.Escaped(said.TrimEnd('.'))}" : "";
        return At(
            line,
            column,
            $"not readable as YAML{reason}",
            "look at brackets, quotes and indentation around here"
        );
    }

    private static int TabbedLine(string[] lines) =>
        Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t') && line.Trim().Length > 0) + 1;

    /// <summary>Where a place-holder such as {user} stands unquoted in a value: in the line of the open bracket.</summary>
    private static (int Line, int Column)? BraceInValue(string[] lines, int line)
    {
        var text = line <= lines.Length ? lines[line - 1] : "";
        var quote = '\0';
        for (var at = 1; at < text.Length; at++)
        {
            if (quote != '\0')
                quote = text[at] == quote ? '\0' : quote;
            else if (text[at] is '"' or '\'' && text[at - 1] is (' ' or ',' or '[' or '{'))
                quote = text[at];
            else if (text[at] is '{' && text[at - 1] is not (' ' or ',' or '[' or '{' or ':' or '\t'))
                return (line, at + 1);
        }
        return null;
    }

    private static Problem At(int line, int column, string message, string hint) =>
        new("", line, column, message, hint);
}
