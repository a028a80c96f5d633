using Berth.Rosters;

namespace Berth.Planning;

/// <summary>Accounts, groups and homes: only ever added to.</summary>
internal static class AccountSteps
{
    public static void Add(PlanDraft draft, Roster roster, HostFacts facts, Desired desired, Manifest manifest)
    {
        var owners = facts
            .Accounts.Values.GroupBy(account => account.Uid)
            .ToDictionary(group => group.Key, group => group.First().Name);
        foreach (var user in roster.Users)
        {
            if (facts.Accounts.TryGetValue(user.Name, out var account))
                Existing(draft, user, account, facts, manifest);
            else if (user.Removed)
                continue;
            else if (owners.TryGetValue(desired.Accounts[user.Name].Uid, out var owner))
                draft.Block(
                    user.Name,
                    $"uid {user.Uid} belongs to {owner}",
                    "give another uid, or none for the next free one"
                );
            else
                draft.Steps.Add(
                    new CreateAccount(user.Name, desired.Accounts[user.Name].Uid, desired.Accounts[user.Name].Home)
                );
            if (!user.Removed)
                Groups(draft, user, facts);
        }
    }

    private static void Existing(PlanDraft draft, User user, Units.Account account, HostFacts facts, Manifest manifest)
    {
        if (user.Uid is { } uid && uid != account.Uid)
        {
            draft.Block(
                user.Name,
                $"the account exists with uid {account.Uid}, the roster says {uid}",
                $"write 'uid: {account.Uid}' or drop the key; Berth does not renumber accounts"
            );
            return;
        }
        if (account.Uid < 1000)
        {
            draft.Block(user.Name, $"is a system account (uid {account.Uid})", "choose the name of a person");
            return;
        }
        if (user.Removed && account.Expired == false)
            draft.Steps.Add(new SetLock(user.Name, true));
        else if (!user.Removed && account.Expired == true)
            Expired(draft, user.Name, manifest);
        if (user.Removed)
            return;
        var home = facts.Homes.GetValueOrDefault(account.Home) ?? new HomeFact(HomeKind.Missing, -1, 0);
        if (home.Kind is HomeKind.Missing)
            draft.Steps.Add(new CreateHome(user.Name, account.Home, account.Uid));
        else if (home.Kind is HomeKind.SymbolicLink)
            draft.Block(
                user.Name,
                $"home {account.Home} is a symbolic link",
                $"Berth follows no link as root: point the account at the real folder (usermod --home FOLDER {user.Name})"
            );
        else if (home.Kind is HomeKind.Other)
            draft.Block(
                user.Name,
                $"home {account.Home} is not a folder",
                $"point the account at a folder (usermod --home FOLDER {user.Name})"
            );
        else if (home.Uid != account.Uid)
            draft.Block(
                user.Name,
                $"home {account.Home} belongs to uid {home.Uid}, not to {user.Name} ({account.Uid})",
                "give the folder to its owner, or the account another home"
            );
        else if ((home.Mode & 0x3F) != 0)
            draft.Steps.Add(new CloseHome(user.Name, account.Home, account.Uid, home.Mode));
    }

    private static void Groups(PlanDraft draft, User user, HostFacts facts)
    {
        foreach (var group in user.Groups)
        {
            if (!facts.Groups.TryGetValue(group, out var members))
                draft.Warn(user.Name, $"there is no group {group}", $"groupadd {group}, or take it out of 'groups:'");
            else if (!members.Contains(user.Name))
                draft.Steps.Add(new AddToGroup(user.Name, group));
        }
    }

    private static void Expired(PlanDraft draft, string user, Manifest manifest)
    {
        if (manifest.Accounts.GetValueOrDefault(user) is { Locked: true })
            draft.Steps.Add(new SetLock(user, false));
        else
            draft.Warn(user, "the account has expired, and Berth did not lock it", $"chage --expiredate -1 {user}");
    }
}
