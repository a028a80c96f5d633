namespace Berth.Embedded;

/// <summary>What is read of <c>/proc/PID/stat</c> (proc_pid_stat(5)).</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Parent">Its parent's.</param>
/// <param name="State">One letter; Z is a zombie.</param>
/// <param name="RssPages">Resident set in pages.</param>
public readonly record struct ProcStat(int Pid, int Parent, char State, long RssPages)
{
    /// <summary>Reads the line. The name in the middle is a process's own choice: it may hold spaces and brackets, so
    /// what counts starts behind the last closing bracket.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out ProcStat stat)
    {
        stat = default;
        var (open, close) = (line.IndexOf('('), line.LastIndexOf(')'));
        if (open < 2 || close < open || close + 4 > line.Length || !int.TryParse(line[..(open - 1)], out var pid))
            return false;
        var rest = line[(close + 2)..];
        Span<Range> fields = stackalloc Range[23];
        if (
            rest.Split(fields, ' ') < 22
            || !int.TryParse(rest[fields[1]], out var parent)
            || !long.TryParse(rest[fields[21]].Trim(), out var pages)
        )
            return false;
        stat = new ProcStat(pid, parent, rest[0], pages);
        return true;
    }
}
