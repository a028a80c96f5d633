using System.Globalization;

namespace Berth.Doctoring;

/// <summary>Finds file systems in memory in <c>/proc/self/mountinfo</c> (proc_pid_mountinfo(5)).</summary>
public static class MountTable
{
    /// <param name="text">The file.</param>
    /// <param name="ram">RAM in bytes: a tmpfs without a size may take half of it (tmpfs(5)).</param>
    public static IReadOnlyList<TmpfsSeen> Tmpfs(string text, long ram)
    {
        var found = new Dictionary<string, TmpfsSeen>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var dash = line.IndexOf(" - tmpfs ", StringComparison.Ordinal);
            if (dash < 0)
                continue;
            var (before, after) = (line[..dash].Split(' '), line[dash..].Split(' '));
            if (before.Length < 6 || after.Length < 5 || !before[5].Split(',').Contains("rw", StringComparer.Ordinal))
                continue;
            var size = after[^1]
                .Split(',')
                .LastOrDefault(option => option.StartsWith("size=", StringComparison.Ordinal));
            // One that is mounted over another one hides it.
            found[before[4]] = new TmpfsSeen(before[4], size is null ? ram / 2 : Bytes(size["size=".Length..]));
        }
        return [.. found.Values];
    }

    private static long Bytes(string size)
    {
        var shift =
            size.Length == 0
                ? 0
                : size[^1] switch
                {
                    'k' => 10,
                    'm' => 20,
                    'g' => 30,
                    _ => 0,
                };
        return long.TryParse(
            shift > 0 ? size[..^1] : size,
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number << shift
            : 0;
    }
}
