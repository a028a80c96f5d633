using System.CommandLine;
using Berth.Credentials;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth store</c>: the place where tokens live.</summary>
public static class StoreCommand
{
    private static readonly Argument<string> s_user = new("USER") { Description = "Whose path" };

    public static Command Create()
    {
        var policy = new Command("policy", "Print the policy that a person's scoped Vault token needs") { s_user };
        policy.SetAction(parse => WithVault(parse, (store, user) => Task.FromResult(Policy(store, user))));
        var check = new Command(
            "check",
            "Ask Vault about a person with the scoped token in VAULT_TOKEN; shows no secret"
        )
        {
            s_user,
        };
        check.SetAction((parse, end) => WithVault(parse, (store, user) => Check(store, user, end)));
        return new Command("store", "The place where tokens live: its policy, and whether it answers")
        {
            policy,
            check,
        };
    }

    private static int Policy(StoreSettings store, string user)
    {
        var (mount, path) = VaultClient.Place(store, user);
        Console.Out.WriteLine($"# policy {VaultAnswer.Policy(user)}");
        Console.Out.Write(VaultAnswer.PolicyText(mount, path));
        return ExitCodes.Ok;
    }

    private static async Task<int> Check(StoreSettings store, string user, CancellationToken end)
    {
        var token =
            Environment.GetEnvironmentVariable("BAO_TOKEN") ?? Environment.GetEnvironmentVariable("VAULT_TOKEN");
        if (string.IsNullOrEmpty(token))
            return Fail("VAULT_TOKEN is not set: put this person's scoped token there, not an admin's");
        if (store.CaFile is { } file && !File.Exists(file))
            return Fail($"'ca-file:' {file} is not there");
        using var client = new VaultClient(store, Environment.MachineName, null);
        var answer = await client.ReadAsync(user, token, end);
        var detail = answer.Detail is { } more ? $" ({more})" : "";
        Console.Out.WriteLine($"{user}: {answer.Verdict}: {TokenFlow.Says(answer.Reason)}{detail}");
        return answer.Verdict switch
        {
            Verdict.Present => ExitCodes.Ok,
            Verdict.Absent => ExitCodes.Warnings,
            _ => ExitCodes.Failed,
        };
    }

    private static async Task<int> WithVault(ParseResult parse, Func<StoreSettings, string, Task<int>> run)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var name = parse.GetValue(s_user)!;
        if (roster.Store is not { Kind: "vault" } store)
            return Fail("the roster's store is not Vault: docs/roster.md shows 'store: {kind: vault, ...}'");
        return roster.Users.Any(user => user.Name == name)
            ? await run(store, name)
            : Fail($"{Names.Shown(name)} is not in the roster");
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }
}
