using System.Text;
using Berth.Host;
using Berth.Planning;
using Berth.Recording;
using Berth.Units;

namespace Berth.Containment;

/// <summary>Keeps what a server starts in the cgroup beside it (<see cref="AgentCgroup"/>). Nothing depends on it: where it
/// does not run, agents stay with their server, under the same cap.</summary>
/// <param name="paths">The host.</param>
/// <param name="clock">The clock.</param>
/// <param name="say">One line for the journal.</param>
public sealed class AgentCgroups(HostPaths paths, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan s_repairs = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, long> _repaired = new(StringComparer.Ordinal);

    /// <summary>By pid: the unit whose server that process is.</summary>
    private readonly Dictionary<int, string> _servers = [];

    /// <summary>What the service manager has started and may become a server.</summary>
    private readonly HashSet<int> _started = [];

    private readonly HashSet<string> _complained = new(StringComparer.Ordinal);

    public void Heard(ProcessEvent happened)
    {
        switch (happened.Kind)
        {
            case ProcessEventKind.Fork when happened.Parent == 1:
                _started.Add(happened.Pid);
                break;
            case ProcessEventKind.Fork when _servers.TryGetValue(happened.Parent, out var unit):
                if (!Put(happened.Pid, unit, AgentCgroup.Agents))
                    Repair(unit);
                break;
            case ProcessEventKind.Exec when _started.Contains(happened.Pid):
                if (UnitOf(happened.Pid) is { } started)
                {
                    Settle(started);
                    _started.Remove(happened.Pid);
                }
                break;
            case ProcessEventKind.Exit:
                _started.Remove(happened.Pid);
                _servers.Remove(happened.Pid);
                break;
        }
    }

    /// <summary>Looks at every server that runs.</summary>
    public void Find()
    {
        _servers.Clear();
        var slice = paths[$"{SurfaceReader.Tree}/{ServerUnits.SliceFolder}"];
        if (!Directory.Exists(slice))
            return;
        foreach (var unit in Directory.EnumerateDirectories(slice, $"*{ServerUnits.InstanceMark}*.service"))
            Settle(Path.GetFileName(unit));
    }

    /// <summary>Whose agents have lost their cgroup gets it back, and no more than once a second: it may be they who take
    /// it away.</summary>
    private void Repair(string unit)
    {
        var now = clock.GetTimestamp();
        if (_repaired.TryGetValue(unit, out var last) && clock.GetElapsedTime(last, now) < s_repairs)
            return;
        _repaired[unit] = now;
        Settle(unit);
    }

    /// <summary>Makes the two cgroups of a unit, and puts everything where it belongs.</summary>
    private void Settle(string unit)
    {
        var folder = Folder(unit);
        try
        {
            var server = $"{folder}/{AgentCgroup.Server}";
            // systemd before 254 starts a server in the unit's own cgroup, which may hold none once it has children.
            Directory.CreateDirectory(server);
            foreach (var pid in Processes(folder))
                Put(pid, unit, AgentCgroup.Server);
            File.WriteAllText($"{folder}/cgroup.subtree_control", "+memory +pids");
            var agents = $"{folder}/{AgentCgroup.Agents}";
            Directory.CreateDirectory(agents);
            var cap = File.ReadAllText($"{folder}/memory.max").Trim();
            var own = cap is "max" ? cap : AgentCgroup.Cap(long.Parse(cap)).ToString();
            if (File.ReadAllText($"{agents}/memory.max").Trim() != own)
                File.WriteAllText($"{agents}/memory.max", own);
            foreach (var pid in Processes(server))
            {
                if (Parent(pid) is not { } parent)
                    continue;
                if (parent == 1)
                    _servers[pid] = unit;
                else
                    Put(pid, unit, AgentCgroup.Agents);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A unit that has just ended is no news.
            if (Directory.Exists(folder) && _complained.Add(unit))
                say($"{unit}: its agents stay beside it: {refused.Message}");
        }
    }

    private string Folder(string unit) => paths[$"{SurfaceReader.Tree}/{ServerUnits.SliceFolder}/{unit}"];

    /// <summary>Moves a process within its unit. A pid that is somebody else's by now stays where it is.</summary>
    /// <returns>False when the cgroup is not there; a process that has ended is where it should be.</returns>
    private bool Put(int pid, string unit, string below)
    {
        var cgroup = $"{Folder(unit)}/{below}";
        if (UnitOf(pid) != unit)
            return true;
        try
        {
            File.WriteAllText($"{cgroup}/cgroup.procs", pid.ToString());
            return true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(cgroup);
        }
    }

    private static IEnumerable<int> Processes(string cgroup) =>
        File.ReadAllLines($"{cgroup}/cgroup.procs").Select(int.Parse);

    private string? UnitOf(int pid) => Text($"/proc/{pid}/cgroup") is { } text ? AgentCgroup.UnitOf(text) : null;

    private int? Parent(int pid) =>
        Text($"/proc/{pid}/stat") is { } text && ProcStat.TryParse(Encoding.UTF8.GetBytes(text), out var stat)
            ? stat.Parent
            : null;

    /// <summary>Null when the process has ended.</summary>
    private string? Text(string path)
    {
        try
        {
            return File.ReadAllText(paths[path]);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
