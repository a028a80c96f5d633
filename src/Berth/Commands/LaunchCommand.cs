using System.CommandLine;
using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Berth.Credentials;
using Berth.Host;

namespace Berth.Commands;

/// <summary><c>berth launch</c>: an agent in this terminal, with the caller's own token. Needs no root and no running
/// service.</summary>
public static class LaunchCommand
{
    private static readonly Option<string> s_session = new("--session")
    {
        Description = "Name of the conversation; the same name in the same folder goes on with it",
        HelpName = "NAME",
    };

    private static readonly Option<string> s_workspace = new("--workspace")
    {
        Description = "Folder to work in; your home by default",
        HelpName = "FOLDER",
    };

    private static readonly Argument<string[]> s_arguments = new("ARGUMENTS")
    {
        Description = "For the agent, after --",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create()
    {
        var command = new Command("launch", "Start Claude Code here, signed in with your own token")
        {
            s_session,
            s_workspace,
            s_arguments,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (Environment.GetEnvironmentVariable("HOME") is not { Length: > 0 } home)
            return Fail("HOME is not set");
        ExtendPath(home);
        var folder = Path.GetFullPath(parse.GetValue(s_workspace) ?? home);
        if (!Directory.Exists(folder))
            return Fail($"there is no folder {folder}");
        if (AgentProbe.Find("claude") is not { } program)
            return Fail("claude is not installed for you: npm install -g @anthropic-ai/claude-code");
        var start = new ProcessStartInfo(program) { UseShellExecute = false, WorkingDirectory = folder };
        foreach (var word in Session(home, folder, parse.GetValue(s_session)))
            start.ArgumentList.Add(word);
        foreach (var word in parse.GetValue(s_arguments) ?? [])
            start.ArgumentList.Add(word);
        if (OwnToken.Read(HostPaths.Live, Environment.UserName) is var (token, generation))
        {
            start.Environment[TokenText.Variable] = token;
            start.Environment[TokenText.GenerationVariable] = generation.ToString();
            KeepOnboarded(home);
            foreach (var name in Shadowing.In(Environment.GetEnvironmentVariable))
                Console.Error.WriteLine($"berth: {name} is set: the agent prefers it to your token (unset {name})");
        }
        // What the terminal's keys send is for the agent.
        Console.CancelKeyPress += (_, key) => key.Cancel = true;
        using var agent = Process.Start(start)!;
        agent.WaitForExit();
        if (agent.ExitCode == 0 || Console.IsInputRedirected)
            return agent.ExitCode;
        var shell = Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } own ? own : "/bin/sh";
        Console.Error.WriteLine(
            $"berth: the agent ended with {agent.ExitCode}; this is a shell in {folder} ('berth launch' starts it again)"
        );
        Directory.SetCurrentDirectory(folder);
        _ = Native.Execute(shell, [shell, null]);
        return agent.ExitCode;
    }

    /// <summary>A conversation has an id of its own from the start. A named one has the same id each time, and is gone
    /// on with where it exists.</summary>
    private static string[] Session(string home, string folder, string? name)
    {
        if (name is null)
            return ["--session-id", Guid.NewGuid().ToString()];
        var bytes = XxHash128.Hash(Encoding.UTF8.GetBytes($"{folder}\n{name}"));
        // RFC 9562: version 8 (made by a rule of one's own), variant 10.
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x80);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        var id = new Guid(bytes, bigEndian: true);
        var projects = Path.Join(home, ".claude/projects");
        var known =
            Directory.Exists(projects)
            && Directory.EnumerateFiles(projects, $"{id}.jsonl", SearchOption.AllDirectories).Any();
        return known ? ["--resume", id.ToString()] : ["--session-id", id.ToString(), "--name", name];
    }

    /// <summary>With a token there is nothing to ask at the first start; several processes rewrite that file, and the
    /// flag gets lost (anthropics/claude-code #28922).</summary>
    private static void KeepOnboarded(string home)
    {
        var path = Path.Join(home, ".claude.json");
        var files = new Files(HostPaths.Live);
        var settings = files.Exists(path)
            ? files.Untrusted(path, 64 << 20) is { } text
                ? AgentLogin.Parse(text)
                : null
            : new JsonObject();
        if (settings is null || settings["hasCompletedOnboarding"] is JsonValue)
            return;
        settings["hasCompletedOnboarding"] = true;
        try
        {
            files.WriteState(path, Encoding.UTF8.GetBytes(settings.ToJsonString()), 0x180);
        }
        catch (IOException full)
        {
            Console.Error.WriteLine($"berth: {full.Message}; the agent may ask its first questions again");
        }
    }

    /// <summary>Programs that a person installed for themselves are found, after the system's.</summary>
    public static void ExtendPath(string home)
    {
        var path = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } set
            ? set
            : "/usr/local/bin:/usr/bin:/bin";
        var own = Path.Join(home, ".local/bin");
        if (!path.Split(':').Contains(own, StringComparer.Ordinal))
            Environment.SetEnvironmentVariable("PATH", $"{path}:{own}");
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }
}
