namespace Berth.Incidents;

/// <summary>How full a file system is (statvfs(3)).</summary>
/// <param name="Device">Tells one file system from another.</param>
/// <param name="Path">A folder on it that a person knows.</param>
/// <param name="Size">Bytes in all.</param>
/// <param name="Free">Bytes that a person may still write.</param>
/// <param name="Files">Inodes in all; 0 where there is no such limit.</param>
/// <param name="FreeFiles">Inodes that are left.</param>
public sealed record DiskSpace(ulong Device, string Path, long Size, long Free, long Files, long FreeFiles);

/// <summary>A file system that is nearly full: agents and servers fail on it in ways that do not say so.</summary>
public sealed class DiskFull
{
    /// <summary>Nearly full is what has less than a twentieth left, and less than this.</summary>
    private const long Plenty = 10L << 30;

    private readonly Latch _latch = new(0, 60_000);

    /// <param name="space">How full it is now.</param>
    /// <param name="at">Now, in milliseconds.</param>
    /// <returns>What to report, and whether it is over; null for nothing.</returns>
    public (Report Report, bool Over)? Observe(DiskSpace space, long at)
    {
        var edge = _latch.Look(
            Short(space.Free, space.Size, 20, Plenty) || Short(space.FreeFiles, space.Files, 20, long.MaxValue) ? true
                : Short(space.Free, space.Size, 12, Plenty * 2)
                || Short(space.FreeFiles, space.Files, 12, long.MaxValue)
                    ? null
                : false,
            at
        );
        return edge is Edge.Off ? null : (Report(space, edge is Edge.Ends), edge is Edge.Ends);
    }

    private static bool Short(long free, long all, long part, long plenty) =>
        all > 0 && free < all / part && free < plenty;

    private static Report Report(DiskSpace space, bool over)
    {
        var files = Short(space.FreeFiles, space.Files, 20, long.MaxValue);
        return new Report(
            IncidentKind.DiskNearlyFull,
            null,
            space.Path,
            files
                ? $"the disk below {space.Path} has room for {Words.Count(space.FreeFiles, "more file")} only"
                : $"the disk below {space.Path} is nearly full: {Words.Memory(space.Free)} of {Words.Memory(space.Size)} are left",
            over ? "there is room again" : "it goes on",
            files
                ? $"see who has how many: du --inodes -xsh {space.Path}/*"
                : $"see who has how much: du -xsh {space.Path}/*",
            [
                $"statvfs {space.Path}: {space.Free} of {space.Size} bytes free, {space.FreeFiles} of {space.Files} inodes",
            ]
        )
        {
            Lasting = true,
        };
    }
}
