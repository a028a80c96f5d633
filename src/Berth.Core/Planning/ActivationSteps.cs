using Berth.Containment;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>What makes the running system take new values, without a restart of anything a person uses. Decided from
/// the kernel's live caps as well as from the files, so that an apply that was cut short is completed.</summary>
internal static class ActivationSteps
{
    public static void Add(PlanDraft draft, Roster roster, HostFacts facts, Desired desired, Manifest manifest)
    {
        GatewaySteps.AddAccount(draft, roster, facts, manifest);
        if (!facts.Live)
            return;
        var changed = draft
            .Steps.Where(step => !draft.IsBlocked(step.User))
            .Select(step =>
                step switch
                {
                    WriteFile write => write.File.Path,
                    RemoveFile remove => remove.Path,
                    _ => "",
                }
            )
            .ToHashSet(StringComparer.Ordinal);
        var systemChanged = changed.Any(path => path.StartsWith(ServerUnits.SystemFolder, StringComparison.Ordinal));
        if (systemChanged || manifest.Unfinished)
            draft.Steps.Add(new ReloadSystemd(roster.Servers.Count > 0 && facts.Systemd >= SessionUnits.BindRules));
        var allManagers = changed.Contains(SessionUnits.UserScopesPath) || manifest.Unfinished;
        Cap(draft, facts.Surfaces.Containers, DesiredFiles.ContainerCap(roster.Host, facts.Ram));
        foreach (var user in roster.Users)
            ForUser(draft, user, facts, desired.Accounts[user.Name].Uid, changed, allManagers);
        GatewaySteps.AddStarts(draft, roster, facts, desired, manifest, changed);
        CredentialSteps.Add(draft, roster, manifest, changed);
        HookSteps.Add(draft, roster, manifest, changed);
        if (changed.Contains(AgentUnits.Path))
            draft.Steps.Add(new StartOwnUnits([AgentUnits.Service]));
        RecorderSteps.AddStart(draft, facts, changed);
        WatchdogSteps.AddStart(draft, facts, changed);
        if (changed.Contains(Preload.Path))
            draft.Steps.Add(new RestartPreload());
        if (
            facts.Earlyoom is not null
            && (changed.Contains(Backstop.Path) || (manifest.Unfinished && roster.Host.Backstop))
        )
            draft.Steps.Add(new RestartBackstop());
    }

    private static void ForUser(
        PlanDraft draft,
        User user,
        HostFacts facts,
        int uid,
        HashSet<string> changed,
        bool allManagers
    )
    {
        if (
            user.Serves
            && facts.Surfaces.Servers.TryGetValue(ServerUnits.UnitName(user.Server!, user.Name), out var server)
        )
            Cap(draft, user, "the running server", [server], user.Memory.On(facts.Ram));
        if (!user.Removed && facts.Surfaces.Slices.TryGetValue(uid, out var slice))
            Cap(
                draft,
                user,
                "open sessions",
                [new SurfaceFact($"user.slice/{SessionUnits.SliceName(uid)}", slice)],
                user.SessionMemory.On(facts.Ram)
            );
        if (!facts.Surfaces.Managers.Contains(uid))
            return;
        if (
            allManagers
            || changed.Contains(SessionUnits.ManagerScopesPath(uid))
            || changed.Contains(SessionUnits.ManagerDropInPath(uid))
        )
            draft.Steps.Add(new ReloadManager(user.Name, uid));
        Cap(
            draft,
            user,
            "open panes",
            facts.Surfaces.Panes.GetValueOrDefault(uid) ?? [],
            user.PaneMemory.On(facts.Ram)
        );
    }

    private static void Cap(PlanDraft draft, User user, string surface, IReadOnlyList<SurfaceFact> live, long cap)
    {
        var stale = live.Where(fact => fact.Cap != cap).Select(fact => fact.Cgroup).ToList();
        if (stale.Count > 0)
            draft.Steps.Add(new SetCap(user.Name, $"{user.Name}'s {surface}", stale, cap));
    }

    private static void Cap(PlanDraft draft, long? containers, long cap)
    {
        if (containers is { } live && live != cap)
            draft.Steps.Add(new SetCap(null, "all containers", [$"berth.slice/{Containers.Slice}"], cap));
    }
}
