namespace Berth.Embedded;

/// <summary>When a server that ended is started again: at once after a long life, with growing pauses while it keeps
/// failing. A clean exit is never followed by a restart (systemd's <c>Restart=on-failure</c>).</summary>
/// <param name="Failures">Failures in a row.</param>
/// <param name="ZeroIsFailure">Whether exit 0 counts as a failure too (systemd's <c>RestartForceExitStatus=0</c>).</param>
public readonly record struct RestartPolicy(int Failures, bool ZeroIsFailure = false)
{
    /// <summary>A server that lived so long had started well: its next failure is a first one.</summary>
    public static readonly TimeSpan Stable = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <param name="exitCode">What it ended with; 128 and more for a signal.</param>
    /// <param name="lived">How long it ran.</param>
    /// <returns>The policy from now on, and the pause before the restart; null for no restart.</returns>
    public (RestartPolicy Next, TimeSpan? Pause) After(int exitCode, TimeSpan lived)
    {
        if (exitCode == 0 && !ZeroIsFailure)
            return (this with { Failures = 0 }, null);
        var failures = lived >= Stable ? 1 : Failures + 1;
        var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures - 1), s_longest.TotalSeconds));
        return (this with { Failures = failures }, pause);
    }
}
