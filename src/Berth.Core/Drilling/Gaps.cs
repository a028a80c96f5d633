namespace Berth.Drilling;

/// <summary>How long somebody went without an answer, from the moments at which answers came. The pause between two
/// questions is the asker's own and counts for nothing.</summary>
/// <param name="Answers">How many came.</param>
/// <param name="Longest">The longest time without one, in milliseconds.</param>
/// <param name="P99">99 of 100 times without one were at most this, in milliseconds.</param>
public sealed record Gaps(int Answers, double Longest, double P99)
{
    /// <param name="from">When asking began, in milliseconds.</param>
    /// <param name="to">When it ended: a silence that lasts until then counts as well.</param>
    /// <param name="answers">When answers came; those outside of the window do not count.</param>
    /// <param name="pause">Between two questions, in milliseconds.</param>
    public static Gaps Of(double from, double to, IEnumerable<double> answers, double pause)
    {
        var moments = answers.Where(at => at >= from && at <= to).Order().ToList();
        var silences = new List<double>();
        var last = from;
        foreach (var at in moments.Append(Math.Max(from, to)))
        {
            silences.Add(Math.Max(0, at - last - pause));
            last = at;
        }
        silences.Sort();
        return new Gaps(moments.Count, silences[^1], silences[(int)(0.99 * (silences.Count - 1))]);
    }
}
