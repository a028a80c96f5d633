using Berth.Units;

namespace Berth.Recording;

public enum SurfaceKind
{
    Server,
    Sessions,
    Containers,
}

/// <summary>A cgroup tree in which one person's work runs, and which is capped as a whole.</summary>
/// <param name="Kind">What runs there.</param>
/// <param name="User">Whose it is; null for the containers, which are everybody's.</param>
/// <param name="Cgroup">Its path below the cgroup tree, without a slash at either end.</param>
public sealed record Surface(SurfaceKind Kind, string? User, string Cgroup)
{
    /// <summary>How a sentence calls it.</summary>
    public string Says =>
        Kind switch
        {
            SurfaceKind.Server => $"{User}'s server",
            SurfaceKind.Sessions => $"{User}'s sessions",
            _ => "the containers",
        };

    /// <summary>Whether a cgroup is this one or below it.</summary>
    public bool Holds(ReadOnlySpan<char> cgroup) =>
        cgroup.StartsWith(Cgroup, StringComparison.Ordinal)
        && (cgroup.Length == Cgroup.Length || cgroup[Cgroup.Length] == '/');
}

/// <summary>Tells whose a cgroup is, by the places that systemd gives to units: never by what runs in it.</summary>
public sealed class SurfaceMap
{
    private readonly string? _containers;
    private IReadOnlyDictionary<int, string> _users;
    private HashSet<string> _names;

    /// <param name="users">User names by uid: the people of the roster.</param>
    /// <param name="containers">Where containers run, below the cgroup tree; null where there are none.</param>
    public SurfaceMap(IReadOnlyDictionary<int, string> users, string? containers) =>
        (_users, _names, _containers) = (users, new(users.Values, StringComparer.Ordinal), containers);

    /// <summary>Goes by these people from now on.</summary>
    public void Take(IReadOnlyDictionary<int, string> users) =>
        (_users, _names) = (users, new(users.Values, StringComparer.Ordinal));

    /// <summary>Who has a uid; null for nobody of the roster.</summary>
    public string? UserOf(int uid) => _users.GetValueOrDefault(uid);

    /// <param name="cgroup">Path below the cgroup tree; a leading slash is left out.</param>
    /// <returns>Null where no person of the roster works.</returns>
    public Surface? Of(string cgroup)
    {
        var path = cgroup.AsSpan().Trim('/');
        if (path.StartsWith(ServerUnits.SliceFolder + "/", StringComparison.Ordinal))
            return Server(path, ServerUnits.SliceFolder.Length + 1);
        // A server that was started before Berth gave it its slice.
        const string system = "system.slice/system-";
        if (
            path.StartsWith(system, StringComparison.Ordinal) && path[system.Length..].IndexOf('/') is var slash and > 0
        )
            return Server(path, system.Length + slash + 1);
        const string sessions = "user.slice/user-";
        if (path.StartsWith(sessions, StringComparison.Ordinal))
        {
            var rest = path[sessions.Length..];
            var dot = rest.IndexOf('.');
            return
                dot > 0
                && (rest[dot..] is ".slice" || rest[dot..].StartsWith(".slice/", StringComparison.Ordinal))
                && int.TryParse(rest[..dot], out var uid)
                && _users.TryGetValue(uid, out var user)
                ? new Surface(SurfaceKind.Sessions, user, path[..(sessions.Length + dot + ".slice".Length)].ToString())
                : null;
        }
        return
            _containers is not null
            && new Surface(SurfaceKind.Containers, null, _containers) is var all
            && all.Holds(path)
            ? all
            : null;
    }

    private Surface? Server(ReadOnlySpan<char> path, int from)
    {
        var rest = path[from..];
        var slash = rest.IndexOf('/');
        var unit = slash < 0 ? rest : rest[..slash];
        var mark = unit.IndexOf(ServerUnits.InstanceMark, StringComparison.Ordinal);
        if (mark <= 0 || !unit.EndsWith(".service", StringComparison.Ordinal))
            return null;
        var user = unit[(mark + ServerUnits.InstanceMark.Length)..^".service".Length].ToString();
        return _names.Contains(user)
            ? new Surface(SurfaceKind.Server, user, path[..(from + unit.Length)].ToString())
            : null;
    }
}
