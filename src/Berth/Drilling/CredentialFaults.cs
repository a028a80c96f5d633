using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Berth.Credentials;
using Berth.Host;
using Berth.Units;

namespace Berth.Drilling;

/// <summary>Logins that a race wipes, tokens that a store has no more: with a login and a token of the drill's own, which open
/// nothing.</summary>
internal static class CredentialFaults
{
    private const string Later = "changed-since";

    /// <summary>Codex' file, because nobody tries with a real inference what it holds: a drill sends nothing to anybody.
    /// </summary>
    public static FaultSight Logout(DrillScene scene, Scenario scenario)
    {
        var victim = scene.Victim;
        Write(scene, Login("kept-beside", "drill-access", "drill-refresh"));
        var copy = $"{CredentialUnits.LoginState}/{victim.User}/codex.json";
        if (!DrillScene.Until(scenario.Seconds, () => File.Exists(copy)))
            return Both(
                false,
                "no copy",
                $"nobody keeps a copy of {victim.User}'s logins: systemctl status berth-login@{victim.User}"
            );
        var begun = Moment.Now;
        // What is beside it has changed since the copy: who puts the whole file back would undo that.
        Write(scene, Login(Later, "", ""));
        var now = "";
        var restored = DrillScene.Until(
            scenario.Seconds,
            () => (now = Read(scene)).Contains("drill-refresh", StringComparison.Ordinal),
            300
        );
        var took = ((Moment.Now - begun) / 1000).ToString("0.0 s", CultureInfo.InvariantCulture);
        var kept = now.Contains(Later, StringComparison.Ordinal);
        return FaultSight.Of(
            restored
                ? new Answer(Check.LoginRestored, true, $"at most {took}", "")
                : new Answer(
                    Check.LoginRestored,
                    false,
                    "not restored",
                    $"the login is wiped still after {took}: journalctl -u berth-login@{victim.User} -n 20"
                ),
            kept
                ? new Answer(Check.SiblingsKept, true, "1 kept", "")
                : new Answer(
                    Check.SiblingsKept,
                    false,
                    "lost",
                    "what another tool keeps in the same file was overwritten"
                )
        );
    }

    public static FaultSight TokenRevoked(DrillScene scene)
    {
        var user = scene.Victim.User;
        var token = TokenText.Prefix + "drill-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(45));
        string[] Verb(string verb) => ["token", verb, user, "--roster", DrillStage.Roster];
        var set = scene.Run.Run(scene.Program, Verb("set"), token);
        if (!Delivered(user))
            return new FaultSight(
                null,
                new HashSet<int>(),
                [
                    new Answer(
                        Check.TokenKept,
                        false,
                        "not delivered",
                        $"the drill's token was not delivered: {set.Said}"
                    ),
                    new Answer(Check.TokenWithdrawn, null, "", "there was none to withdraw"),
                ]
            );
        var unreadable = Unreadable(scene, user);
        var disabled = scene.Run.Run(scene.Program, Verb("disable"), "");
        var gone = DrillScene.Until(5, () => !Delivered(user));
        return FaultSight.Of(
            unreadable,
            gone
                ? new Answer(Check.TokenWithdrawn, true, "withdrawn", "")
                : new Answer(
                    Check.TokenWithdrawn,
                    false,
                    "still there",
                    $"the store has no token, and it is still delivered: {disabled.Said}"
                )
        );
    }

    /// <summary>The entry in the store is damaged for a moment: that proves nothing, so nothing may be taken away.</summary>
    private static Answer Unreadable(DrillScene scene, string user)
    {
        var entry = ((string[])[".cred", ".json"])
            .Select(ending => $"{LocalStore.Folder}/{user}{ending}")
            .FirstOrDefault(File.Exists);
        if (entry is null)
            return new Answer(Check.TokenKept, null, "", "the store's entry is not where it was expected");
        var files = new Files(HostPaths.Live);
        var whole = File.ReadAllBytes(entry);
        try
        {
            files.WriteState(entry, "damaged by a drill"u8, 0x180);
            using var held = HostLock.Take(HostPaths.Live, HostLock.Tokens, TimeSpan.FromSeconds(20));
            if (held is null)
                return new Answer(Check.TokenKept, null, "", "another berth delivers tokens all the time");
            var box = new TokenBox(HostPaths.Live, scene.Roster.Store!);
            var verdicts = new List<Credentials.Verdict>();
            for (var round = 0; round < 3; round++)
                verdicts.Add(box.Sync.Run(user, box.Uid(user), DateTimeOffset.UtcNow).Truth.Verdict);
            if (verdicts.Exists(verdict => verdict is not Credentials.Verdict.Unknown))
                return new Answer(
                    Check.TokenKept,
                    null,
                    "",
                    $"the damage was not noticed: the store says {verdicts[^1]}"
                );
            return Delivered(user)
                ? new Answer(Check.TokenKept, true, $"kept {verdicts.Count} times", "")
                : new Answer(
                    Check.TokenKept,
                    false,
                    "taken away",
                    $"an answer that proves nothing ({verdicts[^1]}) took the token away"
                );
        }
        finally
        {
            files.WriteState(entry, whole, 0x180);
        }
    }

    private static bool Delivered(string user) => File.Exists(TokenFile.UnitPath(user));

    private static string Login(string beside, string access, string refresh) =>
        $$"""{"OPENAI_API_KEY":"{{beside}}","tokens":{"access_token":"{{access}}","refresh_token":"{{refresh}}"},"last_refresh":"2026-01-01T00:00:00Z"}""";

    /// <summary>As the person, and in one step: what an agent does.</summary>
    private static void Write(DrillScene scene, string text)
    {
        var wrote = scene.Parts.As(
            scene.Victim,
            "/bin/sh",
            "-c",
            "umask 077; mkdir -p .codex && printf %s \"$1\" >.codex/auth.json.new && mv .codex/auth.json.new .codex/auth.json",
            "sh",
            text
        );
        if (!wrote.Ok)
            throw new DrillException($"the drill's login could not be written: {wrote.Said}");
    }

    private static string Read(DrillScene scene) => scene.Parts.As(scene.Victim, "/bin/cat", ".codex/auth.json").Stdout;

    private static FaultSight Both(bool held, string figure, string words) =>
        FaultSight.Of(
            new Answer(Check.LoginRestored, held, figure, words),
            new Answer(Check.SiblingsKept, null, "", "there was nothing to restore")
        );
}
