using Berth.Containment;
using Berth.Gateway;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>(Roster, HostFacts, files, manifest) → Plan. Pure: the same input gives the same plan, and a plan made
/// after a full apply is empty.</summary>
public static class Planner
{
    /// <param name="roster">What is wanted.</param>
    /// <param name="facts">What the host is.</param>
    /// <param name="desired">The files of <paramref name="roster"/> on this host.</param>
    /// <param name="files">What stands at each path of the desired files and of the manifest; absent means nothing.</param>
    /// <param name="manifest">What Berth did before.</param>
    /// <param name="options">What may be overwritten and restarted.</param>
    public static Plan Of(
        Roster roster,
        HostFacts facts,
        Desired desired,
        IReadOnlyDictionary<string, FileFact> files,
        Manifest manifest,
        PlanOptions options
    )
    {
        var draft = new PlanDraft();
        var capacity = Capacity.Of(roster, facts);
        HostProblems(draft, roster, facts, capacity);
        AccountSteps.Add(draft, roster, facts, desired, manifest);
        GatewaySteps.AddStops(draft, roster, facts, manifest);
        ServerSteps.AddStops(draft, roster, facts, desired, manifest);
        FileSteps.Add(draft, facts, desired, files, manifest, options);
        ActivationSteps.Add(draft, roster, facts, desired, manifest);
        ServerSteps.AddStarts(draft, roster, facts, desired, manifest, options);
        Notes(draft, roster, facts, capacity);
        var steps = draft.Steps.Where(step => !draft.IsBlocked(step.User)).OrderBy(step => step.Phase).ToList();
        return new Plan(
            steps,
            draft.Waiting.Where(step => !draft.IsBlocked(step.User)).ToList(),
            draft.Problems,
            draft.Drift,
            draft.Notes,
            capacity,
            NextManifest(roster, desired, manifest, draft, steps)
        );
    }

    private static void HostProblems(PlanDraft draft, Roster roster, HostFacts facts, Capacity capacity)
    {
        if (facts.Systemd is > 0 and < 247)
            draft.Refuse($"systemd {facts.Systemd} is too old", "Berth needs 247 or newer (Debian 11)");
        if (facts is { Systemd: 0, Live: true })
            draft.Refuse("this host does not run systemd", "use 'berth up' for a try-out in the foreground");
        if (facts.Systemd is > 0 and < 250 && roster.Store is { Kind: "vault" })
            draft.Refuse(
                $"systemd {facts.Systemd} cannot hand store tokens to berth-sync",
                "use 'store: {kind: local}', or systemd 250 or newer (Debian 12)"
            );
        if (roster.Gateway is not null && !facts.Firewall.Installed)
            draft.Refuse(
                "nftables is not installed: every local user would reach everybody's server past the gateway",
                "apt install nftables"
            );
        if (capacity.Overcommitted && !roster.Host.Overcommit)
            draft.Refuse(
                $"caps and reserve add up to {Size.Show(capacity.Caps + capacity.Reserve)} of {Size.Show(facts.Ram)} RAM ({capacity.Ratio:0%})",
                "lower the memory of some users, or accept it with 'overcommit: true' below 'host:'"
            );
    }

    private static void Notes(PlanDraft draft, Roster roster, HostFacts facts, Capacity capacity)
    {
        if (roster.Host.Backstop && facts.Earlyoom is null)
            draft.Notes.Add(
                "earlyoom is not installed: there is no box-wide backstop behind the caps (apt install earlyoom, then apply again)"
            );
        foreach (var row in capacity.NeverBinding.DistinctBy(row => row.Cap))
            draft.Notes.Add(
                $"a cap of {Size.Show(row.Cap)} ({row.Owner}'s {row.Kind}) is more than RAM minus reserve: the box runs out of memory before it binds"
            );
        foreach (
            var server in roster.Servers.Values.Where(server =>
                facts.Programs.GetValueOrDefault(server.Name) is not { Count: > 0 }
            )
        )
            draft.Notes.Add(
                $"{Servers.Presets.For(server).Command[0]} is not installed on this host: the {server.Name} servers will not start until it is"
            );
        Reach(draft, roster, facts);
        if (roster.Store is not null && facts.ZshWithoutToken)
            draft.Notes.Add(
                $"zsh does not read /etc/profile.d: for zsh users add to /etc/zsh/zprofile: emulate sh -c '. {Credentials.TokenFile.SnippetPath}'"
            );
        if (facts.Systemd is > 0 and < 253)
            draft.Notes.Add(
                $"systemd {facts.Systemd} has no OOMPolicy for scopes (253): docs/adr/0004 says what holds here"
            );
    }

    /// <summary>Who can reach whose server, where that is more than the gateway and its owner.</summary>
    private static void Reach(PlanDraft draft, Roster roster, HostFacts facts)
    {
        foreach (var server in roster.Servers.Values.Where(server => !Fence.IsLoopback(server.Host)))
            draft.Notes.Add(
                roster.Gateway is null
                    ? $"{server.Name} listens on {server.Host}: anybody who reaches this host reaches the servers"
                    : $"{server.Name} listens on {server.Host}, and the firewall lets nobody in there: people come through the gateway"
            );
        if (roster.Servers.Count > 0 && roster.Gateway is null && !facts.Firewall.Installed)
            draft.Notes.Add(
                "nftables is not installed: every local user reaches everybody's server (apt install nftables, then apply again)"
            );
        foreach (var path in facts.NotHanded)
            draft.Notes.Add(
                $"{path} is not there: {GatewayUnits.Service} does not start, and nobody comes in, until it is"
            );
        if (PortAllocator.GatewayPort(roster) is { } port && facts.Listeners.TryGetValue(port, out var uid) && uid != 0)
        {
            var who = facts.Accounts.Values.FirstOrDefault(account => account.Uid == uid)?.Name ?? $"uid {uid}";
            draft.Notes.Add(
                $"port {port}, where people are to come in, is taken by a process of {who}: {GatewayUnits.People} opens once it has ended (ss -ltnp sport = :{port})"
            );
        }
    }

    private static Manifest NextManifest(
        Roster roster,
        Desired desired,
        Manifest before,
        PlanDraft draft,
        List<Step> steps
    )
    {
        var files = before.Files.ToDictionary(StringComparer.Ordinal);
        foreach (var (path, hash) in draft.Adopted)
            files[path] = files[path] with { Hashes = [hash] };
        foreach (var step in steps)
        {
            if (step is WriteFile { File: var file, Change: var change })
                files[file.Path] = new ManagedFile(
                    file.Kind,
                    [file.Hash],
                    change is FileChange.Replace || files.GetValueOrDefault(file.Path) is { Original: true },
                    file.User
                );
            else if (step is RemoveFile { Path: var path })
                files.Remove(path);
        }
        foreach (var path in draft.Forgotten)
            files.Remove(path);
        var accounts = before.Accounts.ToDictionary(StringComparer.Ordinal);
        foreach (var user in roster.Users.Where(user => !draft.IsBlocked(user.Name)))
            accounts[user.Name] = new ManagedAccount(
                steps.OfType<CreateAccount>().Any(step => step.Name == user.Name)
                    || accounts.GetValueOrDefault(user.Name) is { Created: true },
                user.Removed
            );
        foreach (var step in steps.OfType<SetLock>().Where(step => accounts.ContainsKey(step.Name)))
            accounts[step.Name] = accounts[step.Name] with { Locked = step.Locked };
        var launched = before.Launched.ToDictionary(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            if (step is StartServer start)
                launched[start.Unit] = start.LaunchHash;
            else if (step is RestartServer restart)
                launched[restart.Unit] = restart.LaunchHash;
            else if (step is StopServer stop)
                launched.Remove(stop.Unit);
        }
        return before with
        {
            Files = files,
            Ports = desired.Ports,
            Accounts = accounts,
            Launched = launched,
            SystemAccounts = SystemAccounts(before, steps),
            Unfinished = false,
        };
    }

    private static IReadOnlyList<string> SystemAccounts(Manifest before, List<Step> steps)
    {
        var accounts = before.SystemAccounts.Union(
            steps.OfType<MakeSystemAccount>().Select(step => step.Account),
            StringComparer.Ordinal
        );
        return steps.Any(step => step is RemoveGatewayState { Account: true })
            ? [.. accounts.Where(account => account != GatewayUnits.Account)]
            : [.. accounts];
    }
}
