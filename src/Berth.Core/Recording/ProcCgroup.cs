namespace Berth.Recording;

/// <summary>Reads <c>/proc/PID/cgroup</c> (cgroups(7)).</summary>
public static class ProcCgroup
{
    /// <summary>The path in the one tree of cgroup v2, without the slash it begins with.</summary>
    /// <returns>False where the process is in none, or gone.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> path)
    {
        var mark = "0::/"u8;
        var lines = new KernelText(text);
        while (lines.Next(out var line))
        {
            if (!line.StartsWith(mark))
                continue;
            path = line[mark.Length..];
            return true;
        }
        path = default;
        return false;
    }
}
