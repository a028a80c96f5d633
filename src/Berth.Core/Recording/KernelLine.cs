namespace Berth.Recording;

public enum KernelLineKind
{
    /// <summary>Nothing that is known here.</summary>
    Other,

    /// <summary><c>NAME invoked oom-killer: …</c>: whose allocation it was that failed, not who is killed.</summary>
    Invoked,

    /// <summary><c>oom-kill:constraint=…</c>: the victim and its cgroups. The kernel leaves it out when kills are many
    /// (ten in five seconds).</summary>
    Chosen,

    /// <summary><c>… Killed process PID (NAME) …</c>: never left out.</summary>
    Killed,

    /// <summary><c>oom_reaper: reaped process …</c>: its memory has been given back.</summary>
    Reaped,

    /// <summary><c>Tasks in … are going to be killed due to memory.oom.group set</c>.</summary>
    Group,

    /// <summary><c>N callbacks suppressed</c>: so many reports of kills were left out.</summary>
    Suppressed,

    /// <summary><c>cgroup: fork rejected by pids controller in …</c>: the cap on tasks holds. Said once for each
    /// cgroup.</summary>
    ForkRejected,
}

/// <summary>A line of the kernel's about memory that ran out, from 5.10 to 6.18. The names in it are the processes' own
/// choice: they are shown, never trusted, and cannot pass for the numbers around them.</summary>
public readonly ref struct KernelLine
{
    /// <summary>The longest name a task can have (TASK_COMM_LEN without its NUL).</summary>
    private const int LongestName = 15;

    private KernelLine(KernelLineKind kind) => Kind = kind;

    public KernelLineKind Kind { get; private init; }

    /// <summary>The victim; 0 where the line names none.</summary>
    public int Pid { get; private init; }

    /// <summary>The victim's real user; -1 where the line does not tell.</summary>
    public int Uid { get; private init; } = -1;

    /// <summary>The kernel's name of the task, escaped.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>The cap of a cgroup was reached; otherwise the whole machine ran out.</summary>
    public bool InCgroup { get; private init; }

    /// <summary>The cgroup whose cap it was, escaped; empty for the machine.</summary>
    public ReadOnlySpan<byte> CapCgroup { get; private init; }

    /// <summary>The victim's cgroup, escaped.</summary>
    public ReadOnlySpan<byte> TaskCgroup { get; private init; }

    /// <summary>Resident memory at death in bytes, files and shared memory included.</summary>
    public long Rss { get; private init; }

    /// <summary>For <see cref="KernelLineKind.Suppressed"/>: how many.</summary>
    public long Count { get; private init; }

    /// <param name="text">Text of a record that the kernel itself wrote.</param>
    public static KernelLine Parse(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("oom-kill:constraint="u8))
            return ParseChosen(text);
        if (text.StartsWith("Memory cgroup out of memory: Killed process "u8))
            return ParseKilled(text["Memory cgroup out of memory: Killed process ".Length..], inCgroup: true);
        if (text.StartsWith("Out of memory: Killed process "u8))
            return ParseKilled(text["Out of memory: Killed process ".Length..], inCgroup: false);
        if (text.StartsWith("Out of memory (oom_kill_allocating_task): Killed process "u8))
            return ParseKilled(
                text["Out of memory (oom_kill_allocating_task): Killed process ".Length..],
                inCgroup: false
            );
        if (text.StartsWith("oom_reaper: reaped process "u8))
            return ParseReaped(text["oom_reaper: reaped process ".Length..]);
        if (text.StartsWith("Tasks in "u8))
            return ParseGroup(text["Tasks in ".Length..]);
        if (text.StartsWith("cgroup: fork rejected by pids controller in "u8))
            return new KernelLine(KernelLineKind.ForkRejected)
            {
                TaskCgroup = text["cgroup: fork rejected by pids controller in ".Length..],
            };
        if (text.EndsWith(" callbacks suppressed"u8))
            return ParseSuppressed(text);
        var invoked = text.IndexOf(" invoked oom-killer: gfp_mask="u8);
        return invoked is >= 0 and <= LongestName * 4
            ? new KernelLine(KernelLineKind.Invoked) { Name = text[..invoked] }
            : default;
    }

    /// <summary>The numbers are taken from the end, where no name and no cgroup comes after them.</summary>
    private static KernelLine ParseChosen(ReadOnlySpan<byte> text)
    {
        var atUid = text.LastIndexOf(",uid="u8);
        if (atUid < 0 || !Int(text[(atUid + 5)..], out var uid, unsigned: true))
            return default;
        var head = text[..atUid];
        var atPid = head.LastIndexOf(",pid="u8);
        if (atPid < 0 || !Int(head[(atPid + 5)..], out var pid))
            return default;
        head = head[..atPid];
        // A name may hold ",task=" itself: the first one behind which no more than a name is left is the kernel's.
        var (atTask, from) = (-1, 0);
        while (head[from..].IndexOf(",task="u8) is var next and >= 0)
        {
            if (Length(head[(from + next + 6)..]) <= LongestName)
            {
                atTask = from + next;
                break;
            }
            from += next + 6;
        }
        var atCgroup = head.IndexOf(",task_memcg="u8);
        if (atTask < 0 || atCgroup < 0 || atCgroup > atTask)
            return default;
        var atCap = head[..atCgroup].IndexOf(",oom_memcg="u8);
        return new KernelLine(KernelLineKind.Chosen)
        {
            Pid = pid,
            Uid = uid,
            Name = head[(atTask + 6)..],
            InCgroup = atCap >= 0,
            CapCgroup = atCap < 0 ? default : head[(atCap + 11)..atCgroup],
            TaskCgroup = head[(atCgroup + 12)..atTask],
        };
    }

    private static KernelLine ParseKilled(ReadOnlySpan<byte> rest, bool inCgroup)
    {
        var open = rest.IndexOf(" ("u8);
        var close = rest.LastIndexOf(") total-vm:"u8);
        if (open < 0 || close < open + 2 || !Int(rest[..open], out var pid))
            return default;
        var name = rest[(open + 2)..close];
        var figures = rest[(close + 1)..];
        if (Length(name) > LongestName || Kilobytes(figures, "anon-rss:"u8) is not (>= 0 and var anonymous))
            return default;
        var uid = figures.IndexOf(" UID:"u8) is var at and >= 0 ? KernelText.Leading(figures[(at + 5)..]) : -1;
        return new KernelLine(KernelLineKind.Killed)
        {
            Pid = pid,
            Uid = uid is >= 0 and <= uint.MaxValue ? (int)uid : -1,
            Name = name,
            InCgroup = inCgroup,
            Rss =
                anonymous
                + Math.Max(0, Kilobytes(figures, "file-rss:"u8))
                + Math.Max(0, Kilobytes(figures, "shmem-rss:"u8)),
        };
    }

    private static KernelLine ParseReaped(ReadOnlySpan<byte> rest)
    {
        var open = rest.IndexOf(" ("u8);
        var close = rest.LastIndexOf("), now anon-rss:"u8);
        return open >= 0 && close >= open + 2 && Int(rest[..open], out var pid)
            ? new KernelLine(KernelLineKind.Reaped) { Pid = pid, Name = rest[(open + 2)..close] }
            : default;
    }

    private static KernelLine ParseGroup(ReadOnlySpan<byte> rest)
    {
        var end = rest.LastIndexOf(" are going to be killed due to memory.oom.group set"u8);
        return end < 0 ? default : new KernelLine(KernelLineKind.Group) { InCgroup = true, CapCgroup = rest[..end] };
    }

    private static KernelLine ParseSuppressed(ReadOnlySpan<byte> text)
    {
        var what = text[..^" callbacks suppressed".Length];
        var colon = what.LastIndexOf(": "u8);
        // dump_header before 5.0, oom_kill_process since: the function that is rate-limited.
        return
            colon > 0
            && (what[..colon].SequenceEqual("oom_kill_process"u8) || what[..colon].SequenceEqual("dump_header"u8))
            && KernelText.Number(what[(colon + 2)..], out var count)
            && count >= 0
            ? new KernelLine(KernelLineKind.Suppressed) { Count = count }
            : default;
    }

    private static long Kilobytes(ReadOnlySpan<byte> figures, ReadOnlySpan<byte> label)
    {
        var at = figures.IndexOf(label);
        if (at < 0)
            return -1;
        var value = KernelText.Leading(figures[(at + label.Length)..]);
        return value is >= 0 and < long.MaxValue / 4096 ? value * 1024 : -1;
    }

    private static bool Int(ReadOnlySpan<byte> text, out int value, bool unsigned = false)
    {
        var fits =
            KernelText.Number(text, out var number)
            && number >= 0
            && number <= (unsigned ? uint.MaxValue : int.MaxValue);
        value = fits ? (int)number : 0;
        return fits && (unsigned || value > 0);
    }

    /// <summary>How many bytes an escaped text stands for.</summary>
    private static int Length(ReadOnlySpan<byte> escaped)
    {
        var length = escaped.Length;
        while (escaped.IndexOf("\\x"u8) is var at and >= 0)
        {
            length -= 3;
            escaped = escaped[Math.Min(escaped.Length, at + 4)..];
        }
        return length;
    }
}
