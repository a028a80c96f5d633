using System.Buffers;
using System.Text;
using Berth.Servers;

namespace Berth.Recording;

/// <summary>The words that a process was started with, as <c>/proc/PID/cmdline</c> has them: each one ends with a NUL,
/// none of them is to be trusted.</summary>
public static class Argv
{
    /// <summary>How much of the file is looked at: an argv may have 2 MB.</summary>
    public const int MostBytes = 16 << 10;

    private const int MostWords = 256;
    private const int LongestWord = 2 << 10;

    private static readonly SearchValues<char> s_special = SearchValues.Create(" '\"`$&|;<>()*?");

    /// <summary>What is kept of a whole line, in characters.</summary>
    public const int LongestLine = 512;

    /// <summary>The words, printable and without the secrets that have a known form.</summary>
    /// <param name="cmdline">The file's start.</param>
    public static IReadOnlyList<string> Words(ReadOnlySpan<byte> cmdline)
    {
        cmdline = cmdline[..Math.Min(cmdline.Length, MostBytes)];
        if (cmdline.Length > 0 && cmdline[^1] == 0)
            cmdline = cmdline[..^1];
        var words = new List<string>();
        while (cmdline.Length > 0 && words.Count < MostWords)
        {
            var end = cmdline.IndexOf((byte)0);
            var word = end < 0 ? cmdline : cmdline[..end];
            words.Add(Printable.Text(word, LongestWord));
            cmdline = end < 0 ? default : cmdline[(end + 1)..];
        }
        return Redaction.Argv(words);
    }

    /// <summary>The words on one line, as a shell would take them.</summary>
    /// <param name="words">Words without secrets.</param>
    /// <param name="limit">At most so many characters.</param>
    public static string Line(IReadOnlyList<string> words, int limit = LongestLine)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (line.Length > 0)
                line.Append(' ');
            if (word.Length > 0 && !word.AsSpan().ContainsAny(s_special))
                line.Append(word);
            else
                line.Append('\'').Append(word.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'');
            if (line.Length > limit)
            {
                line.Length = limit - 1;
                // Never half a character.
                if (char.IsHighSurrogate(line[^1]))
                    line.Length--;
                return line.Append('…').ToString();
            }
        }
        return line.ToString();
    }
}
