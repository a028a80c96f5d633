using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Berth.Credentials;
using Berth.Host;
using Berth.Units;

namespace Berth.Commands;

/// <summary><c>berth login</c>: the caller's own rotating logins.</summary>
public static class LoginCommand
{
    public static Command Create()
    {
        var watch = new Command("watch", "Keep your agents' logins whole (what berth-login@USER.service runs)");
        watch.SetAction(_ => Watch());
        var check = new Command("check", "Look at your agents' logins once, and restore what was wiped");
        check.SetAction(parse => Check(parse.GetValue(Shared.Json)));
        return new Command("login", "Your own agent logins: watched, copied, restored") { watch, check };
    }

    private static int Watch()
    {
        if (Refused() is { } code)
            return code;
        using var end = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        Open().Run(Token, end.Token);
        return ExitCodes.Ok;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
    }

    private static int Check(bool json)
    {
        if (Refused() is { } code)
            return code;
        var token = Token();
        var states = Open(probe: false).Look(token);
        bool Unused(string agent) => token is not null && agent == AgentLogin.Claude.Agent;
        if (json)
            Console.Out.WriteLine(
                new JsonObject(
                    states.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.ToString()))
                ).ToJsonString()
            );
        else
            foreach (var (agent, state) in states)
                Console.Out.WriteLine($"{agent}: {(Unused(agent) ? "not used, there is a token" : Says(state))}");
        return states.Any(pair => pair.Value is LoginState.Wiped or LoginState.Broken && !Unused(pair.Key))
            ? ExitCodes.Failed
            : ExitCodes.Ok;
    }

    private static string Says(LoginState state) =>
        state switch
        {
            LoginState.None => "not signed in",
            LoginState.Good => "good",
            LoginState.Wiped => "wiped, and no good copy is left: sign in again",
            _ => "damaged, and no good copy is left: sign in again",
        };

    /// <summary>Where the copies are: the service's folder where it runs, else one below the home.</summary>
    private static string State(string home)
    {
        if (Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } given)
            return given;
        var service = $"{CredentialUnits.LoginState}/{Environment.UserName}";
        return Directory.Exists(service) ? service : Path.Join(home, ".local/state/berth/login");
    }

    private static LoginWatch Open(bool probe = true)
    {
        var home = Environment.GetEnvironmentVariable("HOME")!;
        var state = State(home);
        Directory.CreateDirectory(state, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        LaunchCommand.ExtendPath(home);
        return new LoginWatch(
            home,
            state,
            probe ? new AgentProbe(Path.Join(state, "probe")) : null,
            TimeProvider.System,
            happening => TokenPass.Say(Environment.UserName, happening),
            says => Console.Error.WriteLine($"berth: {says}"),
            Environment.GetEnvironmentVariable(TokenFile.CopyVariable) is { Length: > 0 } copy
                ? Path.Join(home, copy)
                : null
        );
    }

    private static (string Token, int Generation)? Token() => OwnToken.Read(HostPaths.Live, Environment.UserName);

    private static int? Refused()
    {
        if (Native.EffectiveUser() != 0 && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 })
            return null;
        Console.Error.WriteLine(
            "berth: this looks after the logins of the person who runs it; root's are nobody's (sudo -u USER berth login check)"
        );
        return ExitCodes.Failed;
    }
}
