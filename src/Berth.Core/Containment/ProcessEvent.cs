using System.Buffers.Binary;

namespace Berth.Containment;

public enum ProcessEventKind
{
    /// <summary>A thread, or what is of no interest here.</summary>
    Other,
    Fork,
    Exec,
    Exit,

    /// <summary>A process became another user's.</summary>
    User,

    /// <summary>A process gave itself another name.</summary>
    Title,
}

/// <summary>One word of the kernel's process connector (<c>linux/cn_proc.h</c>).</summary>
/// <param name="Kind">What happened to a process; of threads nothing is told.</param>
/// <param name="Pid">The process: the child, for a fork.</param>
/// <param name="Parent">Who forked it; 0 for anything else.</param>
public readonly record struct ProcessEvent(ProcessEventKind Kind, int Pid, int Parent)
{
    /// <summary>For an exit: the signal that ended it, 0 when it ended by itself. For a user: the real uid.</summary>
    public int Detail { get; init; }

    private const int Header = 16; // struct nlmsghdr
    private const int Connector = 20; // struct cn_msg
    private const int Data = Header + Connector + 16; // what, cpu, timestamp_ns

    /// <summary>The one message of a datagram.</summary>
    public static ProcessEvent Parse(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < Data + 8)
            return default;
        var data = datagram[Data..];
        var what = BinaryPrimitives.ReadUInt32LittleEndian(datagram[(Header + Connector)..]);
        switch (what)
        {
            case 1 when data.Length >= 16: // PROC_EVENT_FORK: parent pid and tgid, child pid and tgid
                var (child, process) = (Int(data, 8), Int(data, 12));
                return child == process ? new ProcessEvent(ProcessEventKind.Fork, process, Int(data, 4)) : default;
            case 2: // PROC_EVENT_EXEC: pid, tgid
                return new ProcessEvent(ProcessEventKind.Exec, Int(data, 4), 0);
            case 0x80000000 when Int(data, 0) == Int(data, 4): // PROC_EVENT_EXIT of a process's leader
                return new ProcessEvent(ProcessEventKind.Exit, Int(data, 4), 0)
                {
                    Detail = data.Length >= 12 ? Int(data, 8) & 0x7f : 0,
                };
            case 4 when data.Length >= 12 && Int(data, 0) == Int(data, 4): // PROC_EVENT_UID: pid, tgid, ruid
                return new ProcessEvent(ProcessEventKind.User, Int(data, 4), 0) { Detail = Int(data, 8) };
            case 0x200 when Int(data, 0) == Int(data, 4): // PROC_EVENT_COMM: pid, tgid, comm
                return new ProcessEvent(ProcessEventKind.Title, Int(data, 4), 0);
            default:
                return default;
        }
    }

    private static int Int(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadInt32LittleEndian(data[at..]);
}
