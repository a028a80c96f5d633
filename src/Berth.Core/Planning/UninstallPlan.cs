using Berth.Containment;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>The way back: exactly what the manifest lists is taken away; accounts and homes stay.</summary>
public static class UninstallPlan
{
    public static Plan Of(
        HostFacts facts,
        IReadOnlyDictionary<string, FileFact> files,
        Manifest manifest,
        PlanOptions options
    )
    {
        var draft = new PlanDraft();
        WatchdogSteps.AddEnd(draft, facts, manifest);
        foreach (var unit in facts.Surfaces.Servers.Keys.Order(StringComparer.Ordinal))
            draft.Steps.Add(new StopServer(ServerUnits.UserOf(unit), unit));
        if (facts.Live && manifest.Files.ContainsKey(Preload.Path))
            draft.Steps.Add(new StopOwnUnits([AgentUnits.Service, Preload.Service, ServerUnits.Slice]));
        if (facts.Live)
        {
            GatewaySteps.AddEndStops(draft, manifest);
            CredentialSteps.AddEnd(draft, manifest);
            HookSteps.AddStop(draft, manifest);
        }
        RecorderSteps.AddEnd(draft, facts, manifest);
        foreach (
            var (name, _) in manifest
                .Accounts.Where(pair => pair.Value.Locked)
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        )
        {
            if (facts.Accounts.ContainsKey(name))
                draft.Steps.Add(new SetLock(name, false));
        }
        foreach (var (path, managed) in manifest.Files.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            FileSteps.AddUnwanted(draft, path, managed, files.GetValueOrDefault(path), options);
        if (manifest.Files.ContainsKey(Containers.DaemonPath) && Containers.Unmerge(facts.DockerConfig) is { } config)
            draft.Steps.Add(new UnmergeDocker(config));
        if (facts.Live && !manifest.IsEmpty)
        {
            draft.Steps.Add(new ReloadSystemd());
            LiftCaps(draft, facts);
            GatewaySteps.DropFence(draft, facts, manifest);
            foreach (
                var (name, account) in facts.Accounts.Where(pair => facts.Surfaces.Managers.Contains(pair.Value.Uid))
            )
                draft.Steps.Add(new ReloadManager(name, account.Uid));
            if (manifest.Files.ContainsKey(Backstop.Path) && facts.Earlyoom is not null)
                draft.Steps.Add(new RestartBackstop());
        }
        GatewaySteps.DropGateway(draft, facts, manifest);
        if (manifest.Accounts.Values.Any(account => account.Created))
            draft.Notes.Add(
                "accounts that Berth created stay, with their homes ('berth users purge NAME' removes one, after an archive)"
            );
        return new Plan(
            [.. draft.Steps.OrderBy(step => step.Phase)],
            [],
            draft.Problems,
            draft.Drift,
            draft.Notes,
            new Capacity(facts.Ram, 0, [], false),
            draft.Drift.Count == 0 ? Manifest.Empty : Kept(manifest, draft)
        );
    }

    /// <summary>systemd leaves the kernel's value of a running slice or scope alone when a cap is gone from the files
    /// (seen on 257): it is lifted here. root's slice never had one.</summary>
    private static void LiftCaps(PlanDraft draft, HostFacts facts)
    {
        foreach (var (uid, cap) in facts.Surfaces.Slices.Where(slice => slice.Key != 0))
        {
            var name = facts.Accounts.Values.FirstOrDefault(account => account.Uid == uid)?.Name ?? $"uid {uid}";
            var capped = (facts.Surfaces.Panes.GetValueOrDefault(uid) ?? [])
                .Where(pane => pane.Cap != HostFacts.Unlimited)
                .Select(pane => pane.Cgroup);
            if (cap != HostFacts.Unlimited)
                capped = capped.Append($"user.slice/{SessionUnits.SliceName(uid)}");
            if (capped.ToList() is { Count: > 0 } cgroups)
                draft.Steps.Add(new SetCap(name, $"{name}'s sessions", cgroups, HostFacts.Unlimited));
        }
    }

    /// <summary>What is left to remember when hand-edited files stay behind.</summary>
    private static Manifest Kept(Manifest manifest, PlanDraft draft) =>
        Manifest.Empty with
        {
            Files = manifest
                .Files.Where(pair => draft.Drift.Any(drift => drift.Path == pair.Key))
                .ToDictionary(StringComparer.Ordinal),
            Folders = manifest.Folders,
            Ports = manifest.Ports,
        };
}
