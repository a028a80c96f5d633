using Berth.Recording;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>The recorder's files, its start and its end.</summary>
internal static class RecorderSteps
{
    public static void AddFiles(
        List<DesiredFile> files,
        Roster roster,
        HostFacts facts,
        IReadOnlyDictionary<string, Account> accounts
    )
    {
        var people = roster.Users.Where(user => !user.Removed).ToList();
        var config = new RecorderConfig([
            .. people.Select(user => new RecordedUser(
                user.Name,
                accounts[user.Name].Uid,
                accounts[user.Name].Home,
                user.KillsLeaf
            )),
        ])
        {
            Reserve = DesiredFiles.Reserve(roster.Host, facts.Ram),
        };
        files.Add(DesiredFile.Public(RecorderConfig.Path, config.ToJson(), "whose processes are followed"));
        files.Add(
            DesiredFile.Public(
                RecorderUnits.Path,
                RecorderUnits.Unit(
                    facts.Berth,
                    people.Any(user => user.KillsLeaf),
                    roster.Store is not null,
                    roster.Gateway is not null
                ),
                "explains every kill"
            )
        );
        files.Add(DesiredFile.AtBoot(RecorderUnits.WantsPath, RecorderUnits.Path));
    }

    /// <summary>Who is followed is taken up by itself; only a changed unit starts it anew, and that loses nothing.</summary>
    public static void AddStart(PlanDraft draft, HostFacts facts, HashSet<string> changed)
    {
        if (changed.Contains(RecorderUnits.Path) || !facts.OwnUnits.Contains(RecorderUnits.Service))
            draft.Steps.Add(new StartOwnUnits([RecorderUnits.Service]));
    }

    public static void AddEnd(PlanDraft draft, HostFacts facts, Manifest manifest)
    {
        if (!manifest.Files.ContainsKey(RecorderUnits.Path))
            return;
        if (facts.Live)
            draft.Steps.Add(new StopOwnUnits([RecorderUnits.Service]));
        draft.Steps.Add(new RemoveRecords());
    }
}
