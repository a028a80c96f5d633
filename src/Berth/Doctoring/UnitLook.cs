using Berth.Host;

namespace Berth.Doctoring;

/// <summary>Asks systemd, in one call, what its units really are; and reads what their files say.</summary>
internal sealed class UnitLook(Files files, ProcessRunner run, List<Unread> unread)
{
    private const int LargestFile = 64 << 10;

    /// <summary>Where systemd reads units of the system, first the one that wins (systemd.unit(5)).</summary>
    private static readonly string[] s_system =
    [
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
    ];

    private static readonly string[] s_user =
    [
        "/etc/systemd/user",
        "/run/systemd/user",
        "/usr/local/lib/systemd/user",
        "/usr/lib/systemd/user",
    ];

    private static readonly string[] s_userSettings = ["/usr/lib/systemd/user.conf", "/etc/systemd/user.conf"];

    public IReadOnlyList<ShownUnit> Read()
    {
        if (!files.Exists("/run/systemd/system"))
        {
            unread.Add(new Unread(Aspect.Units, "units", "this host does not run systemd"));
            return [];
        }
        var said = run.Run(
            "systemctl",
            "show",
            "--no-pager",
            $"--property={UnitTable.Properties}",
            "*.service",
            "*.slice"
        );
        if (!said.Ok)
        {
            unread.Add(new Unread(Aspect.Units, "units", $"systemctl show: {said.Said}"));
            return [];
        }
        return UnitTable.Parse(said.Stdout);
    }

    /// <summary><c>OOMPolicy=</c> of a service by its files; null where they say nothing.</summary>
    public string? Policy(string unit)
    {
        var at = unit.IndexOf('@', StringComparison.Ordinal);
        var template = at < 0 ? null : unit[..(at + 1)] + unit[unit.LastIndexOf('.')..];
        var fragment = Fragment(unit) ?? (template is null ? null : Fragment(template));
        string[] folders = template is null ? [$"{unit}.d", "service.d"] : [$"{unit}.d", $"{template}.d", "service.d"];
        return fragment is null ? null : PolicyFiles.Last([fragment, .. DropIns(s_system, folders)], "OOMPolicy");
    }

    /// <summary><c>OOMPolicy=</c> of scopes of people's service managers.</summary>
    public string ScopePolicy() =>
        PolicyFiles.Last(DropIns(s_user, ["scope.d"]), "OOMPolicy")
        ?? PolicyFiles.Last(
            [
                .. s_userSettings.Select(Text).OfType<string>(),
                .. DropIns(["/etc/systemd", "/run/systemd", "/usr/lib/systemd"], ["user.conf.d"]),
            ],
            "DefaultOOMPolicy"
        )
        ?? "stop";

    private string? Fragment(string unit) =>
        s_system.Select(folder => Text($"{folder}/{unit}")).FirstOrDefault(text => text is not null);

    /// <summary>Texts of drop-ins in the order of their names; of one name only the first folder's.</summary>
    private IEnumerable<string> DropIns(string[] roots, string[] folders)
    {
        var byName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var folder in folders.SelectMany(folder => roots.Select(root => $"{root}/{folder}")))
        {
            foreach (var name in files.Names(folder).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)))
                byName.TryAdd(name, $"{folder}/{name}");
        }
        return byName.Values.Select(Text).OfType<string>();
    }

    private string? Text(string path) => files.Untrusted(path, LargestFile);
}
