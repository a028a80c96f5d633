using System.Runtime.InteropServices;
using Berth.Host;
using Berth.Recording;

namespace Berth.Embedded;

/// <summary>The processes of this machine and who started whom, at one moment.</summary>
internal sealed class ProcessTree
{
    private static readonly int s_page = Environment.SystemPageSize;
    private readonly Dictionary<int, List<ProcStat>> _children = [];

    private ProcessTree() { }

    public static ProcessTree Now()
    {
        var tree = new ProcessTree();
        Span<byte> bytes = stackalloc byte[1024];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(folder[^1]))
                continue;
            var descriptor = Native.Open($"{folder}/stat", Native.ReadOnly | Native.CloseOnExec, 0);
            if (descriptor < 0)
                continue;
            var length = (int)Native.Read(descriptor, bytes, bytes.Length);
            _ = Native.Close(descriptor);
            if (length <= 0)
                continue;
            if (!ProcStat.TryParse(bytes[..length], out var stat))
                continue;
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(tree._children, stat.Parent, out _);
            (list ??= []).Add(stat);
        }
        return tree;
    }

    public IReadOnlyList<ProcStat> ChildrenOf(int pid) => _children.GetValueOrDefault(pid) ?? [];

    /// <summary>Every living descendant of a process.</summary>
    public List<ProcStat> Below(int pid)
    {
        var found = new List<ProcStat>();
        var queue = new Queue<int>([pid]);
        while (queue.TryDequeue(out var parent))
        {
            foreach (var child in ChildrenOf(parent))
            {
                if (child.State is not 'Z')
                    found.Add(child);
                queue.Enqueue(child.Pid);
            }
        }
        return found;
    }

    public static long Rss(ProcStat stat) => stat.RssPages * s_page;

    /// <summary>Command line of a process, its words joined, at most 200 characters.</summary>
    public static string Argv(int pid)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Replace('\0', ' ');
            return line.Length > 200 ? line[..200] + "…" : line;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Kills every descendant of a process. Repeats until none is left, because one may fork meanwhile.</summary>
    public static void KillBelow(int pid)
    {
        for (var round = 0; round < 100; round++)
        {
            var rest = Now().Below(pid);
            if (rest.Count == 0)
                return;
            foreach (var process in rest)
                _ = Native.Kill(process.Pid, Native.SigKill);
            Thread.Sleep(10);
        }
    }
}
