using Berth.Host;

namespace Berth.Drilling;

/// <summary>A full disk: a small file of the drill's own, mounted as the person's home. The box's disk is not touched.</summary>
internal static class DiskFault
{
    private const string Size = "24M";
    private const string Login = """{"tokens":{"access_token":"drill","refresh_token":"drill"}}""";

    public static FaultSight Make(DrillScene scene, Scenario scenario)
    {
        var home = scene.Victim.Account.Home;
        Do(scene, "truncate", "--size", Size, DrillStage.Image);
        Do(scene, "mkfs.ext4", "-q", "-F", "-m", "0", DrillStage.Image);
        Do(scene, "mount", "-o", "loop,nosuid,nodev", DrillStage.Image, home);
        try
        {
            Do(scene, "chown", $"{scene.Victim.User}:{scene.Victim.Account.PrimaryGroup}", home);
            Do(scene, "chmod", "700", home);
            As(scene, "mkdir -p .codex && printf %s \"$1\" >.codex/auth.json", Login);
            // Until not a byte more goes in.
            _ = As(
                scene,
                "dd if=/dev/zero of=fill bs=64k 2>/dev/null; dd if=/dev/zero of=rest bs=1k 2>/dev/null; sync",
                ""
            );
            var refused = !As(
                scene,
                "printf 0123456789 >>fill && dd if=/dev/zero of=more bs=4k count=1 2>/dev/null",
                ""
            ).Ok;
            var since = DateTimeOffset.UtcNow.AddSeconds(-scenario.Seconds);
            _ = DrillScene.Until(
                scenario.Seconds,
                () => scene.Told(scenario.Incident!.Value, since, new HashSet<int>()).Times > 0,
                400
            );
            var whole = As(scene, "cat .codex/auth.json", "").Stdout == Login;
            return FaultSight.Of(
                whole && refused ? new Answer(Check.FilesWhole, true, "unchanged", "")
                : !refused ? new Answer(Check.FilesWhole, null, "", "the disk could not be filled")
                : new Answer(Check.FilesWhole, false, "changed", "the login file was changed while the disk was full")
            );
        }
        finally
        {
            _ = scene.Run.Run("umount", "--lazy", home);
        }
    }

    private static ProcessOutcome As(DrillScene scene, string script, string argument) =>
        scene.Parts.As(scene.Victim, "/bin/sh", "-c", $"umask 077; {script}", "sh", argument);

    private static void Do(DrillScene scene, string program, params string[] arguments)
    {
        var done = scene.Run.Run(program, arguments);
        if (!done.Ok)
            throw new DrillException($"the small disk could not be made: {program}: {done.Said}");
    }
}
