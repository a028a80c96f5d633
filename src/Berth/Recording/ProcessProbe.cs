using System.Text;
using Berth.Host;

namespace Berth.Recording;

/// <summary>Reads <c>/proc</c>: who a process is, once; how it is, every time.</summary>
/// <param name="paths">The host.</param>
internal sealed class ProcessProbe(HostPaths paths) : IDisposable
{
    /// <summary>Homes by user: a folder below one is shown as <c>~/…</c>.</summary>
    public required IReadOnlyDictionary<string, string> Homes { get; set; }

    /// <summary>So many processes keep their file open; beyond it each reading opens it.</summary>
    private const int MostOpen = 8192;

    /// <summary>Clock ticks a second, as every Linux has them (USER_HZ).</summary>
    private const long TickMilliseconds = 10;

    private readonly long _page = Environment.SystemPageSize;
    private readonly Dictionary<int, (TrackedProcess Process, KernelFile Stat)> _open = [];
    private readonly byte[] _buffer = new byte[Argv.MostBytes];
    private long _uptime;

    /// <summary>Before a sample: how long the kernel has run, by which births are told.</summary>
    public void Begin()
    {
        var text = KernelFile.Once(paths["/proc/uptime"], _buffer);
        var point = text.IndexOf((byte)'.');
        _uptime =
            point > 0 && KernelText.Number(text[..point], out var seconds) && text.Length > point + 2
                ? (seconds * 1000) + ((text[point + 1] - '0') * 100) + ((text[point + 2] - '0') * 10)
                : 0;
    }

    /// <summary>Reads what changes.</summary>
    /// <returns>False when it has ended.</returns>
    public bool Sample(TrackedProcess process, out ProcStat stat, out long bytes)
    {
        if (!_open.TryGetValue(process.Pid, out var open) || open.Process != process)
        {
            open.Stat?.Dispose();
            open = (process, new KernelFile(Path(process.Pid, "stat")));
            if (_open.Count < MostOpen)
                _open[process.Pid] = open;
        }
        var fine = ProcStat.TryParse(open.Stat.Read(_buffer), out stat) && stat.Pid == process.Pid;
        bytes = stat.RssPages * _page;
        if (!_open.ContainsKey(process.Pid))
            open.Stat.Dispose();
        return fine;
    }

    /// <summary>A process is no longer followed.</summary>
    public void Forget(int pid)
    {
        if (_open.Remove(pid, out var open))
            open.Stat.Dispose();
    }

    /// <summary>Forgets those that have ended.</summary>
    public void Sweep()
    {
        foreach (var (pid, open) in _open)
        {
            if (open.Process.Died is null)
                continue;
            open.Stat.Dispose();
            _open.Remove(pid);
        }
    }

    /// <summary>What a process is that was met for the first time.</summary>
    /// <returns>Null when it is gone.</returns>
    public ProcStat? Stat(int pid) =>
        ProcStat.TryParse(KernelFile.Once(Path(pid, "stat"), _buffer), out var stat)
        && stat.Pid == pid
        && stat.State != 'Z'
            ? stat
            : null;

    /// <summary>How long ago it was born, in milliseconds.</summary>
    /// <param name="start">Its start in clock ticks since boot.</param>
    public long Age(long start) => Math.Max(0, _uptime - (start * TickMilliseconds));

    /// <summary>The path of its cgroup below the cgroup tree; null when it is gone.</summary>
    public string? Cgroup(int pid) =>
        ProcCgroup.TryParse(KernelFile.Once(Path(pid, "cgroup"), _buffer), out var path)
            ? Encoding.UTF8.GetString(path)
            : null;

    public int Uid(int pid) =>
        ProcStatus.TryParse(KernelFile.Once(Path(pid, "status"), _buffer), out var status) ? status.Uid : -1;

    /// <summary>What it runs; <see cref="ProgramFacts.Unread"/> when it is gone.</summary>
    public ProgramFacts Program(int pid, string? user)
    {
        var words = Argv.Words(KernelFile.Once(Path(pid, "cmdline"), _buffer));
        var facts = ProgramFacts.Of(words, Link(pid, "exe"), null);
        return facts.Agent is AgentKind.None ? facts : facts with { Folder = Below(Link(pid, "cwd"), user) };
    }

    public void Dispose()
    {
        foreach (var open in _open.Values)
            open.Stat.Dispose();
        _open.Clear();
    }

    private string? Below(string folder, string? user)
    {
        if (folder.Length == 0)
            return null;
        if (
            user is null
            || !Homes.TryGetValue(user, out var home)
            || !folder.StartsWith(home, StringComparison.Ordinal)
        )
            return folder;
        return folder.Length == home.Length ? "~"
            : folder[home.Length] == '/' ? "~" + folder[home.Length..]
            : folder;
    }

    private string Link(int pid, string name) => KernelFile.Link(Path(pid, name));

    private string Path(int pid, string name) => paths[$"/proc/{pid}/{name}"];
}
