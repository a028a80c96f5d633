using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Starting and ending what keeps people signed in.</summary>
internal static class CredentialSteps
{
    private const string LoginWants = $"{ServerUnits.SystemFolder}/multi-user.target.wants/berth-login@";

    public static void Add(PlanDraft draft, Roster roster, Manifest manifest, HashSet<string> changed)
    {
        if (roster.Store is null)
        {
            if (manifest.Files.ContainsKey(CredentialUnits.Path(CredentialUnits.Sync)))
                AddEnd(draft, manifest);
            return;
        }
        var people = roster.Users.Where(user => !user.Removed && !draft.IsBlocked(user.Name)).ToList();
        var wanted = people.Select(user => CredentialUnits.LoginWantsPath(user.Name)).ToHashSet(StringComparer.Ordinal);
        var gone = manifest.Files.Keys.Where(path => IsLogin(path) && !wanted.Contains(path)).Select(UnitOf).ToList();
        if (gone.Count > 0)
            draft.Steps.Add(new StopOwnUnits(gone));
        var all = manifest.Unfinished || changed.Contains(CredentialUnits.Path(CredentialUnits.LoginTemplate));
        var units = people
            .Where(user => all || changed.Contains(CredentialUnits.LoginWantsPath(user.Name)))
            .Select(user => CredentialUnits.Login(user.Name))
            .ToList();
        if (units.Count > 0 || gone.Count > 0 || changed.Contains(CredentialUnits.Path(CredentialUnits.Sync)))
            draft.Steps.Add(new StartOwnUnits([CredentialUnits.Sync, CredentialUnits.Timer, .. units]));
    }

    /// <summary>Ends it all; what the store holds stays.</summary>
    public static void AddEnd(PlanDraft draft, Manifest manifest)
    {
        if (!manifest.Files.ContainsKey(CredentialUnits.Path(CredentialUnits.Sync)))
            return;
        draft.Steps.Add(
            new StopOwnUnits([CredentialUnits.Timer, .. manifest.Files.Keys.Where(IsLogin).Select(UnitOf)])
        );
        draft.Steps.Add(new WithdrawTokens());
        draft.Notes.Add(
            "tokens that people were given stay, for root alone, in /var/lib/berth/credentials; running servers keep theirs until they restart"
        );
    }

    private static bool IsLogin(string path) => path.StartsWith(LoginWants, StringComparison.Ordinal);

    private static string UnitOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
