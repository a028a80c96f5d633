using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Starting, stopping and (only where asked for) restarting servers.</summary>
internal static class ServerSteps
{
    /// <summary>Stops what the roster no longer wants to run: servers of parked, removed and unlisted people, and a
    /// server that a person no longer has.</summary>
    public static void AddStops(PlanDraft draft, Roster roster, HostFacts facts, Desired desired, Manifest manifest)
    {
        var wanted = roster
            .Users.Where(user => user.Serves)
            .Select(user => ServerUnits.UnitName(user.Server!, user.Name))
            .ToHashSet(StringComparer.Ordinal);
        var listed = roster.Users.Select(user => user.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var unit in facts.Surfaces.Servers.Keys.Order(StringComparer.Ordinal))
        {
            var name = ServerUnits.UserOf(unit);
            // A server of somebody whom Berth never looked after is not Berth's to stop.
            if (!wanted.Contains(unit) && (listed.Contains(name) || manifest.Accounts.ContainsKey(name)))
                draft.Steps.Add(new StopServer(name, unit));
        }
        foreach (var user in roster.Users.Where(user => user.Removed))
            EndSessions(draft, facts, user.Name);
        foreach (var (name, account) in manifest.Accounts.Where(pair => !listed.Contains(pair.Key)))
            AddUnlisted(draft, facts, name, account);
    }

    /// <summary>Somebody who was taken out of the roster: an account that Berth made is cut off like a removed one. One
    /// that was there before stays open, or commenting oneself out would lock oneself out.</summary>
    private static void AddUnlisted(PlanDraft draft, HostFacts facts, string name, ManagedAccount account)
    {
        if (!facts.Accounts.TryGetValue(name, out var known) || known.Expired != false)
            return;
        if (!account.Created)
        {
            draft.Notes.Add(
                $"{name} is no longer in the roster; the account was there before Berth and stays open ('removed: true' locks it)"
            );
            return;
        }
        EndSessions(draft, facts, name);
        draft.Steps.Add(new SetLock(name, true));
    }

    public static void AddStarts(
        PlanDraft draft,
        Roster roster,
        HostFacts facts,
        Desired desired,
        Manifest manifest,
        PlanOptions options
    )
    {
        foreach (var user in roster.Users.Where(user => user.Serves))
        {
            var server = roster.Servers[user.Server!];
            if (desired.WithoutPort.Contains(user.Name))
            {
                draft.Warn(
                    user.Name,
                    $"no free port left in {server.Ports} for {server.Name}",
                    $"widen 'ports:' of {server.Name}"
                );
                continue;
            }
            var account = desired.Accounts[user.Name];
            var port = desired.Ports[PortAllocator.Key(server.Name, user.Name)];
            var unit = ServerUnits.UnitName(server.Name, user.Name);
            var running = facts.Surfaces.Servers.ContainsKey(unit);
            if (facts.Listeners.TryGetValue(port, out var owner) && !(owner == account.Uid && running))
            {
                var who = facts.Accounts.Values.FirstOrDefault(other => other.Uid == owner)?.Name ?? $"uid {owner}";
                draft.Warn(
                    user.Name,
                    $"port {port} is taken by a process of {who}",
                    $"stop it (ss -ltnp sport = :{port}), or give {user.Name} another 'port:'"
                );
                continue;
            }
            if (!facts.Live)
                continue;
            var hash = DesiredFile.HashOf(ServerUnits.LaunchText(server, user, account, port));
            if (!running)
                draft.Steps.Add(new StartServer(user.Name, unit, hash, port));
            else if (manifest.Launched.TryGetValue(unit, out var before) && before != hash)
                (options.Restart ? draft.Steps : draft.Waiting).Add(new RestartServer(user.Name, unit, hash, port));
        }
    }

    private static void EndSessions(PlanDraft draft, HostFacts facts, string user)
    {
        if (facts.Accounts.TryGetValue(user, out var account) && facts.Surfaces.Slices.ContainsKey(account.Uid))
            draft.Steps.Add(new EndSessions(user, account.Uid));
    }
}
