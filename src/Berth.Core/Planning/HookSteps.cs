using Berth.Hooks;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Files, start and end of what tells hooks of incidents.</summary>
internal static class HookSteps
{
    private const int RootOnly = 0x180; // 0600

    public static void AddFiles(List<DesiredFile> files, Roster roster, HostFacts facts)
    {
        if (roster.Hooks.Count == 0)
            return;
        files.Add(
            new DesiredFile(
                HookConfig.Path,
                new HookConfig(roster.Hooks).ToJson(),
                FileKind.Text,
                RootOnly,
                null,
                "whom incidents are told to"
            )
        );
        files.Add(DesiredFile.Public(HookUnits.Path, HookUnits.Unit(facts.Berth), "tells them"));
        files.Add(DesiredFile.AtBoot(HookUnits.WantsPath, HookUnits.Path));
    }

    public static void Add(PlanDraft draft, Roster roster, Manifest manifest, HashSet<string> changed)
    {
        if (roster.Hooks.Count == 0)
            AddStop(draft, manifest);
        else if (changed.Contains(HookUnits.Path) || changed.Contains(HookConfig.Path) || manifest.Unfinished)
            draft.Steps.Add(new StartOwnUnits([HookUnits.Service]));
    }

    public static void AddStop(PlanDraft draft, Manifest manifest)
    {
        if (manifest.Files.ContainsKey(HookUnits.Path))
            draft.Steps.Add(new StopOwnUnits([HookUnits.Service]));
    }
}
