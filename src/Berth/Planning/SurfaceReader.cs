using Berth.Containment;
using Berth.Host;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Reads which surfaces run, and their caps, from the cgroup v2 tree: the kernel's own values, not what a
/// file or a manager says they should be.</summary>
public sealed class SurfaceReader(HostPaths paths)
{
    /// <summary>Where the cgroup v2 tree is mounted.</summary>
    public const string Tree = "/sys/fs/cgroup";

    /// <summary>Whether a cgroup may use the memory controller.</summary>
    /// <param name="cgroup">Its folder.</param>
    /// <exception cref="IOException">It is no cgroup v2.</exception>
    public static bool HasMemory(string cgroup) =>
        File.ReadAllText(Path.Join(cgroup, "cgroup.controllers"))
            .Split(' ', '\n')
            .Contains("memory", StringComparer.Ordinal);

    public LiveSurfaces Read(IEnumerable<string> servers)
    {
        var units = new Dictionary<string, SurfaceFact>(StringComparer.Ordinal);
        Units($"{Tree}/{ServerUnits.SliceFolder}", "", units);
        // A server that was started before Berth gave it its slice.
        foreach (var server in servers)
            Units(
                $"{Tree}/system.slice/system-{ServerUnits.TemplateStem(server).Replace("-", "\\x2d", StringComparison.Ordinal)}.slice",
                ServerUnits.TemplateStem(server),
                units
            );
        var slices = new Dictionary<int, long>();
        var managers = new HashSet<int>();
        var panes = new Dictionary<int, IReadOnlyList<SurfaceFact>>();
        foreach (var slice in Folders($"{Tree}/user.slice", "user-*.slice"))
        {
            var name = Path.GetFileName(slice);
            if (
                !int.TryParse(name.AsSpan()["user-".Length..^".slice".Length], out var uid) || Cap(slice) is not { } cap
            )
                continue;
            slices[uid] = cap;
            var manager = Path.Join(slice, $"user@{uid}.service");
            if (!Directory.Exists(manager))
                continue;
            managers.Add(uid);
            panes[uid] = [.. Scopes(manager)];
        }
        return new LiveSurfaces(units, slices, managers, panes, Cap(paths[$"{Tree}/berth.slice/{Containers.Slice}"]));
    }

    /// <summary>Services of Berth's own that run; those with a promise of memory are at the top of the tree.</summary>
    public IReadOnlySet<string> OwnUnits() =>
        Folders($"{Tree}/system.slice", "berth*.service")
            .Concat(Folders(Tree, "berth*.service"))
            .Select(folder => Path.GetFileName(folder))
            .ToHashSet(StringComparer.Ordinal);

    private void Units(string folder, string stem, Dictionary<string, SurfaceFact> units)
    {
        foreach (var unit in Folders(folder, $"{stem}*.service"))
        {
            if (Cap(unit) is { } cap)
                units[Path.GetFileName(unit)] = new SurfaceFact(Below(unit), cap);
        }
    }

    private IEnumerable<string> Folders(string folder, string pattern) =>
        Directory.Exists(paths[folder]) ? Directory.EnumerateDirectories(paths[folder], pattern) : [];

    /// <summary>The scopes of a user's service manager, its own apart.</summary>
    private IEnumerable<SurfaceFact> Scopes(string manager)
    {
        var deep = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 };
        foreach (var scope in Directory.EnumerateDirectories(manager, "*.scope", deep))
        {
            var name = Path.GetFileName(scope);
            if (name is not "init.scope" && Cap(scope) is { } cap)
                yield return new SurfaceFact(Below(scope), cap);
        }
    }

    /// <summary>The path below the cgroup tree.</summary>
    private string Below(string cgroup) => cgroup[(paths[Tree].Length + 1)..];

    /// <summary><c>memory.max</c>; null when the cgroup is not there, or went away while it was read.</summary>
    private static long? Cap(string cgroup)
    {
        try
        {
            var text = File.ReadAllText(Path.Join(cgroup, "memory.max")).AsSpan().Trim();
            return text is "max" ? HostFacts.Unlimited : long.Parse(text);
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
