using System.Globalization;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>Where work runs that is a person's.</summary>
/// <param name="Path">Its cgroup.</param>
/// <param name="Uid">Whose it is.</param>
/// <param name="Server">The unit, where it is an agent server; else null.</param>
public sealed record WorkSurface(string Path, int Uid, UnitSeen? Server);

/// <summary>A snapshot with what rules ask of it: who has agents here, and where they run. A host on which nobody runs an
/// agent and no roster names anybody has no people in this sense: an uncapped login is then as its maker meant it.</summary>
public sealed class Landscape
{
    private readonly Dictionary<string, int> _uids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _names = [];
    private readonly HashSet<int> _people = [];
    private readonly HashSet<int> _mains;

    public Landscape(HostSnapshot snapshot)
    {
        Snapshot = snapshot;
        Tree = new CgroupTree(snapshot.Cgroups);
        foreach (var account in snapshot.Accounts)
            (_uids[account.Name], _names[account.Uid]) = (account.Uid, account.Name);
        foreach (var name in snapshot.Roster?.People ?? [])
        {
            if (_uids.TryGetValue(name, out var uid))
                _people.Add(uid);
        }
        foreach (var process in snapshot.Processes)
        {
            if (process.IsAgentOrServer() && IsPerson(process.Uid))
                _people.Add(process.Uid);
        }
        Servers = [.. snapshot.Units.Where(unit => unit.Active && IsServer(unit))];
        _mains = [.. Servers.Select(server => server.MainPid)];
        foreach (var server in Servers)
            _people.Add(UidOf(server));
        Work = [.. snapshot.Processes.Where(process => _people.Contains(process.Uid) && !IsContainer(process.Cgroup))];
        Surfaces = HasCaps ? [.. FindSurfaces()] : [];
    }

    public HostSnapshot Snapshot { get; }
    public CgroupTree Tree { get; }

    /// <summary>Units of agent servers that run now.</summary>
    public IReadOnlyList<UnitSeen> Servers { get; }

    /// <summary>Processes of people, those in containers apart.</summary>
    public IReadOnlyList<ProcessSeen> Work { get; }

    /// <summary>Where those processes are; empty where the kernel has no caps to give (DELEGATION tells of it): of limits
    /// that were not read nothing is claimed.</summary>
    public IReadOnlyList<WorkSurface> Surfaces { get; }

    private bool HasCaps =>
        Snapshot.Hierarchy is null
        || (Snapshot.Hierarchy is "v2" && Snapshot.Controllers.Contains("memory", StringComparer.Ordinal));

    /// <summary>Whether anybody has something to lose here.</summary>
    public bool AnyPeople => _people.Count > 0;

    public bool IsPersonOfHost(int uid) => _people.Contains(uid);

    /// <summary>Whether a process is an agent server: told by what it runs, or by the unit whose main process it is.</summary>
    public bool IsServer(ProcessSeen process) => process.Server is not null || _mains.Contains(process.Pid);

    /// <summary>Memory that is kept for the system: the roster's, else what Berth would keep.</summary>
    public long Reserve => Snapshot.Roster?.Reserve ?? Math.Min(4L << 30, (Snapshot.Memory?.Total ?? 0) / 4);

    /// <summary>What somebody is called.</summary>
    public string NameOf(int uid) => _names.GetValueOrDefault(uid, $"uid {uid}");

    /// <summary>The uid of <c>User=</c>; -1 for nobody's.</summary>
    public int UidOf(string user) =>
        _uids.TryGetValue(user, out var uid) || int.TryParse(user, CultureInfo.InvariantCulture, out uid) ? uid : -1;

    /// <summary>The uid that a unit runs as: by its name, or by its process where only a directory service knows the
    /// name.</summary>
    private int UidOf(UnitSeen unit) =>
        UidOf(unit.User) is >= 0 and var uid ? uid
        : unit.User.Length > 0
        && Snapshot.Processes.FirstOrDefault(process => process.Pid == unit.MainPid && unit.MainPid > 0) is { } main
            ? main.Uid
        : -1;

    /// <summary>The processes below a cgroup.</summary>
    public IEnumerable<ProcessSeen> In(string path) =>
        Snapshot.Processes.Where(process => CgroupTree.Holds(path, process.Cgroup));

    /// <summary>The unit whose cgroup this is or is in, of the system's manager; null for none.</summary>
    public static string? UnitOf(string path) =>
        path.Split('/').FirstOrDefault(part => part.EndsWith(".service", StringComparison.Ordinal));

    public static bool IsContainer(string path) =>
        path.Split('/')
            .Any(part =>
                part.StartsWith("docker-", StringComparison.Ordinal)
                || part.StartsWith("libpod-", StringComparison.Ordinal)
                || part.StartsWith("cri-containerd-", StringComparison.Ordinal)
                || part is "docker" or "libpod_parent" or "kubepods.slice"
            );

    /// <summary>Uids that login(1) hands out; those that systemd makes up for services are between 61184 and 65535.</summary>
    public static bool MayBePerson(int uid) => uid is >= Account.FirstPerson and not (>= 61184 and <= 65535);

    private bool IsPerson(int uid) =>
        MayBePerson(uid) && (_names.ContainsKey(uid) || Tree.At(SliceOf(uid)) is not null);

    private bool IsServer(UnitSeen unit) =>
        MayBePerson(UidOf(unit))
        && (
            unit.Server is not null
            || (Snapshot.Roster?.Servers.Contains(unit.Name, StringComparer.Ordinal) ?? false)
            || (
                unit.Name.Contains(ServerUnits.InstanceMark, StringComparison.Ordinal)
                && unit.Name.EndsWith(".service", StringComparison.Ordinal)
            )
            || Snapshot.Processes.Any(process => process.Pid == unit.MainPid && process.Server is not null)
        );

    private IEnumerable<WorkSurface> FindSurfaces()
    {
        var servers = Servers
            .Where(server => server.Cgroup.Length > 0)
            .DistinctBy(server => server.Cgroup, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var server in servers)
        {
            seen.Add(server.Cgroup);
            yield return new WorkSurface(server.Cgroup, UidOf(server), server);
        }
        foreach (var process in Work)
        {
            var path = SurfaceOf(process.Cgroup);
            if (path.Length > 0 && seen.Add(path))
                yield return new WorkSurface(path, process.Uid, null);
        }
    }

    private static string SliceOf(int uid) => $"user.slice/user-{uid}.slice";

    /// <summary>A person's whole slice, or else the outermost unit that is no slice.</summary>
    private static string SurfaceOf(string cgroup)
    {
        var parts = cgroup.Split('/');
        var last = Array.FindIndex(
            parts,
            part =>
                (
                    part.StartsWith("user-", StringComparison.Ordinal)
                    && part.EndsWith(".slice", StringComparison.Ordinal)
                ) || !part.EndsWith(".slice", StringComparison.Ordinal)
        );
        return last < 0 ? cgroup : string.Join('/', parts[..(last + 1)]);
    }
}
