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
                    if (box.Vault is { } vault)
                        Hear(vault, box.Tokens);
                    return Sync(roster, box, roster.Users);
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
                if (source() is not { } token)
                    return Fail(
                        "there is no single token in the input: it starts with sk-ant-oat01-, as 'claude setup-token' prints it"
                    );
                if (token.Length > 0 && TokenText.Wrong(token) is { } wrong)
                    return Fail($"this is no token: {wrong}; nothing was changed (run 'claude setup-token' for one)");
                if (token.Length > 0 && before.Token == token)
                    return existing is true
                        ? Fail($"this is the token that {name} has already")
                        : Sync(roster, box, [user]);
                if (token.Length > 0 && Owner(roster, box, name, token) is { } other)
                    return Fail(
                        $"this is {other}'s token; one token is never shared: whoever revokes or exhausts it, does so for both"
                    );
                if (box.Store.Write(name, token, DateTimeOffset.UtcNow) is { } refused)
                    return Fail($"{name}: {refused.Says}; nothing was changed");
                if (!Seal.Encrypts(HostPaths.Live))
                    Console.Error.WriteLine(
                        "berth: this host has no systemd-creds: what is kept here is readable by root alone (0600), but not encrypted"
                    );
                // What Vault holds now is known here at once, and to berth-sync with its next question.
                return Sync(roster, box, [user], box.Vault is null ? null : box.Store.Read(name));
            }
        );

    /// <summary>Before answers are read: the word that there are new ones is taken, and what keeps berth-sync from
    /// starting is taken out of its way.</summary>
    private static void Hear(VaultAnswers vault, StoreTokens tokens)
    {
        vault.Heard();
        if (Directory.Exists($"/run/credentials/{CredentialUnits.VaultSync}"))
            return;
        foreach (var user in tokens.TakeBrokenAside())
            Console.Error.WriteLine(
                $"berth: {Holders.Plain(user)}: the store token does not open on this host and was taken aside: run 'berth store setup' for them"
            );
    }

    private static bool InService => Environment.GetEnvironmentVariable("INVOCATION_ID") is not null;

    /// <summary>Who else has this very token.</summary>
    private static string? Owner(Roster roster, TokenBox box, string name, string token)
    {
        var fingerprint = TokenText.Fingerprint(token);
        return roster
            .Users.Select(user => user.Name)
            .FirstOrDefault(other => other != name && box.Truths.Read(other).Fingerprint == fingerprint);
    }

    private static int Sync(Roster roster, TokenBox box, IEnumerable<User> users, StoreAnswer? heard = null)
    {
        var (code, now) = (ExitCodes.Ok, DateTimeOffset.UtcNow);
        foreach (var user in users.Where(user => !user.Removed))
        {
            var (truth, told, failure) = box.Sync.Run(user.Name, box.Uid(user.Name), now, heard);
            foreach (var happening in told)
                Say(user.Name, happening);
            if (failure is null && truth.Verdict is not Verdict.Unknown)
            {
                Waiting(user.Name, truth, box);
                continue;
            }
            // Somebody who was never connected to the store has nothing to lose, and berth-sync tells the rest itself.
            if (failure is null && box.Vault is not null && (!truth.Delivered || InService))
                continue;
            code = ExitCodes.Warnings;
            Console.Error.WriteLine(
                $"berth: {user.Name}: {failure ?? TokenFlow.Says(truth.Reason)}; what was delivered stays"
            );
        }
        foreach (var owner in box.Deliveries.Owners())
        {
            if (roster.Users.Any(user => user.Name == owner && !user.Removed))
                continue;
            box.Sync.Offboard(owner);
            Say(owner, new Happening(CredentialEvent.TokenWithdrawn, "no longer in the roster"));
        }
        return code;
    }

    /// <summary>Who still runs with what was delivered before.</summary>
    private static void Waiting(string user, Truth truth, TokenBox box)
    {
        if (InService || box.Uid(user) is not { } uid)
            return;
        if (truth.Delivered && box.ServerWithout(user, uid, truth.Generation) is { } without)
            Console.Out.WriteLine(
                $"{user}: {without} runs without this token; when it is idle: systemctl restart {without}"
            );
        foreach (
            var unit in box
                .Held.Value[uid]
                .Where(holder => !truth.Delivered || holder.Generation != truth.Generation)
                .GroupBy(holder => holder.Unit, StringComparer.Ordinal)
        )
            Console.Out.WriteLine(
                unit.Key is { } name && name.Contains("-serve@", StringComparison.Ordinal)
                    ? $"{user}: {name} still runs with generation {unit.First().Generation}"
                    : $"{user}: {unit.Count()} process(es) in {unit.Key ?? "a session"} still run with generation {unit.First().Generation}, until they end"
            );
    }

    /// <summary>One line; in the journal with the priority it deserves.</summary>
    public static void Say(string user, Happening happening)
    {
        var priority = happening.Event is CredentialEvent.TokenDelivered or CredentialEvent.AuthRestored
            ? "<5>"
            : "<4>";
        Console.Out.WriteLine($"{(InService ? priority : "")}{user}: {happening.Event}: {happening.Says}");
    }

    private static int WithStore(ParseResult parse, Func<Roster, TokenBox, int> run)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (roster.Store is not { } store)
            return Fail(TokenBox.Missing);
        if (Native.EffectiveUser() != 0)
            return Fail("this reaches everybody's tokens and needs root; run it with sudo");
        using var held = HostLock.Take(HostPaths.Live, HostLock.Tokens, s_patience);
        return held is null
            ? Fail("another berth is delivering tokens; wait for it, then run this again")
            : run(roster, new TokenBox(HostPaths.Live, store));
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
