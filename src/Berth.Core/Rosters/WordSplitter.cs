using System.Text;

namespace Berth.Rosters;

/// <summary>Splits one line into words as a person expects of a shell: at spaces, with single and double quotes
/// keeping words together; no escapes, no variables.</summary>
public static class WordSplitter
{
    /// <returns>The words; null when a quote is not closed.</returns>
    public static IReadOnlyList<string>? Split(string line)
    {
        var (words, word, quote, started) = (new List<string>(), new StringBuilder(), '\0', false);
        foreach (var c in line)
        {
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                (quote, started) = (c, true);
            }
            else if (c is ' ' or '\t')
            {
                if (started || word.Length > 0)
                    words.Add(word.ToString());
                word.Clear();
                started = false;
            }
            else
            {
                word.Append(c);
            }
        }
        if (started || word.Length > 0)
            words.Add(word.ToString());
        return quote == '\0' ? words : null;
    }
}
