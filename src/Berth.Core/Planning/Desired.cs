using System.IO.Hashing;
using System.Text;
using Berth.Containment;
using Berth.Credentials;
using Berth.Gateway;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Planning;

/// <summary>How a path is kept.</summary>
public enum FileKind
{
    /// <summary>A regular file with exactly this content.</summary>
    Text,

    /// <summary>A symbolic link to exactly this target.</summary>
    Link,

    /// <summary>A file whose values are generated once; only its presence is kept.</summary>
    Secret,

    /// <summary>A file of another program, in which Berth keeps one key.</summary>
    Merged,
}

/// <summary>A file the host should have.</summary>
/// <param name="Path">Absolute path on the host.</param>
/// <param name="Content">Text, link target, or for a secret the names of its variables, one a line.</param>
/// <param name="Kind">How it is kept.</param>
/// <param name="Mode">Permission bits; the owner is always root.</param>
/// <param name="User">Whose it is; null for the host's.</param>
/// <param name="Purpose">For the plan: what it does, in a few words.</param>
public sealed record DesiredFile(string Path, string Content, FileKind Kind, int Mode, string? User, string Purpose)
{
    /// <summary>A system account that may read it besides root, by its group; null for nobody in particular.</summary>
    public string? Reader { get; init; }

    /// <summary>A text that everybody may read.</summary>
    public static DesiredFile Public(string path, string content, string purpose) =>
        new(path, content, FileKind.Text, 0x1A4, null, purpose); // 0644

    /// <summary>The link that has the service manager start a unit at boot.</summary>
    public static DesiredFile AtBoot(string wants, string unit) =>
        new(wants, unit, FileKind.Link, 0x1FF, null, "start at boot");

    public string Hash => HashOf(Content);

    /// <summary>Tells two contents apart. Not a cryptographic hash: only root writes the files it is taken of.</summary>
    public static string HashOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(XxHash128.Hash(content));

    public static string HashOf(string content) => HashOf(Encoding.UTF8.GetBytes(content));
}

/// <summary>Everything a roster wants on one host, before looking at what is there.</summary>
/// <param name="Files">Every file, host-wide ones first, in the order they are written.</param>
/// <param name="Accounts">The account of each user of the roster, as it is or as useradd will make it.</param>
/// <param name="Ports">Sticky ports by <see cref="PortAllocator.Key"/>.</param>
/// <param name="WithoutPort">Users whose server has no port left.</param>
public sealed record Desired(
    IReadOnlyList<DesiredFile> Files,
    IReadOnlyDictionary<string, Account> Accounts,
    IReadOnlyDictionary<string, int> Ports,
    IReadOnlySet<string> WithoutPort,
    long Reserve
)
{
    /// <summary>Everybody's way in, in the roster's order.</summary>
    public IReadOnlyList<Route> Routes { get; init; } = [];
}

/// <summary>Roster and host in, files out.</summary>
public static class DesiredFiles
{
    private const int World = 0x1A4; // 0644
    private const int RootOnly = 0x180; // 0600

    /// <summary>The memory kept for the system: the roster's, else 4 GiB, at most a quarter of the RAM.</summary>
    public static long Reserve(HostSettings host, long ram) =>
        host.Reserve?.On(ram) ?? Math.Min(4L << 30, ram / 4 / Size.Page * Size.Page);

    /// <summary>Cap of the container slice: the roster's, else a quarter of the RAM.</summary>
    public static long ContainerCap(HostSettings host, long ram) =>
        host.Containers?.On(ram) ?? ram / 4 / Size.Page * Size.Page;

    public static Desired Of(Roster roster, HostFacts facts, Manifest manifest)
    {
        var reserve = Reserve(roster.Host, facts.Ram);
        var (ports, without) = PortAllocator.Assign(roster, manifest.Ports, facts.Listeners.ContainsKey);
        var accounts = Accounts(roster, facts);
        var routes = Routes(roster, facts, accounts, ports);
        var assigned = AssignedPorts.Rules(
            routes.Where(route => route.Port > 0).Select(route => route.Port).Concat(GatewayPort(roster))
        );
        var files = new List<DesiredFile>();
        HostWide(files, roster, facts, reserve, assigned);
        GatewayFiles.Add(files, roster, facts, routes);
        HookSteps.AddFiles(files, roster, facts);
        RecorderSteps.AddFiles(files, roster, facts, accounts);
        WatchdogSteps.AddFiles(files, roster, facts, routes);
        foreach (var user in roster.Users.Where(user => !user.Removed))
            ForUser(files, roster, user, accounts[user.Name], facts, ports);
        return new Desired(files, accounts, ports, without.ToHashSet(StringComparer.Ordinal), reserve)
        {
            Routes = routes,
        };
    }

    private static IReadOnlyList<Route> Routes(
        Roster roster,
        HostFacts facts,
        IReadOnlyDictionary<string, Account> accounts,
        IReadOnlyDictionary<string, int> ports
    )
    {
        var owners = facts
            .Accounts.Values.GroupBy(account => account.Uid)
            .ToDictionary(group => group.Key, group => group.First().Name);
        return GatewayRoutes.Of(
            roster,
            accounts,
            user => user.Server is { } name ? ports.GetValueOrDefault(PortAllocator.Key(name, user.Name)) : 0,
            owners.GetValueOrDefault
        );
    }

    /// <summary>The gateway's own port is nobody's to listen on either, also while it is closed.</summary>
    private static IEnumerable<int> GatewayPort(Roster roster) =>
        PortAllocator.GatewayPort(roster) is { } port ? [port] : [];

    private static void HostWide(
        List<DesiredFile> files,
        Roster roster,
        HostFacts facts,
        long reserve,
        IReadOnlyList<string> assigned
    )
    {
        void Add(string path, string content, string purpose) => files.Add(DesiredFile.Public(path, content, purpose));

        var defaults = roster.Defaults;
        Add(
            SessionUnits.AllSlicesPath,
            SessionUnits.AllSlices(defaults.SessionMemory.On(facts.Ram), assigned, facts.Systemd),
            "cap of every person's sessions"
        );
        Add(SessionUnits.RootSlicePath, SessionUnits.RootSlice(facts.Systemd), "root's own sessions stay uncapped");
        Add(
            SessionUnits.UserScopesPath,
            SessionUnits.UserScopes(defaults.PaneMemory.On(facts.Ram), facts.Systemd),
            "cap of one pane or user scope"
        );
        if (facts.Docker)
            Add(
                Containers.SlicePath,
                Containers.SliceUnit(ContainerCap(roster.Host, facts.Ram)),
                "cap of all containers"
            );
        if (roster.Host.Backstop && facts.Earlyoom is { } earlyoom)
            Add(Backstop.Path, Backstop.DropIn(reserve, earlyoom.SortsByRss), "box-wide backstop");
        if (roster.Servers.Count > 0)
        {
            Add(
                Preload.Path,
                Preload.Unit(facts.Programs.Values.SelectMany(files => files)),
                "keeps the servers' programs out of anybody's cap"
            );
            Add(AgentUnits.Path, AgentUnits.Unit(facts.Berth), "keeps a hog from taking its server along");
            files.Add(DesiredFile.AtBoot(AgentUnits.WantsPath, AgentUnits.Path));
        }
        if (roster.Store is { } store)
            Credentials(files, facts, store);
        foreach (var server in roster.Servers.Values.OrderBy(server => server.Name, StringComparer.Ordinal))
            Add(
                ServerUnits.TemplatePath(server.Name),
                ServerUnits.Template(
                    server,
                    defaults.Memory.On(facts.Ram),
                    facts.Systemd,
                    roster.Store is not null,
                    assigned
                ),
                $"template of the {server.Name} servers"
            );
    }

    private static void Credentials(List<DesiredFile> files, HostFacts facts, StoreSettings store)
    {
        void Add(string path, string content, string purpose) => files.Add(DesiredFile.Public(path, content, purpose));
        void Enable(string path, string unit) => files.Add(DesiredFile.AtBoot(path, CredentialUnits.Path(unit)));

        Add(
            CredentialUnits.Path(CredentialUnits.Sync),
            CredentialUnits.SyncUnit(facts.Berth, store.Kind is "vault"),
            "delivers tokens"
        );
        Add(CredentialUnits.Path(CredentialUnits.Timer), CredentialUnits.TimerUnit(), "forecasts expiry");
        Add(
            CredentialUnits.Path(CredentialUnits.LoginTemplate),
            CredentialUnits.LoginUnit(facts.Berth),
            "keeps a person's logins whole"
        );
        Enable(CredentialUnits.SyncWantsPath, CredentialUnits.Sync);
        Enable(CredentialUnits.TimerWantsPath, CredentialUnits.Timer);
        if (store.Kind is "vault")
        {
            Add(
                CredentialUnits.Path(CredentialUnits.VaultSync),
                CredentialUnits.VaultSyncUnit(facts.Berth, store),
                "asks Vault about tokens"
            );
            Add(CredentialUnits.Path(CredentialUnits.Heard), CredentialUnits.HeardUnit(), "delivers what Vault said");
            Enable(CredentialUnits.VaultSyncWantsPath, CredentialUnits.VaultSync);
            Enable(CredentialUnits.HeardWantsPath, CredentialUnits.Heard);
        }
        Add(TokenFile.SnippetPath, TokenFile.Snippet, "gives login shells their owner's token");
    }

    private static void ForUser(
        List<DesiredFile> files,
        Roster roster,
        User user,
        Account account,
        HostFacts facts,
        IReadOnlyDictionary<string, int> ports
    )
    {
        void Add(string path, string content, string purpose, FileKind kind = FileKind.Text, int mode = World) =>
            files.Add(new DesiredFile(path, content, kind, mode, user.Name, purpose));

        var (uid, defaults) = (account.Uid, roster.Defaults);
        if (user.SessionMemory != defaults.SessionMemory)
            Add(
                SessionUnits.SlicePath(uid),
                SessionUnits.Slice(user.SessionMemory.On(facts.Ram)),
                "cap of their sessions"
            );
        if (user.PaneMemory != defaults.PaneMemory)
        {
            Add(
                SessionUnits.ManagerScopesPath(uid),
                SessionUnits.ManagerScopes(user.PaneMemory.On(facts.Ram)),
                "cap of one of their panes"
            );
            Add(
                SessionUnits.ManagerDropInPath(uid),
                SessionUnits.ManagerDropIn(uid),
                "where their service manager finds it"
            );
        }
        if (roster.Store is not null)
            Add(
                CredentialUnits.LoginWantsPath(user.Name),
                CredentialUnits.Path(CredentialUnits.LoginTemplate),
                "keeps their logins whole",
                FileKind.Link,
                0x1FF
            );
        if (roster.Store is not null && user.TokenFile is { } copy)
            Add(
                CredentialUnits.LoginDropInPath(user.Name),
                CredentialUnits.LoginDropIn(copy),
                $"a copy of their token in ~/{copy}"
            );
        if (user.Server is not { } name || !ports.TryGetValue(PortAllocator.Key(name, user.Name), out var port))
            return;
        var server = roster.Servers[name];
        var secrets = Presets.For(server).Secrets;
        Add(ServerUnits.EnvironmentPath(name, user.Name), ServerUnits.EnvironmentFile(server, port), $"port {port}");
        if (secrets.Count > 0)
            Add(
                ServerUnits.SecretPath(name, user.Name),
                string.Join('\n', secrets),
                "generated password",
                FileKind.Secret,
                RootOnly
            );
        Add(
            ServerUnits.DropInPath(name, user.Name),
            ServerUnits.InstanceDropIn(server, user, account, port, user.Memory.On(facts.Ram), facts.Systemd),
            $"cap {Size.Show(user.Memory.On(facts.Ram))}"
        );
        if (user.Serves)
            Add(
                ServerUnits.WantsPath(name, user.Name),
                ServerUnits.TemplatePath(name),
                "start at boot",
                FileKind.Link,
                0x1FF
            );
    }

    /// <summary>Accounts as they are; for a new one the uid that useradd is told to use: the roster's, else the next
    /// free one from 1000.</summary>
    private static Dictionary<string, Account> Accounts(Roster roster, HostFacts facts)
    {
        var accounts = new Dictionary<string, Account>(StringComparer.Ordinal);
        var used = facts.Accounts.Values.Select(account => account.Uid).ToHashSet();
        used.UnionWith(roster.Users.Where(user => user.Uid is not null).Select(user => user.Uid!.Value));
        var next = 1000;
        foreach (var user in roster.Users)
        {
            if (facts.Accounts.TryGetValue(user.Name, out var account))
            {
                accounts[user.Name] = account;
                continue;
            }
            while (user.Uid is null && used.Contains(next))
                next++;
            accounts[user.Name] = Account.New(user.Name, user.Uid ?? next);
            used.Add(user.Uid ?? next);
        }
        return accounts;
    }
}
