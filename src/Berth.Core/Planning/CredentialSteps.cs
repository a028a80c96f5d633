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
        foreach (var unit in gone)
            draft.Steps.Add(new WithdrawToken(ServerUnits.UserOf(unit)));
        var all = manifest.Unfinished || changed.Contains(CredentialUnits.Path(CredentialUnits.LoginTemplate));
        var units = people
            .Where(user =>
                all
                || changed.Contains(CredentialUnits.LoginWantsPath(user.Name))
                || changed.Contains(CredentialUnits.LoginDropInPath(user.Name))
            )
            .Select(user => CredentialUnits.Login(user.Name))
            .ToList();
        string[] vault = roster.Store.Kind is "vault" ? [CredentialUnits.VaultSync, CredentialUnits.Heard] : [];
        if (vault.Length == 0 && manifest.Files.ContainsKey(CredentialUnits.Path(CredentialUnits.VaultSync)))
            draft.Steps.Add(new StopOwnUnits([CredentialUnits.Heard, CredentialUnits.VaultSync]));
        if (
            units.Count > 0
            || gone.Count > 0
            || ((string[])[CredentialUnits.Sync, .. vault]).Any(unit => changed.Contains(CredentialUnits.Path(unit)))
        )
            draft.Steps.Add(new StartOwnUnits([.. vault, CredentialUnits.Sync, CredentialUnits.Timer, .. units]));
    }

    /// <summary>Ends it all; what the store holds stays.</summary>
    public static void AddEnd(PlanDraft draft, Manifest manifest)
    {
        if (!manifest.Files.ContainsKey(CredentialUnits.Path(CredentialUnits.Sync)))
            return;
        string[] vault = manifest.Files.ContainsKey(CredentialUnits.Path(CredentialUnits.VaultSync))
            ? [CredentialUnits.Heard, CredentialUnits.VaultSync]
            : [];
        draft.Steps.Add(
            new StopOwnUnits([CredentialUnits.Timer, .. vault, .. manifest.Files.Keys.Where(IsLogin).Select(UnitOf)])
        );
        draft.Steps.Add(new WithdrawTokens());
        draft.Notes.Add(
            "tokens that people were given stay, for root alone, in /var/lib/berth; running servers keep theirs until they restart"
        );
    }

    private static bool IsLogin(string path) => path.StartsWith(LoginWants, StringComparison.Ordinal);

    private static string UnitOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
