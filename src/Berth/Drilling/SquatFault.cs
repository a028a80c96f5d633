using System.Globalization;
using System.Security.Cryptography;
using Berth.Commands;
using Berth.Doctoring;

namespace Berth.Drilling;

/// <summary>Another person who wants what is not theirs: the server, its place, its environment.</summary>
internal static class SquatFault
{
    private const string Variable = "BERTH_DRILL_SECRET";

    /// <param name="server">The victim's server, as it is asked all the time.</param>
    public static FaultSight Make(DrillScene scene, Scenario scenario, IAsked server)
    {
        var peer = scene.Peer!;
        var fence = Fence(scene, peer, server);
        var plant = Plant(scene, peer);
        using var person = new GatewayVisit();
        var led = Led(scene, person);
        _ = scene.Run.Run("systemctl", "stop", scene.Victim.Unit);
        scene.Agents.Clear();
        var gateway = led ?? Gateway(scene, peer, scenario, person);
        _ = scene.Run.Run("systemctl", "start", scene.Victim.Unit);
        return FaultSight.Of(fence, gateway, Environment(scene, plant));
    }

    private static Answer Fence(DrillScene scene, Target peer, IAsked server)
    {
        const Check check = Check.FenceHolds;
        var begun = Moment.Now;
        var knocked = scene.Parts.As(
            peer,
            scene.Program,
            DrillPartCommand.Name,
            "knock",
            "--host",
            scene.Victim.Host,
            "--port",
            Number(scene.Victim.Port)
        );
        var said = knocked.Stdout.Trim();
        if (said is PartServer.Connected)
            return new Answer(
                check,
                false,
                "connected",
                $"{peer.User} connected to {scene.Victim.User}'s server on port {scene.Victim.Port}: is berth-firewall.service loaded?"
            );
        if (said is not PartServer.Refused)
            return new Answer(check, null, "", $"nobody could be sent to knock: {said} {knocked.Said}");
        // A port that is shut for everybody proves nothing.
        return DrillScene.Until(10, () => server.Answers() is [.., var last] && last > begun)
            ? new Answer(check, true, "refused", "")
            : new Answer(check, null, "", $"{scene.Victim.User}'s server answers nobody: it refuses by being down");
    }

    /// <summary>The control: while the server is there, the gateway leads the person to it.</summary>
    /// <returns>Why the gateway cannot be asked; null where it can.</returns>
    private static Answer? Led(DrillScene scene, GatewayVisit person)
    {
        const Check check = Check.GatewayGivesNothing;
        if (scene.Roster.Gateway is not { } gateway)
            return new Answer(check, null, "", "the roster has no gateway: nobody is led anywhere");
        if (gateway.Identity.Kind is not "link")
            return new Answer(
                check,
                null,
                "",
                $"people sign in by {gateway.Identity.Kind} here: a drill cannot sign in as somebody"
            );
        try
        {
            person.SignInAsync(gateway, scene.Victim.User).GetAwaiter().GetResult();
            var status = 0;
            return DrillScene.Until(20, () => (status = person.AskAsync("/").GetAwaiter().GetResult()) is 200, 500)
                ? null
                : new Answer(
                    check,
                    null,
                    "",
                    $"the gateway does not lead {scene.Victim.User} to their own server either (HTTP {status})"
                );
        }
        catch (Exception away) when (away is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return new Answer(check, null, "", $"the gateway could not be asked: {away.Message}");
        }
    }

    /// <summary>Somebody else listens where the server is expected; the same person comes once more.</summary>
    private static Answer Gateway(DrillScene scene, Target peer, Scenario scenario, GatewayVisit person)
    {
        const Check check = Check.GatewayGivesNothing;
        var squat = scene.Parts.Beside(
            null,
            peer,
            scenario.Seconds * 2,
            "squat",
            "--host",
            scene.Victim.Host,
            "--port",
            Number(scene.Victim.Port)
        );
        try
        {
            if (!DrillScene.Until(10, () => squat.Says("listens") || squat.Says("refused")))
                return new Answer(check, null, "", "the squatter did not start");
            if (squat.Says("refused AccessDenied"))
                return new Answer(check, true, "may not listen", "");
            if (squat.Says("refused"))
                return new Answer(check, null, "", $"the port was not free: {string.Join(", ", squat.Lines())}");
            // The drill's own probes ask that port as well, and ask for something else.
            var path = $"/berth-drill-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
            var status = person.AskAsync(path).GetAwaiter().GetResult();
            return !squat.Lines().Any(line => line.Contains(path, StringComparison.Ordinal))
                ? new Answer(check, true, status == 0 ? "nothing" : $"nothing, HTTP {status}", "")
                : new Answer(
                    check,
                    false,
                    "a request",
                    $"{peer.User} listened on {scene.Victim.User}'s port and was given {scene.Victim.User}'s request"
                );
        }
        catch (Exception away) when (away is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return new Answer(check, null, "", $"the gateway could not be asked: {away.Message}");
        }
        finally
        {
            scene.Parts.Stop(squat);
        }
    }

    /// <summary>Puts a link to another person's secret wherever the service manager reads the server's environment below a
    /// folder that the person controls.</summary>
    private static Planted Plant(DrillScene scene, Target peer)
    {
        var (victim, secret) = (scene.Victim, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)));
        var kept = scene.Parts.As(
            peer,
            "/bin/sh",
            "-c",
            "umask 077; printf '%s=%s\\n' \"$1\" \"$2\" >secret.env",
            "sh",
            Variable,
            secret
        );
        var shown = UnitTable.Parse(scene.Shown(victim.Unit, "Id,EnvironmentFiles"));
        if (!kept.Ok || shown is not [{ } unit] || unit.Seen.Name != victim.Unit)
            return new Planted(secret, [], $"the secret could not be set out: {kept.Said}");
        var read = unit
            .Files.Where(path => path.StartsWith(victim.Account.Home + "/", StringComparison.Ordinal))
            .ToList();
        foreach (var path in read)
        {
            var linked = scene.Parts.As(
                victim,
                "/bin/sh",
                "-c",
                "mkdir -p \"$(dirname \"$1\")\" && ln -sf \"$2\" \"$1\"",
                "sh",
                path,
                $"{peer.Account.Home}/secret.env"
            );
            if (!linked.Ok)
                return new Planted(secret, [], $"no link could be put at {path}: {linked.Said}");
        }
        return new Planted(secret, read, null);
    }

    private static Answer Environment(DrillScene scene, Planted planted)
    {
        const Check check = Check.SecretStays;
        if (planted.Failure is { } failure)
            return new Answer(check, null, "", failure);
        // Until it runs its own program its environment is the service manager's.
        if (!DrillScene.Until(20, () => Runs(scene.MainPid(scene.Victim.Unit))))
            return new Answer(
                check,
                null,
                "",
                $"the server did not start again: journalctl -u {scene.Victim.Unit} -n 20"
            );
        var environment = File.ReadAllText($"/proc/{scene.MainPid(scene.Victim.Unit)}/environ");
        return !environment.Contains($"{Variable}={planted.Secret}", StringComparison.Ordinal)
            ? new Answer(
                check,
                true,
                planted.Paths.Count == 0 ? "nothing to plant" : $"{planted.Paths.Count} planted",
                ""
            )
            : new Answer(
                check,
                false,
                "it arrived",
                $"systemd reads {planted.Paths[0]} as root, which {scene.Victim.User} controls: a link there brought {scene.Peer!.User}'s secret (0600) into the server's environment (EnvironmentFile= below a home)"
            );

        static bool Runs(int pid) =>
            pid > 0
            && File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.Name is { } program
            && !program.StartsWith("systemd", StringComparison.Ordinal);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was set out.</summary>
    /// <param name="Secret">Another person's secret.</param>
    /// <param name="Paths">Where links to it are.</param>
    /// <param name="Failure">Why it could not be done; null where it was.</param>
    private sealed record Planted(string Secret, IReadOnlyList<string> Paths, string? Failure);
}
