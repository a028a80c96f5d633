namespace Berth.Drilling;

/// <summary>A time without an answer, in milliseconds since boot. The pause between two questions is the asker's own and no
/// part of it.</summary>
public readonly record struct Silence(double From, double To)
{
    public double Length => To - From;

    /// <param name="from">When asking began, in milliseconds.</param>
    /// <param name="to">When it ended: a silence that lasts until then counts as well.</param>
    /// <param name="answers">When answers came; those outside of the window do not count.</param>
    /// <param name="pause">Between two questions, in milliseconds.</param>
    /// <returns>Those that are longer than nothing, in order.</returns>
    public static IReadOnlyList<Silence> Of(double from, double to, IEnumerable<double> answers, double pause)
    {
        var silences = new List<Silence>();
        var last = from;
        foreach (var at in answers.Where(at => at >= from && at <= to).Order().Append(Math.Max(from, to)))
        {
            if (at - last > pause)
                silences.Add(new Silence(last + pause, at));
            last = at;
        }
        return silences;
    }
}

/// <summary>How long somebody went without an answer.</summary>
/// <param name="Answers">How many came.</param>
/// <param name="Longest">The longest time without one, in milliseconds.</param>
/// <param name="Held">The same, without what the machine as a whole stood still meanwhile: what the fault can be blamed
/// for.</param>
public sealed record Gaps(int Answers, double Longest, double Held)
{
    /// <param name="from">When asking began, in milliseconds.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="answers">When answers came.</param>
    /// <param name="pause">Between two questions, in milliseconds.</param>
    /// <param name="machine">What the machine itself did meanwhile.</param>
    public static Gaps Of(
        double from,
        double to,
        IReadOnlyCollection<double> answers,
        double pause,
        MachineStalls machine
    )
    {
        var silences = Silence.Of(from, to, answers, pause);
        return new Gaps(
            answers.Count(at => at >= from && at <= to),
            silences.Select(silence => silence.Length).DefaultIfEmpty().Max(),
            silences.Select(silence => silence.Length - machine.Within(silence)).DefaultIfEmpty().Max()
        );
    }
}
