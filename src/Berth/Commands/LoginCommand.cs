using System.CommandLine;
using System.Runtime.InteropServices;
using Berth.Credentials;
using Berth.Host;

namespace Berth.Commands;

/// <summary><c>berth login</c>: the caller's own rotating logins.</summary>
public static class LoginCommand
{
    public static Command Create()
    {
        var watch = new Command("watch", "Keep your agents' logins whole (what berth-login@USER.service runs)");
        watch.SetAction(_ => Watch());
        var check = new Command("check", "Look at your agents' logins once, and restore what was wiped");
        check.SetAction(_ => Check());
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

    private static int Check()
    {
        if (Refused() is { } code)
            return code;
        var healed = 0;
        var states = Open(_ => healed++, probe: false).Look(Token());
        foreach (var (agent, state) in states)
            Console.Out.WriteLine(
                $"{agent}: {state switch
            {
                LoginState.None => "not signed in",
                LoginState.Good => "good",
                LoginState.Wiped => "wiped, and no good copy is left: sign in again",
                _ => "damaged, and no good copy is left: sign in again",
            }}"
            );
        return states.Values.Any(state => state is LoginState.Wiped or LoginState.Broken)
            ? ExitCodes.Failed
            : ExitCodes.Ok;
    }

    private static LoginWatch Open(Action<Happening>? tell = null, bool probe = true)
    {
        var home = Environment.GetEnvironmentVariable("HOME")!;
        var state =
            Environment.GetEnvironmentVariable("STATE_DIRECTORY") ?? Path.Join(home, ".local/state/berth/login");
        Directory.CreateDirectory(state, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        LaunchCommand.ExtendPath(home);
        return new LoginWatch(
            home,
            state,
            probe ? new AgentProbe(Path.Join(state, "probe")) : null,
            TimeProvider.System,
            happening =>
            {
                TokenCommand.Say(Environment.UserName, happening);
                tell?.Invoke(happening);
            },
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
