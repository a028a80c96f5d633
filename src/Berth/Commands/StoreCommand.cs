using System.CommandLine;
using System.Text.Json.Nodes;
using Berth.Credentials;
using Berth.Host;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Commands;

/// <summary><c>berth store</c>: the place where tokens live.</summary>
public static class StoreCommand
{
    private static readonly Argument<string> s_user = new("USER") { Description = "Whose path" };

    private static readonly Argument<string[]> s_users = new("USER")
    {
        Description = "Whose paths",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var policy = new Command("policy", "Print the policy that a person's scoped Vault token needs") { s_user };
        policy.SetAction(parse => WithVault(parse, [parse.GetValue(s_user)!], store => Policy(store, parse)));
        var check = new Command("check", "Ask Vault about a person, with their store token of this host or VAULT_TOKEN")
        {
            s_user,
        };
        check.SetAction(
            (parse, end) => WithVault(parse, [parse.GetValue(s_user)!], store => CheckAsync(store, parse, end))
        );
        var setup = new Command(
            "setup",
            "Connect people to Vault: with an admin's token in VAULT_TOKEN, write their policies and mint their scoped tokens"
        )
        {
            s_users,
        };
        setup.SetAction(
            (parse, end) => WithVault(parse, parse.GetValue(s_users)!, store => SetupAsync(store, parse, end))
        );
        var forget = new Command("forget", "Disconnect people: revoke their store tokens of this host") { s_users };
        forget.SetAction((parse, end) => WithVault(parse, [], store => ForgetAsync(store, parse, end)));
        return new Command("store", "The place where tokens live: who is connected to it, and whether it answers")
        {
            setup,
            check,
            policy,
            forget,
        };
    }

    private static Task<int> Policy(StoreSettings store, ParseResult parse)
    {
        var user = parse.GetValue(s_user)!;
        var (mount, path) = VaultClient.Place(store, user);
        var text = VaultAnswer.PolicyText(mount, path);
        Print(
            parse,
            $"# policy {VaultAnswer.Policy(user)}\n{text.TrimEnd()}",
            new JsonObject { ["policy"] = VaultAnswer.Policy(user), ["text"] = text }
        );
        return Task.FromResult(ExitCodes.Ok);
    }

    private static async Task<int> CheckAsync(StoreSettings store, ParseResult parse, CancellationToken end)
    {
        var user = parse.GetValue(s_user)!;
        if ((FromEnvironment() ?? (Native.EffectiveUser() == 0 ? Tokens().Read(user) : null)) is not { } token)
            return Fail(
                $"{user} is not connected to the store on this host ('berth store setup {user}', as root); with VAULT_TOKEN set to their scoped token this asks with that"
            );
        using var http = new VaultHttp(store);
        var (answer, _) = await new VaultClient(store, Environment.MachineName, http).ReadAsync(user, token, end);
        Print(
            parse,
            $"{user}: {answer.Verdict}: {answer.Says}",
            new JsonObject
            {
                ["user"] = user,
                ["verdict"] = answer.Verdict.ToString(),
                ["reason"] = answer.Reason.ToString(),
                ["detail"] = answer.Detail,
                ["version"] = answer.Version,
            }
        );
        return answer.Verdict switch
        {
            Verdict.Present => ExitCodes.Ok,
            Verdict.Absent => ExitCodes.Warnings,
            _ => ExitCodes.Failed,
        };
    }

    private static async Task<int> SetupAsync(StoreSettings store, ParseResult parse, CancellationToken end)
    {
        if (Native.EffectiveUser() != 0)
            return Fail("this keeps people's store tokens for root alone; run it as root (sudo -E keeps VAULT_TOKEN)");
        if (FromEnvironment() is not { } admin)
            return Fail(
                "VAULT_TOKEN is not set: put an admin's token there for this one command (it may write policies and create orphan tokens)"
            );
        using var http = new VaultHttp(store);
        var vault = new VaultAdmin(store, Environment.MachineName, http, admin);
        var client = new VaultClient(store, Environment.MachineName, http);
        var (tokens, code) = (Tokens(), ExitCodes.Ok);
        foreach (var user in parse.GetValue(s_users)!.Distinct(StringComparer.Ordinal))
        {
            if (await ConnectAsync(vault, client, tokens, user, end) is { } failure)
            {
                Console.Error.WriteLine($"berth: {user}: {failure}");
                code = ExitCodes.Failed;
                continue;
            }
            Print(
                parse,
                $"{user}: connected, with a token that may do this and nothing else:\n{vault.PolicyText(user).TrimEnd()}",
                new JsonObject
                {
                    ["user"] = user,
                    ["connected"] = true,
                    ["policy"] = vault.PolicyText(user),
                }
            );
        }
        return RestartSync() is { } said ? Fail(said) : code;
    }

    /// <returns>Null when the person is connected, else why not.</returns>
    private static async Task<string?> ConnectAsync(
        VaultAdmin vault,
        VaultClient client,
        StoreTokens tokens,
        string user,
        CancellationToken end
    )
    {
        if (await vault.PolicyAsync(user, end) is { } unwritten)
            return $"the policy {VaultAnswer.Policy(user)} was not written: {unwritten.Says}; somebody who may can do it: berth store policy {user} | vault policy write {VaultAnswer.Policy(user)} -";
        var (token, fault) = await vault.MintAsync(user, end);
        if (token is null)
            return $"no token was minted: {fault!.Says}; the admin's token needs auth/token/create-orphan";
        var (answer, _) = await client.ReadAsync(user, token, end);
        if (answer.Verdict is Verdict.Unknown && answer.Reason is not Reason.Malformed)
        {
            await client.RevokeAsync(token, end);
            return $"the new token does not work, and was revoked: {answer.Says}";
        }
        var before = tokens.TryRead(user);
        try
        {
            tokens.Write(user, token);
        }
        catch (IOException full)
        {
            await client.RevokeAsync(token, end);
            return $"{full.Message}; the new token was revoked";
        }
        if (before is not null)
            await client.RevokeAsync(before, end);
        return null;
    }

    private static async Task<int> ForgetAsync(StoreSettings store, ParseResult parse, CancellationToken end)
    {
        if (Native.EffectiveUser() != 0)
            return Fail("people's store tokens are root's to see; run it with sudo");
        var (tokens, code) = (Tokens(), ExitCodes.Ok);
        using var http = new VaultHttp(store);
        var client = new VaultClient(store, Environment.MachineName, http);
        foreach (var user in parse.GetValue(s_users)!)
        {
            if (Names.WrongUser(user) is not null || !tokens.Has(user))
            {
                Console.Error.WriteLine($"berth: {Names.Shown(user)} is not connected to the store on this host");
                code = ExitCodes.Failed;
                continue;
            }
            var token = tokens.TryRead(user);
            var revoked = token is not null && await client.RevokeAsync(token, end);
            tokens.Remove(user);
            new VaultAnswers(new Files(HostPaths.Live), CredentialUnits.VaultRuntime, _ => true).Remove(user);
            Print(
                parse,
                revoked
                    ? $"{user}: disconnected, the store token is revoked"
                    : $"{user}: disconnected; Vault did not confirm that the store token is revoked (it dies within {VaultAdmin.Period} unless renewed)",
                new JsonObject
                {
                    ["user"] = user,
                    ["connected"] = false,
                    ["revoked"] = revoked,
                }
            );
            code = revoked ? code : Math.Max(code, ExitCodes.Warnings);
        }
        return RestartSync() is { } said ? Fail(said) : code;
    }

    /// <summary>Berth-sync is handed its tokens when it starts.</summary>
    private static string? RestartSync()
    {
        if (!File.Exists(CredentialUnits.Path(CredentialUnits.VaultSync)))
        {
            Console.Error.WriteLine("berth-sync is not here yet. Next: berth apply");
            return null;
        }
        var outcome = ProcessRunner.Default.Run("systemctl", "restart", CredentialUnits.VaultSync);
        return outcome.Ok ? null : $"{CredentialUnits.VaultSync} does not start: {outcome.Said}";
    }

    /// <summary>A line for a person, or one of JSON for a program.</summary>
    private static void Print(ParseResult parse, string text, JsonObject json) =>
        Console.Out.WriteLine(parse.GetValue(Shared.Json) ? json.ToJsonString() : text);

    private static StoreTokens Tokens() => new(HostPaths.Live, new Files(HostPaths.Live), ProcessRunner.Default);

    private static string? FromEnvironment() =>
        ((string[])["BAO_TOKEN", "VAULT_TOKEN"])
            .Select(Environment.GetEnvironmentVariable)
            .FirstOrDefault(token => !string.IsNullOrEmpty(token));

    private static async Task<int> WithVault(ParseResult parse, string[] users, Func<StoreSettings, Task<int>> run)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (roster.Store is not { Kind: "vault" } store)
            return Fail("the roster's store is not Vault: docs/roster.md shows 'store: {kind: vault, ...}'");
        if (store.CaFile is { } file && !File.Exists(file))
            return Fail($"'ca-file:' {file} is not there");
        foreach (var unknown in users.Where(name => roster.Users.All(user => user.Name != name)))
            return Fail($"{Names.Shown(unknown)} is not in the roster");
        return await run(store);
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }
}
