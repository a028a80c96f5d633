namespace Berth.Doctoring;

/// <summary>Tells agent servers by what was started, never by a process's own name for itself.</summary>
public static class AgentServers
{
    private static readonly string[] s_interpreters = ["node", "nodejs", "bun", "deno", "sh", "bash", "env", "npx"];

    /// <param name="words">The words that a process or unit was started with.</param>
    /// <returns>The preset's name; null for none that is known.</returns>
    public static string? Of(IReadOnlyList<string> words)
    {
        foreach (var word in words.Take(6))
        {
            if (word.StartsWith('-'))
                continue;
            var name = word[(word.LastIndexOf('/') + 1)..];
            if (Named(name, word, words) is { } server)
                return server;
            if (!s_interpreters.Contains(name, StringComparer.Ordinal))
                return null;
        }
        return null;
    }

    private static string? Named(string name, string path, IReadOnlyList<string> words) =>
        name switch
        {
            "t3" when words.Contains("serve", StringComparer.Ordinal) => "t3",
            "opencode"
                when words.Contains("serve", StringComparer.Ordinal) || words.Contains("web", StringComparer.Ordinal) =>
                "opencode",
            "code-server" => "code-server",
            "cloudcli" or "claude-code-ui" => "claude-code-ui",
            _ when path.Contains("/code-server/", StringComparison.Ordinal) => "code-server",
            _ when path.Contains("/claude-code-ui/", StringComparison.Ordinal) => "claude-code-ui",
            _ => null,
        };
}
