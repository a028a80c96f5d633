using System.Globalization;

namespace Berth.Drilling;

/// <summary>Whom earlyoom would end, as it says itself when it is asked without doing it.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="Rss">Its resident memory, in bytes.</param>
public sealed record BackstopChoice(int Pid, string Name, long Rss);

/// <summary>Asks earlyoom whom it would end now: its own arguments, with <c>--dryrun</c> and limits that are reached at
/// once. Nothing is ended, and nobody is told.</summary>
public static class BackstopQuestion
{
    /// <summary>Arguments with a value that decide when it acts, or whom it tells: ours replace them.</summary>
    private static readonly string[] s_dropped = ["-m", "-M", "-s", "-S", "-r", "-N"];

    /// <param name="running">The arguments that the daemon runs with, its program left out.</param>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> running)
    {
        var kept = new List<string>();
        for (var at = 0; at < running.Count; at++)
        {
            var word = running[at];
            if (s_dropped.Contains(word, StringComparer.Ordinal))
                at++;
            else if (word is not ("-n" or "-p" or "-d") && !s_dropped.Any(name => IsGlued(word, name)))
                kept.Add(word);
        }
        return ["--dryrun", "-m", "99,98", "-s", "100,100", "-r", "0", .. kept];
    }

    /// <summary>The first process that it names: <c>sending SIGTERM to process 512 uid 1000 "claude": oom_score 800,
    /// VmRSS 12 MiB</c>.</summary>
    public static BackstopChoice? Choice(string said)
    {
        foreach (var line in said.Split('\n'))
        {
            var at = line.IndexOf("to process ", StringComparison.Ordinal);
            if (at < 0 || !line.Contains("sending SIG", StringComparison.Ordinal))
                continue;
            var rest = line[(at + "to process ".Length)..];
            var (quote, end) = (rest.IndexOf('"'), rest.IndexOf("\":", StringComparison.Ordinal));
            var rss = rest.IndexOf("VmRSS ", StringComparison.Ordinal);
            if (
                quote > 0
                && end > quote
                && rss > 0
                && int.TryParse(rest.AsSpan(0, rest.IndexOf(' ')), CultureInfo.InvariantCulture, out var pid)
                && long.TryParse(
                    rest[(rss + "VmRSS ".Length)..].Split(' ')[0],
                    CultureInfo.InvariantCulture,
                    out var mebibytes
                )
            )
                return new BackstopChoice(pid, rest[(quote + 1)..end], mebibytes << 20);
        }
        return null;
    }

    private static bool IsGlued(string word, string name) =>
        word.Length > 2
        && word[1] != '-'
        && word.StartsWith(name, StringComparison.Ordinal)
        && (char.IsAsciiDigit(word[2]) || name is "-N");
}
