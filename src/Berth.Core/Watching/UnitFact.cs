using System.Globalization;

namespace Berth.Watching;

/// <summary>Where a unit is in its life (<c>ActiveState</c> of systemd).</summary>
public enum UnitPhase
{
    /// <summary>systemd was not asked yet, or did not answer.</summary>
    Unknown,
    Inactive,
    Starting,
    Active,
    Stopping,
    Failed,
}

/// <summary>What systemd says of one person's server.</summary>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="Result">How its last run ended: <c>success</c>, <c>exit-code</c>, <c>start-limit-hit</c>, …</param>
/// <param name="MainPid">Its main process; 0 for none.</param>
/// <param name="Restarts">Restarts of systemd's own since it was started by hand (<c>NRestarts</c>).</param>
/// <param name="Entered">When it became active, in microseconds of the monotonic clock: with the pid, the name of this
/// one run of it.</param>
/// <param name="Exit">How its main process ended last, in words; null when it never did.</param>
/// <param name="Frozen">Somebody paused it (<c>systemctl freeze</c>).</param>
public sealed record UnitFact(
    UnitPhase Phase,
    string Result,
    int MainPid,
    int Restarts,
    long Entered,
    string? Exit,
    bool Frozen
)
{
    /// <summary>systemd restarts it no more, because that happened too often.</summary>
    public bool GivenUp => Phase is UnitPhase.Failed && Result is "start-limit-hit";
}

/// <summary>Reads <c>systemctl show</c>.</summary>
public static class UnitShow
{
    public const string Properties =
        "Id,ActiveState,Result,MainPID,NRestarts,ActiveEnterTimestampMonotonic,ExecMainCode,ExecMainStatus,ExecMainExitTimestampMonotonic,FreezerState";

    /// <param name="text">What it printed: a block of lines for each unit, with an empty line between two.</param>
    /// <returns>By unit name; a block that does not say whose it is says nothing.</returns>
    public static IReadOnlyDictionary<string, UnitFact> Parse(string text)
    {
        var shown = new Dictionary<string, UnitFact>(StringComparer.Ordinal);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var sign = line.IndexOf('=');
            if (sign > 0)
                properties[line[..sign].ToString()] = line[(sign + 1)..].ToString();
            else if (line.IsEmpty)
                Take(properties, shown);
        }
        Take(properties, shown);
        return shown;
    }

    private static void Take(Dictionary<string, string> properties, Dictionary<string, UnitFact> shown)
    {
        string Of(string name) => properties.GetValueOrDefault(name, "");
        long Number(string name) =>
            long.TryParse(Of(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (Of("Id") is { Length: > 0 } id)
            shown[id] = new UnitFact(
                Of("ActiveState") switch
                {
                    "active" or "reloading" or "refreshing" => UnitPhase.Active,
                    "activating" => UnitPhase.Starting,
                    "deactivating" => UnitPhase.Stopping,
                    "failed" => UnitPhase.Failed,
                    "inactive" => UnitPhase.Inactive,
                    // In maintenance, or a state that is not known yet: nothing is done to it.
                    _ => UnitPhase.Unknown,
                },
                Of("Result"),
                (int)Math.Min(Number("MainPID"), int.MaxValue),
                (int)Math.Min(Number("NRestarts"), int.MaxValue),
                Number("ActiveEnterTimestampMonotonic"),
                Number("ExecMainExitTimestampMonotonic") == 0
                    ? null
                    // CLD_EXITED, CLD_KILLED, CLD_DUMPED of waitid(2).
                    : Of("ExecMainCode") switch
                    {
                        "1" => $"exit status {Of("ExecMainStatus")}",
                        "2" => $"killed by signal {Of("ExecMainStatus")}",
                        "3" => $"core dumped by signal {Of("ExecMainStatus")}",
                        _ => null,
                    },
                Of("FreezerState") is "frozen" or "freezing" or "frozen-by-parent" or "freezing-by-parent"
            );
        properties.Clear();
    }
}
