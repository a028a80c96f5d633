using Berth.Recording;

namespace Berth.Incidents;

/// <summary>Whose end lets a surface that stands still get on (<c>on-stall: kill-leaf</c>).</summary>
public static class StallCure
{
    /// <summary>Nobody else is killed for so long, in milliseconds: memory is given back meanwhile.</summary>
    public const long Patience = 10_000;

    /// <summary>The largest process of a surface that is its person's own; never their server, what the service manager
    /// has started there, or a process of another uid (sshd's).</summary>
    /// <returns>Null when there is none.</returns>
    public static TrackedProcess? Leaf(ProcessTable table, SurfaceMap map, Surface surface)
    {
        TrackedProcess? largest = null;
        foreach (var process in table.Living)
        {
            if (
                process.Surface == surface
                && map.UserOf(process.Uid) == surface.User
                && process.Sizes.Last.Bytes > (largest?.Sizes.Last.Bytes ?? 0)
                && !(process.Top && (surface.Kind is SurfaceKind.Sessions || table.IsServer(process)))
            )
                largest = process;
        }
        return largest;
    }
}
