using System.Diagnostics;
using Berth.Host;

namespace Berth.Watching;

/// <summary>What systemd said of a number of units, and when it was asked.</summary>
internal sealed record Shown(long At, long Monotonic, IReadOnlyDictionary<string, UnitFact> Units)
{
    /// <summary>For how long a unit had been active then, in milliseconds.</summary>
    public long UpFor(UnitFact unit) => unit.Entered == 0 ? 0 : Math.Max(0, (Monotonic - unit.Entered) / 1000);
}

/// <summary>Asks systemd: one call for however many units, and never a second while one is under way.</summary>
internal sealed class UnitStates(BootClock clock)
{
    /// <summary>A service manager that does not answer within so long answers later: nothing is done meanwhile.</summary>
    private static readonly ProcessRunner s_run = new(TimeSpan.FromSeconds(10));

    private Task<Shown?>? _asking;

    public bool IsAsking => _asking is not null;

    /// <summary>Asks about units; the answer is there at a later <see cref="Take"/>.</summary>
    public void Ask(IReadOnlyCollection<string> units)
    {
        string[] arguments = ["show", $"--property={UnitShow.Properties}", "--", .. units];
        _asking = Task.Run(() => Show(arguments));
    }

    /// <returns>Null while there is none.</returns>
    public Shown? Take()
    {
        if (_asking is not { IsCompleted: true } done)
            return null;
        _asking = null;
        return done.IsCompletedSuccessfully ? done.Result : null;
    }

    /// <summary>Asks about one unit now.</summary>
    public UnitFact? Now(string unit) =>
        Show(["show", $"--property={UnitShow.Properties}", "--", unit])?.Units.GetValueOrDefault(unit);

    private Shown? Show(string[] arguments)
    {
        // What is true when the question is asked is what the answer counts for.
        var (at, monotonic) = (clock.Now(), Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000));
        var answer = s_run.Run("systemctl", arguments);
        return answer.Ok ? new Shown(at, monotonic, UnitShow.Parse(answer.Stdout)) : null;
    }
}
