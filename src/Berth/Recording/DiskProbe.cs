using System.Collections.Concurrent;
using Berth.Host;
using Berth.Incidents;
using Berth.Units;

namespace Berth.Recording;

/// <summary>Looks now and then how full the disks are that people and Berth write to. A network's file system may not
/// answer, so it is asked beside the recorder's loop, and never twice at once.</summary>
internal sealed class DiskProbe(HostPaths paths)
{
    /// <summary>So often, in milliseconds.</summary>
    private const long Every = 5_000;

    private readonly ConcurrentQueue<IReadOnlyList<DiskSpace>> _seen = new();
    private Task _asking = Task.CompletedTask;
    private long _asked = long.MinValue / 2;

    /// <summary>Asks, if it is time to.</summary>
    /// <param name="homes">People's homes.</param>
    /// <param name="now">Now, in milliseconds.</param>
    public void Look(IEnumerable<string> homes, long now)
    {
        if (now - _asked < Every || !_asking.IsCompleted)
            return;
        _asked = now;
        // What Berth writes first: of the folders of one file system that one is named which a person knows.
        var known = homes.ToList();
        var folders = known.Select(Parent).Prepend(RecorderUnits.State).Distinct(StringComparer.Ordinal).ToList();
        _asking = Task.Run(() => _seen.Enqueue(Spaces([.. folders, .. Mounted(paths, known)])));
    }

    /// <summary>Homes that are file systems of their own now. One that is mounted when somebody looks at it is not: looking
    /// would mount it.</summary>
    public static IReadOnlyList<string> Mounted(HostPaths paths, IEnumerable<string> homes)
    {
        var mounts = paths["/proc/self/mounts"];
        if (!File.Exists(mounts))
            return [];
        var wanted = homes.ToHashSet(StringComparer.Ordinal);
        return File.ReadLines(mounts)
            .Select(line => line.Split(' '))
            .Where(mount => mount is [_, var place, var kind, ..] && kind is not "autofs" && wanted.Contains(place))
            .Select(mount => mount[1])
            .Distinct(StringComparer.Ordinal)
            .ToList();
    }

    /// <summary>What was seen since it was asked last.</summary>
    public bool TryTake(out IReadOnlyList<DiskSpace> spaces) => _seen.TryDequeue(out spaces!);

    private List<DiskSpace> Spaces(List<string> folders)
    {
        var spaces = new Dictionary<ulong, DiskSpace>();
        foreach (var folder in folders)
        {
            if (
                Native.StatPath(paths[folder], out var stat)
                && Native.Space(paths[folder], out var space) == 0
                && space.Blocks > 0
            )
                spaces.TryAdd(
                    stat.Device,
                    new DiskSpace(
                        stat.Device,
                        folder,
                        (long)(space.Blocks * space.Fragment),
                        (long)(space.Available * space.Fragment),
                        (long)space.Files,
                        (long)space.AvailableFiles
                    )
                );
        }
        return [.. spaces.Values];
    }

    /// <summary>Homes are looked at by the folder that they are in: another one may not be looked into.</summary>
    private static string Parent(string home)
    {
        var slash = home.TrimEnd('/').LastIndexOf('/');
        return slash <= 0 ? "/" : home[..slash];
    }
}
