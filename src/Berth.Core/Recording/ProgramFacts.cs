namespace Berth.Recording;

/// <summary>The coding agents that are recognised.</summary>
public enum AgentKind
{
    None,
    Claude,
    Codex,
    Opencode,
}

/// <summary>What a process runs, read when it began to run it and shared by what it forks.</summary>
/// <param name="Argv">Its words on one line, without secrets.</param>
/// <param name="Program">The first word without its folder: what a person would call it.</param>
/// <param name="Agent">The agent that it is; a tool that an agent runs through its own binary is none.</param>
/// <param name="Session">The conversation, as the agent was told it; null when it was not.</param>
/// <param name="Folder">The working folder of an agent; null where it is not known.</param>
public sealed record ProgramFacts(string Argv, string Program, AgentKind Agent, string? Session, string? Folder)
{
    /// <summary>Of something that ended before it could be read.</summary>
    public static ProgramFacts Unread { get; } = new("", "", AgentKind.None, null, null);

    /// <param name="words">The words it was started with, without secrets.</param>
    /// <param name="exe">The file that it runs; empty where that is not known.</param>
    /// <param name="folder">Its working folder; null where that is not known.</param>
    public static ProgramFacts Of(IReadOnlyList<string> words, string exe, string? folder)
    {
        if (words.Count == 0)
            return exe.Length == 0 ? Unread : Unread with { Argv = exe, Program = Last(exe) };
        var agent = Recognise(words, exe);
        return new ProgramFacts(
            Recording.Argv.Line(words),
            Last(words[0]),
            agent,
            agent is AgentKind.None ? null : Conversation(words),
            agent is AgentKind.None ? null : folder
        );
    }

    /// <summary>An agent calls the searches that it runs through its own binary by their own names (<c>ugrep</c>,
    /// <c>bfs</c>), so the first word decides. Where an interpreter is first, its script does.</summary>
    private static AgentKind Recognise(IReadOnlyList<string> words, string exe)
    {
        var first = Last(words[0]);
        if (Named(first) is var named and not AgentKind.None)
            return named;
        if (first is "node" or "nodejs" or "bun" or "deno")
        {
            foreach (var word in words.Skip(1).Take(8))
            {
                if (word.StartsWith('-'))
                    continue;
                return Script(word);
            }
            return AgentKind.None;
        }
        // Claude Code's own installer names the binary by its version: …/claude/versions/2.1.205.
        return first == Last(exe) ? Installed(exe) : AgentKind.None;
    }

    private static AgentKind Named(string name) =>
        name switch
        {
            "claude" or "claude.exe" => AgentKind.Claude,
            "codex" => AgentKind.Codex,
            "opencode" => AgentKind.Opencode,
            _ => AgentKind.None,
        };

    private static AgentKind Script(string path) =>
        path.Contains("/@anthropic-ai/claude-code/", StringComparison.Ordinal) ? AgentKind.Claude
        : path.Contains("/@openai/codex/", StringComparison.Ordinal) ? AgentKind.Codex
        : path.Contains("/opencode-ai/", StringComparison.Ordinal) ? AgentKind.Opencode
        : Named(Last(path));

    private static AgentKind Installed(string exe) =>
        exe.Contains("/claude/versions/", StringComparison.Ordinal) ? AgentKind.Claude : Script(exe);

    private static string? Conversation(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            foreach (var option in (ReadOnlySpan<string>)["--session-id", "--resume", "--session", "-r"])
            {
                if (words[i] == option && i + 1 < words.Count && IsId(words[i + 1]))
                    return words[i + 1];
                if (
                    words[i].StartsWith(option + "=", StringComparison.Ordinal) && IsId(words[i][(option.Length + 1)..])
                )
                    return words[i][(option.Length + 1)..];
            }
            // codex resume ID
            if (words[i] is "resume" && i + 1 < words.Count && IsId(words[i + 1]))
                return words[i + 1];
        }
        return null;
    }

    private static bool IsId(string word) =>
        word.Length is >= 3 and <= 80
        && word[0] is not '-'
        && word.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static string Last(string path)
    {
        var slash = path.AsSpan().TrimEnd('/').LastIndexOf('/');
        return slash < 0 ? path : path[(slash + 1)..].TrimEnd('/');
    }
}
