using System.CommandLine;
using Berth.Credentials;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Units;
using Spectre.Console;

namespace Berth.Commands;

/// <summary><c>berth token</c>: people's long-lived tokens. A token is read from the terminal without echo or from
/// stdin, never from the command line.</summary>
public static class TokenCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly Argument<string> s_user = new("USER") { Description = "Whose token" };

    public static Command Create()
    {
        var command = new Command("token", "People's long-lived tokens: set, show, rotate, disable")
        {
            Verb("set", "Set a token, typed without echo or from stdin", parse => Set(parse, Typed, null)),
            Verb(
                "import",
                "Set the token found in what 'claude setup-token' printed, from stdin",
                parse => Set(parse, () => TokenText.Find(Piped()), null)
            ),
            Verb("rotate", "Replace a token by a new one", parse => Set(parse, Typed, true)),
            Verb("disable", "Take a person's token away", parse => Set(parse, () => "", true)),
            TokenStatusCommand.Create(),
        };
        var sync = new Command("sync", "Deliver every token anew (what berth-tokens.service runs)");
        sync.SetAction(parse =>
            WithStore(
                parse,
                (roster, box) =>
                {
                    using var held = Take();
                    if (held is null)
                        return Fail(Busy);
                    if (box.Vault is not null)
                        ClearTheWay(box.Tokens);
                    return TokenPass.Run(roster, box, roster.Users, parse.GetValue(Shared.Json));
                }
            )
        );
        command.Add(sync);
        return command;
    }

    private static Command Verb(string name, string description, Func<ParseResult, int> run)
    {
        var command = new Command(name, description) { s_user };
        command.SetAction(run);
        return command;
    }

    private static int Set(ParseResult parse, Func<string?> source, bool? existing) =>
        WithStore(
            parse,
            (roster, box) =>
            {
                var name = parse.GetValue(s_user)!;
                if (roster.Users.FirstOrDefault(user => user.Name == name) is not { } user)
                    return Fail($"{Names.Shown(name)} is not in the roster ('berth users add {name}' adds a person)");
                var before = box.Store.Read(name);
                if (before.Verdict is Verdict.Unknown && before.Reason is not Reason.Malformed)
                    return Fail($"{name}: {before.Says}; nothing was changed");
                if (existing is true && before.Verdict is not Verdict.Present)
                    return Fail($"{name} has no token ('berth token set {name}' sets one)");
                // What a person types is waited for before anything is locked.
                if (source() is not { } token)
                    return Fail(
                        "there is no single token in the input: it starts with sk-ant-oat01-, as 'claude setup-token' prints it"
                    );
                if (token.Length > 0 && TokenText.Wrong(token) is { } wrong)
                    return Fail($"this is no token: {wrong}; nothing was changed (run 'claude setup-token' for one)");
                if (existing is true && before.Token == token)
                    return Fail($"this is the token that {name} has already");
                if (token.Length > 0 && Owner(roster, box, name, token) is { } other)
                    return Fail(
                        $"this is {other}'s token; one token is never shared: whoever revokes or exhausts it, does so for both"
                    );
                return Store(roster, box, user, token, before.Token != token, parse.GetValue(Shared.Json));
            }
        );

    /// <summary>Vault is not waited for under the lock; the local store is changed under it.</summary>
    private static int Store(Roster roster, TokenBox box, User user, string token, bool isNew, bool json)
    {
        HostLock? held = null;
        try
        {
            if (box.Vault is null && (held = Take()) is null)
                return Fail($"{Busy}; nothing was changed");
            if (isNew && box.Store.Write(user.Name, token, DateTimeOffset.UtcNow) is { } refused)
                return Fail($"{user.Name}: {refused.Says}; nothing was changed");
            if (!Seal.Encrypts(HostPaths.Live))
                Console.Error.WriteLine(
                    "berth: this host has no systemd-creds: what is kept here is readable by root alone (0600), but not encrypted"
                );
            // What Vault holds now is known here at once, and to berth-sync with its next question.
            var heard = box.Vault is null ? null : box.Store.Read(user.Name);
            held ??= Take();
            return held is null
                ? Fail($"{Busy}; the store has it, and it is delivered by itself")
                : TokenPass.Run(roster, box, [user], json, heard);
        }
        finally
        {
            held?.Dispose();
        }
    }

    private const string Busy = "another berth is delivering tokens; wait for it, then run this again";

    private static HostLock? Take() => HostLock.Take(HostPaths.Live, HostLock.Tokens, s_patience);

    /// <summary>What keeps berth-sync from starting is taken out of its way.</summary>
    private static void ClearTheWay(StoreTokens tokens)
    {
        if (Directory.Exists($"/run/credentials/{CredentialUnits.VaultSync}"))
            return;
        foreach (var user in tokens.TakeBrokenAside())
            Console.Error.WriteLine(
                $"berth: {Holders.Plain(user)}: the store token does not open on this host and was taken aside: run 'berth store setup' for them"
            );
    }

    /// <summary>Who else has this very token.</summary>
    private static string? Owner(Roster roster, TokenBox box, string name, string token)
    {
        var fingerprint = TokenText.Fingerprint(token);
        return roster
            .Users.Select(user => user.Name)
            .FirstOrDefault(other => other != name && box.Truths.Read(other).Fingerprint == fingerprint);
    }

    private static int WithStore(ParseResult parse, Func<Roster, TokenBox, int> run)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (roster.Store is not { } store)
            return Fail(TokenBox.Missing);
        if (Native.EffectiveUser() != 0)
            return Fail("this reaches everybody's tokens and needs root; run it with sudo");
        return run(roster, new TokenBox(HostPaths.Live, store));
    }

    private static string? Typed() =>
        Console.IsInputRedirected
            ? Piped().Trim()
            : AnsiConsole.Prompt(new TextPrompt<string>("Token (not shown):").Secret(null)).Trim();

    private static string Piped()
    {
        var buffer = new char[64 << 10];
        return new string(buffer, 0, Console.In.ReadBlock(buffer));
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }
}
