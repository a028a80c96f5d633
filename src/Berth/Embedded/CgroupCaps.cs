namespace Berth.Embedded;

/// <summary>The kernel's own cap for each person, where this process may make cgroups with a memory controller: in a
/// delegated unit (<c>systemd-run --user --scope -p Delegate=yes berth up</c>), or in a container that was given one.</summary>
internal sealed class CgroupCaps
{
    private const string Tree = "/sys/fs/cgroup";
    private readonly string _own;

    private CgroupCaps(string own) => _own = own;

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
            if (
                own.TrimEnd('/') == Tree
                || !File.ReadAllText(Path.Join(own, "cgroup.controllers"))
                    .Split(' ', '\n')
                    .Contains("memory", StringComparer.Ordinal)
            )
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
        var cgroup = Path.Join(_own, $"user-{user}");
        Directory.CreateDirectory(cgroup);
        File.WriteAllText(Path.Join(cgroup, "memory.max"), cap.ToString());
        if (File.Exists(Path.Join(cgroup, "memory.swap.max")))
            File.WriteAllText(Path.Join(cgroup, "memory.swap.max"), "0");
        File.WriteAllText(Path.Join(cgroup, "cgroup.procs"), pid.ToString());
    }

    /// <summary>Another cap, for what runs as well: the kernel kills at once what is over it.</summary>
    public void Change(string user, long cap)
    {
        var cgroup = Path.Join(_own, $"user-{user}");
        if (Directory.Exists(cgroup))
            File.WriteAllText(Path.Join(cgroup, "memory.max"), cap.ToString());
    }

    /// <summary>How many processes of a person the kernel has killed at their cap.</summary>
    public long Kills(string user)
    {
        try
        {
            foreach (var line in File.ReadLines(Path.Join(_own, $"user-{user}", "memory.events")))
            {
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan("oom_kill ".Length));
            }
        }
        catch (IOException)
        {
            return 0;
        }
        return 0;
    }
}
