using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Berth.Commands;
using Berth.Gateway;

namespace Berth.Drilling;

/// <summary>Another person who wants what is not theirs: the server, its place, its environment.</summary>
internal static class SquatFault
{
    private const string Variable = "BERTH_DRILL_SECRET";

    public static FaultSight Make(DrillScene scene, Scenario scenario)
    {
        var peer = scene.Peer!;
        var fence = Fence(scene, peer);
        var (planted, secret) = Plant(scene, peer);
        _ = scene.Run.Run("systemctl", "stop", scene.Victim.Unit);
        scene.Agents.Clear();
        var gateway = Gateway(scene, peer, scenario);
        _ = scene.Run.Run("systemctl", "start", scene.Victim.Unit);
        return FaultSight.Of(fence, gateway, Environment(scene, planted, secret));
    }

    private static Answer Fence(DrillScene scene, Target peer)
    {
        const Check check = Check.FenceHolds;
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
        return said.StartsWith("refused", StringComparison.Ordinal) ? new Answer(check, true, "refused", "")
            : said is "answered"
                ? new Answer(
                    check,
                    false,
                    "answered",
                    $"{peer.User} connected to {scene.Victim.User}'s server on port {scene.Victim.Port} and was answered: is berth-firewall.service loaded?"
                )
            : new Answer(check, null, "", $"nobody could be sent to knock: {knocked.Said}");
    }

    /// <summary>Somebody else listens where the server is expected; people still come through the gateway.</summary>
    private static Answer Gateway(DrillScene scene, Target peer, Scenario scenario)
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
            if (squat.Says("refused"))
                return new Answer(check, true, "may not listen", "");
            // The drill's own probes ask that port as well, and ask for something else.
            var path = $"/berth-drill-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
            var status = SignedIn(scene, gateway, path).GetAwaiter().GetResult();
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

    /// <summary>Signs the drill's person in with a link and asks for something of their server's.</summary>
    /// <returns>What the gateway answered; 0 where it waits for the server to come back.</returns>
    private static async Task<int> SignedIn(DrillScene scene, Rosters.GatewaySettings gateway, string path)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = await LinkCommand.SendAsync(
            LinkControl.Path,
            new LinkOrder("issue", scene.Victim.User, 300),
            patience.Token
        );
        if (answer.Link is not { } link)
            throw new IOException(answer.Error ?? "it gave no link");
        var token = link.Url[(link.Url.IndexOf("token=", StringComparison.Ordinal) + 6)..];
        var address = new Uri(SignInRequest.Address(gateway));
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            CookieContainer = new CookieContainer(),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        using var signIn = new HttpRequestMessage(HttpMethod.Post, new Uri(address, SignInRequest.SignIn));
        signIn.Headers.Add("Origin", address.GetLeftPart(UriPartial.Authority));
        signIn.Content = new FormUrlEncodedContent([new("token", token)]);
        using var signedIn = await client.SendAsync(signIn, patience.Token);
        using var page = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        // As an application's own request: a person's page would be held until the server is there.
        page.Headers.Add("Sec-Fetch-Mode", "cors");
        page.Headers.Add("Sec-Fetch-Site", "same-origin");
        try
        {
            using var got = await client.SendAsync(page, patience.Token);
            return (int)got.StatusCode;
        }
        catch (TaskCanceledException)
        {
            // Held until the server is there: nothing was given away meanwhile.
            return 0;
        }
    }

    /// <summary>Puts a link to another person's secret wherever the service manager reads the server's environment below a
    /// folder that the person controls.</summary>
    private static (IReadOnlyList<string> Planted, string Secret) Plant(DrillScene scene, Target peer)
    {
        var (victim, secret) = (scene.Victim, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)));
        _ = scene.Parts.As(
            peer,
            "/bin/sh",
            "-c",
            "umask 077; printf '%s=%s\\n' \"$1\" \"$2\" >secret.env",
            "sh",
            Variable,
            secret
        );
        var read = scene
            .Show(victim.Unit, "EnvironmentFiles")
            .GetValueOrDefault("EnvironmentFiles", "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(" (", 2)[0])
            .Where(path => path.StartsWith(victim.Account.Home + "/", StringComparison.Ordinal))
            .ToList();
        foreach (var path in read)
            _ = scene.Parts.As(
                victim,
                "/bin/sh",
                "-c",
                "mkdir -p \"$(dirname \"$1\")\" && ln -sf \"$2\" \"$1\"",
                "sh",
                path,
                $"{peer.Account.Home}/secret.env"
            );
        return (read, secret);
    }

    private static Answer Environment(DrillScene scene, IReadOnlyList<string> planted, string secret)
    {
        const Check check = Check.SecretStays;
        if (!DrillScene.Until(20, () => scene.MainPid(scene.Victim.Unit) > 0))
            return new Answer(
                check,
                null,
                "",
                $"the server did not start again: journalctl -u {scene.Victim.Unit} -n 20"
            );
        // Until it runs its program it has what systemd has.
        Thread.Sleep(500);
        var environment = File.ReadAllText($"/proc/{scene.MainPid(scene.Victim.Unit)}/environ");
        return !environment.Contains($"{Variable}={secret}", StringComparison.Ordinal)
            ? new Answer(check, true, planted.Count == 0 ? "nothing to plant" : $"{planted.Count} planted", "")
            : new Answer(
                check,
                false,
                "it arrived",
                $"systemd reads {planted[0]} as root, which {scene.Victim.User} controls: a link there brought {scene.Peer!.User}'s secret (0600) into the server's environment (EnvironmentFile= below a home)"
            );
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
