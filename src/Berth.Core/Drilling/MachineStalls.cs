namespace Berth.Drilling;

/// <summary>An answer of the reference: a server like the drilled one, outside of every cap, that nothing is done to.</summary>
/// <param name="At">When it came, in milliseconds since boot.</param>
/// <param name="Starved">How long nothing on this machine got on for want of memory until then, in milliseconds since boot
/// (<c>full total</c> of <c>/proc/pressure/memory</c>).</param>
public readonly record struct Beat(double At, double Starved);

/// <summary>When the machine as a whole did not get on: a virtual machine that was paused, processors that others had. Whoever
/// was silent then was not held up by a drill. Want of memory is no excuse: that is what a runaway makes.</summary>
/// <param name="Stalls">Each with what it is good for, in milliseconds, in order.</param>
public sealed record MachineStalls(IReadOnlyList<(Silence When, double Excuses)> Stalls)
{
    public static MachineStalls None { get; } = new([]);

    /// <summary>All of it together, in milliseconds.</summary>
    public double Total => Stalls.Sum(stall => stall.Excuses);

    /// <param name="from">When asking began, in milliseconds.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="beats">The reference's answers, in order.</param>
    /// <param name="pause">Between two questions, in milliseconds.</param>
    /// <param name="usual">How long it usually takes to answer on this machine, in milliseconds.</param>
    public static MachineStalls Of(double from, double to, IReadOnlyList<Beat> beats, double pause, double usual)
    {
        var stalls = new List<(Silence, double)>();
        var (first, last) = beats.Count == 0 ? default : (beats[0], beats[^1]);
        foreach (var silence in Silence.Of(from, to, beats.Select(beat => beat.At), pause))
        {
            // Want of memory, from the answer before to the one that ended it.
            var before = beats.LastOrDefault(beat => beat.At <= silence.From, first);
            var after = beats.FirstOrDefault(beat => beat.At >= silence.To, last);
            var starved = after.Starved - before.Starved;
            if (silence.Length - usual - Math.Max(0, starved) is var excuses and > 0)
                stalls.Add((silence, excuses));
        }
        return new MachineStalls(stalls);
    }

    /// <summary>How long the reference usually takes: the middle one of its silences. Where it never answers that is all
    /// of the time: nobody is excused by it.</summary>
    public static double Usual(double from, double to, IReadOnlyList<Beat> beats, double pause)
    {
        var lengths = Silence
            .Of(from, to, beats.Select(beat => beat.At), pause)
            .Select(silence => silence.Length)
            .Order()
            .ToList();
        return lengths.Count == 0 ? 0 : lengths[lengths.Count / 2];
    }

    /// <summary>How much of a silence is the machine's own, in milliseconds.</summary>
    public double Within(Silence silence) =>
        Stalls.Sum(stall =>
            Math.Clamp(Math.Min(silence.To, stall.When.To) - Math.Max(silence.From, stall.When.From), 0, stall.Excuses)
        );
}
