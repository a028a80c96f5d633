using System.Collections.Concurrent;
using Berth.Planning;
using Berth.Recording;

namespace Berth.Embedded;

/// <summary>The kernel's own cap for each person, where this process may make cgroups with a memory controller: in a
/// delegated unit (<c>systemd-run --user --scope -p Delegate=yes berth up</c>), or in a container that was given one.</summary>
internal sealed class CgroupCaps
{
    private const string Tree = "/sys/fs/cgroup";
    private readonly string _own;

    private readonly ConcurrentDictionary<string, long> _caps = new(StringComparer.Ordinal);

    /// <param name="own">A cgroup that hands its memory controller down, and holds no process itself.</param>
    internal CgroupCaps(string own) => _own = own;

    /// <returns>Null when there is no memory controller to use; nothing is changed then.</returns>
    public static CgroupCaps? TryMake()
    {
        try
        {
            var line = File.ReadLines("/proc/self/cgroup")
                .FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal));
            if (line is null)
                return null;
            var own = Path.Join(Tree, line["0::".Length..]);
            if (own.TrimEnd('/') == Tree || !SurfaceReader.HasMemory(own))
                return null;
            // A cgroup that hands controllers down may hold no process of its own: we step aside into a leaf first.
            var leaf = Path.Join(own, "berth-up");
            Directory.CreateDirectory(leaf);
            foreach (var pid in File.ReadAllLines(Path.Join(own, "cgroup.procs")))
                File.WriteAllText(Path.Join(leaf, "cgroup.procs"), pid);
            File.WriteAllText(Path.Join(own, "cgroup.subtree_control"), "+memory +pids");
            return new CgroupCaps(own);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Puts a process, and with it all it will start, under a cap of its own.</summary>
    public void Enclose(string user, int pid, long cap)
    {
        _caps[user] = cap;
        var cgroup = Of(user);
        Directory.CreateDirectory(cgroup);
        File.WriteAllText(Path.Join(cgroup, "memory.max"), cap.ToString());
        if (File.Exists(Path.Join(cgroup, "memory.swap.max")))
            File.WriteAllText(Path.Join(cgroup, "memory.swap.max"), "0");
        File.WriteAllText(Path.Join(cgroup, "cgroup.procs"), pid.ToString());
    }

    /// <returns>The cap that a person was last put under; 0 for none.</returns>
    public long Cap(string user) => _caps.GetValueOrDefault(user);

    /// <summary>Another cap for whom it is put on already: the kernel kills at once what is over it.</summary>
    public void Change(string user, long cap)
    {
        if (!_caps.ContainsKey(user))
            return;
        _caps[user] = cap;
        File.WriteAllText(Path.Join(Of(user), "memory.max"), cap.ToString());
    }

    /// <returns>What of a person's memory comes back only with the end of processes, in bytes; 0 when that is not told.
    /// </returns>
    public long Held(string user)
    {
        try
        {
            return MemoryStat.TryParse(File.ReadAllBytes(Path.Join(Of(user), "memory.stat")), out var stat)
                ? stat.Anonymous + stat.Shared
                : 0;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Takes a person's cgroup away, with whatever is left in it.</summary>
    public void Remove(string user)
    {
        _ = _caps.TryRemove(user, out _);
        var cgroup = Of(user);
        try
        {
            var kill = Path.Join(cgroup, "cgroup.kill");
            if (File.Exists(kill))
                File.WriteAllText(kill, "1");
            Directory.Delete(cgroup);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // It was never there; or something in it is still ending, and it stays as an empty one: their next server
            // uses it.
        }
    }

    /// <summary>How many processes of a person the kernel has killed at their cap.</summary>
    public long Kills(string user)
    {
        try
        {
            foreach (var line in File.ReadLines(Path.Join(Of(user), "memory.events")))
            {
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan("oom_kill ".Length));
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
        return 0;
    }

    private string Of(string user) => Path.Join(_own, $"user-{user}");
}
