using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Hosts and rosters for planning, as values.</summary>
internal static class Hosts
{
    public const string TeamText = """
        host: {reserve: 4G}
        servers: {t3: {preset: t3, ports: 3773-}}
        defaults: {memory: 4G, session-memory: 3G, pane-memory: 2G}
        users:
          alice: {login: alice@example.com, admin: true, memory: 6G}
          bob: {login: bob@example.com, pane-memory: 1G}
          carol: {login: carol@example.com, parked: true}
        """;

    public static Roster Team { get; } = RosterReaderTests.Good(TeamText);

    /// <summary>A Debian 13 with 32 GiB on which nothing has been done yet.</summary>
    public static HostFacts Bare { get; } =
        new(
            32L << 30,
            257,
            true,
            0,
            new Dictionary<string, Account>
            {
                ["root"] = new("root", 0, "root", "/root", "/bin/bash", false),
                ["mail"] = new("mail", 8, "mail", "/var/mail", "/usr/sbin/nologin", false),
            },
            new Dictionary<string, IReadOnlySet<string>> { ["docker"] = new HashSet<string>() },
            new Dictionary<string, HomeFact>(),
            new Dictionary<int, int>(),
            false,
            null,
            new EarlyoomFact(true),
            new Dictionary<string, IReadOnlyList<string>> { ["t3"] = ["/usr/bin/t3", "/usr/bin/node"] },
            LiveSurfaces.None
        )
        {
            Firewall = new FirewallFact(true, ""),
        };

    public static HostFacts With(this HostFacts facts, Account account, HomeFact? home = null) =>
        facts with
        {
            Accounts = new Dictionary<string, Account>(facts.Accounts) { [account.Name] = account },
            Homes = new Dictionary<string, HomeFact>(facts.Homes)
            {
                [account.Home] = home ?? new HomeFact(HomeKind.Folder, account.Uid, 0x1C0),
            },
        };

    public static Account Person(string name, int uid) => new(name, uid, name, $"/home/{name}", "/bin/bash", false);

    /// <summary>Files exactly as an apply of this roster would leave them.</summary>
    public static Dictionary<string, FileFact> Written(Desired desired) =>
        desired.Files.ToDictionary(
            file => file.Path,
            file => new FileFact(file.Kind is FileKind.Link ? FileKind.Link : FileKind.Text, file.Hash, file.Mode, 0)
        );

    /// <summary>The host after a complete apply: what each step promises has come true.</summary>
    public static (HostFacts Facts, Dictionary<string, FileFact> Files, Manifest Manifest) Applied(
        Roster roster,
        HostFacts facts,
        Manifest manifest
    )
    {
        var plan = Plan(roster, facts, [], manifest);
        var desired = DesiredFiles.Of(roster, facts, manifest);
        foreach (var account in desired.Accounts.Values)
            facts = facts.With(account);
        var running = roster
            .Users.Where(user => user.Serves)
            .ToDictionary(
                user => ServerUnits.UnitName(user.Server!, user.Name),
                user => new SurfaceFact("x", user.Memory.On(facts.Ram))
            );
        if (plan.Steps.OfType<MakeSystemAccount>().Any())
            facts = facts.With(new Account("berth-gateway", 997, "berth-gateway", "/", "/usr/sbin/nologin", false));
        facts = facts with
        {
            Firewall = new FirewallFact(
                true,
                roster.Servers.Count == 0
                    ? ""
                    : LoadedTable.Wanted(Fence.Of(desired.Routes, roster.Gateway is not null))
            ),
            OwnUnits = roster.Gateway is null
                ? new HashSet<string> { "berth-recorder.service", "berth-watchdog.service" }
                : new HashSet<string>
                {
                    "berth-recorder.service",
                    "berth-watchdog.service",
                    "berth-gateway.service",
                    "berth.service",
                },
            Surfaces = facts.Surfaces with { Servers = running },
            Listeners = roster
                .Users.Where(user => user.Serves)
                .ToDictionary(
                    user => desired.Ports[PortAllocator.Key(user.Server!, user.Name)],
                    user => desired.Accounts[user.Name].Uid
                ),
        };
        return (facts, Written(DesiredFiles.Of(roster, facts, plan.Next)), plan.Next);
    }

    public static Plan Plan(
        Roster roster,
        HostFacts facts,
        Dictionary<string, FileFact>? files = null,
        Manifest? manifest = null,
        PlanOptions? options = null
    )
    {
        var before = manifest ?? Manifest.Empty;
        return Planner.Of(
            roster,
            facts,
            DesiredFiles.Of(roster, facts, before),
            files ?? [],
            before,
            options ?? new PlanOptions()
        );
    }
}
