using Berth.Units;

namespace Berth.Planning;

/// <summary>What the host is, read once before planning.</summary>
/// <param name="Ram">MemTotal in bytes.</param>
/// <param name="Systemd">Version of systemd; 0 where there is none.</param>
/// <param name="Live">Whether this is the running host; false for an image below <c>--root</c>.</param>
/// <param name="Owner">Uid that owns what Berth writes: root, or for an image whoever builds it.</param>
/// <param name="Accounts">Accounts of passwd(5) by name.</param>
/// <param name="Groups">Names in each group of group(5), by group name.</param>
/// <param name="Homes">What stands at the home of each account that the roster names.</param>
/// <param name="Listeners">Owner of each listening TCP port on this host.</param>
/// <param name="Docker">Whether docker is installed.</param>
/// <param name="DockerConfig">Text of daemon.json; null where there is none.</param>
/// <param name="Earlyoom">What the installed earlyoom can do; null where it is not installed.</param>
/// <param name="Programs">By server: the files of its program, a script's interpreter included; empty when it is not
/// installed.</param>
/// <param name="Surfaces">Kernel caps of the surfaces that exist now.</param>
public sealed record HostFacts(
    long Ram,
    int Systemd,
    bool Live,
    int Owner,
    IReadOnlyDictionary<string, Account> Accounts,
    IReadOnlyDictionary<string, IReadOnlySet<string>> Groups,
    IReadOnlyDictionary<string, HomeFact> Homes,
    IReadOnlyDictionary<int, int> Listeners,
    bool Docker,
    string? DockerConfig,
    EarlyoomFact? Earlyoom,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Programs,
    LiveSurfaces Surfaces
)
{
    public const long Unlimited = long.MaxValue;

    /// <summary>Where this program is on the host, for the units that run it.</summary>
    public string Berth { get; init; } = "/usr/bin/berth";

    /// <summary>What nftables has loaded for Berth.</summary>
    public FirewallFact Firewall { get; init; } = new(false, null);

    /// <summary>Of <see cref="Rosters.GatewaySettings.Handed"/>, those that are not there; empty where that is not known
    /// (only root may look).</summary>
    public IReadOnlyList<string> NotHanded { get; init; } = [];

    /// <summary>Gids of group(5) by name; empty where Berth may not give files away (an image that is built without
    /// root).</summary>
    public IReadOnlyDictionary<string, int> GroupIds { get; init; } = new Dictionary<string, int>();

    /// <summary>Units of Berth's own that run now; those of people's servers are <see cref="Surfaces"/>.</summary>
    public IReadOnlySet<string> OwnUnits { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>zsh is installed and does not read the snippet that gives login shells their token.</summary>
    public bool ZshWithoutToken { get; init; }
}

/// <param name="Installed">Whether nft(8) is.</param>
/// <param name="Loaded">The table as <see cref="Gateway.LoadedTable"/> sees it; empty when there is none, null when
/// that is not known (only root may ask).</param>
public sealed record FirewallFact(bool Installed, string? Loaded);

/// <param name="SortsByRss">It knows <c>--sort-by-rss</c> (1.8 and newer; Debian 12 ships 1.7).</param>
public sealed record EarlyoomFact(bool SortsByRss);

/// <summary>What stands at the path of a home folder, seen without following a link.</summary>
public enum HomeKind
{
    Missing,
    Folder,
    SymbolicLink,
    Other,
}

/// <param name="Kind">What is there.</param>
/// <param name="Uid">Owner; -1 when missing.</param>
/// <param name="Mode">Permission bits.</param>
public sealed record HomeFact(HomeKind Kind, int Uid, int Mode);

/// <summary>The surfaces that run now, by their cgroups: present means alive, the value is <c>memory.max</c> in bytes
/// (<see cref="HostFacts.Unlimited"/> for none).</summary>
/// <param name="Servers">By unit name.</param>
/// <param name="Slices">By uid.</param>
/// <param name="Managers">Uids whose service manager runs.</param>
/// <param name="Panes">By uid: each open user scope and its cap.</param>
/// <param name="Containers">The container slice; null when it does not run.</param>
public sealed record LiveSurfaces(
    IReadOnlyDictionary<string, SurfaceFact> Servers,
    IReadOnlyDictionary<int, long> Slices,
    IReadOnlySet<int> Managers,
    IReadOnlyDictionary<int, IReadOnlyList<SurfaceFact>> Panes,
    long? Containers
)
{
    public static LiveSurfaces None { get; } =
        new(
            new Dictionary<string, SurfaceFact>(StringComparer.Ordinal),
            new Dictionary<int, long>(),
            new HashSet<int>(),
            new Dictionary<int, IReadOnlyList<SurfaceFact>>(),
            null
        );
}

/// <param name="Cgroup">Path below the cgroup tree.</param>
/// <param name="Cap">Its <c>memory.max</c> in bytes.</param>
public sealed record SurfaceFact(string Cgroup, long Cap);

/// <summary>What stands at a path that Berth wants to own.</summary>
/// <param name="Kind">Text, link, or null for anything else (a folder, a device).</param>
/// <param name="Hash">Hash of the content, or of a link's target, in hex.</param>
/// <param name="Mode">Permission bits; 0777 for a link.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group; -1 where nobody looked.</param>
public sealed record FileFact(FileKind? Kind, string Hash, int Mode, int Uid, int Gid = -1)
{
    /// <summary>Whether it may not be read by who looks: an ordinary user who asks for a plan.</summary>
    public bool IsClosed => Kind is FileKind.Text && Hash.Length == 0;
}
