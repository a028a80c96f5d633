using System.Globalization;
using System.Text;
using Berth.Host;
using Berth.Recording;

namespace Berth.Doctoring;

/// <summary>Reads every process: whose it is, what it is, where it is.</summary>
internal sealed class ProcessWalk(HostPaths paths, List<Unread> unread)
{
    private const int Most = 16_384;
    private const int LongestName = 40;
    private readonly byte[] _buffer = new byte[Argv.MostBytes];

    /// <summary>Words of guards that kill when memory is short, by the name of their process.</summary>
    public Dictionary<string, IReadOnlyList<string>> Guards { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that processes have for themselves (comm), by pid: what earlyoom goes by.</summary>
    public Dictionary<int, string> Comms { get; } = [];

    public IReadOnlyList<ProcessSeen> Read()
    {
        var seen = new List<ProcessSeen>();
        var hidden = 0;
        foreach (var folder in Directory.EnumerateDirectories(paths["/proc"]))
        {
            if (
                !int.TryParse(
                    Path.GetFileName(folder.AsSpan()),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var pid
                )
            )
                continue;
            if (seen.Count >= Most)
            {
                unread.Add(new Unread(Aspect.Processes, "/proc", $"more than {Most} processes; the rest was left out"));
                break;
            }
            if (One(folder, pid, ref hidden) is { } process)
                seen.Add(process);
        }
        // With hidepid a person does not even see the folders of others.
        if (Native.EffectiveUser() != 0 && (hidden > 0 || !Directory.Exists(paths["/proc/1"])))
            unread.Add(
                new Unread(
                    Aspect.Processes,
                    "other people's processes",
                    "hidden by the mount options of /proc",
                    ForRoot: true
                )
            );
        return seen;
    }

    private ProcessSeen? One(string folder, int pid, ref int hidden)
    {
        var line = Once(folder, "stat");
        // Threads of the kernel have no memory of their own.
        if (!ProcStat.TryParse(line, out var stat) || stat.State is 'Z' || stat.RssPages == 0)
            return null;
        var (open, close) = (line.IndexOf((byte)'('), line.LastIndexOf((byte)')'));
        var comm = Printable.Text(line[(open + 1)..close], LongestName);
        if (!ProcStatus.TryParse(Once(folder, "status"), out var status))
        {
            hidden++;
            return null;
        }
        var words = Argv.Words(Once(folder, "cmdline"));
        var facts = ProgramFacts.Of(words, KernelFile.Link(Path.Join(folder, "exe")), null);
        var server = AgentServers.Of(words);
        Comms[pid] = comm;
        // A person's process may have any name; a guard is the system's.
        if (comm is "earlyoom" or "systemd-oomd" or "nohang" && !Landscape.MayBePerson(status.Uid))
            Guards[comm] = words;
        return new ProcessSeen(
            pid,
            stat.Parent,
            status.Uid,
            Name(words.Count > 0 ? words[0] : facts.Program, comm),
            Cgroup(folder),
            stat.RssPages * Environment.SystemPageSize,
            Adjustment(folder)
        )
        {
            // A server is told as such, although its program is an agent's.
            Agent =
                server is null && facts.Agent is not AgentKind.None ? facts.Agent.ToString().ToLowerInvariant() : null,
            Server = server,
        };
    }

    /// <summary>Without its folder, and without what a process wrote behind its name (<c>sshd: alice [priv]</c>), which
    /// may be anything.</summary>
    private static string Name(string program, string comm)
    {
        var end = program.AsSpan().IndexOfAny(' ', ':');
        var name = end < 0 ? program : program[..end];
        name = name[(name.LastIndexOf('/') + 1)..];
        name = name.Length is 0 or > LongestName ? comm : name;
        return name.TrimStart('-');
    }

    private string Cgroup(string folder) =>
        ProcCgroup.TryParse(Once(folder, "cgroup"), out var path) ? Printable.Text(path, 1024) : "";

    private int Adjustment(string folder) =>
        int.TryParse(
            Encoding.ASCII.GetString(Once(folder, "oom_score_adj")).AsSpan().Trim(),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var adjustment
        )
            ? adjustment
            : 0;

    private ReadOnlySpan<byte> Once(string folder, string name) => KernelFile.Once(Path.Join(folder, name), _buffer);
}
