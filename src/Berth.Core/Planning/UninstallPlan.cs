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
        foreach (var unit in facts.Surfaces.Servers.Keys.Order(StringComparer.Ordinal))
            draft.Steps.Add(new StopServer(ServerSteps.UserOf(unit), unit));
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
            foreach (
                var (name, account) in facts.Accounts.Where(pair => facts.Surfaces.Managers.Contains(pair.Value.Uid))
            )
                draft.Steps.Add(new ReloadManager(name, account.Uid));
            if (manifest.Files.ContainsKey(Backstop.Path) && facts.Earlyoom is not null)
                draft.Steps.Add(new RestartBackstop());
        }
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
