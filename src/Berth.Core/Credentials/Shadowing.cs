namespace Berth.Credentials;

/// <summary>Variables that Claude Code prefers to <c>CLAUDE_CODE_OAUTH_TOKEN</c>, strongest first (facts:
/// credentials): one that is set anywhere makes the delivered token useless without a word.</summary>
public static class Shadowing
{
    public static IReadOnlyList<string> Variables { get; } =
    [
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX",
        "CLAUDE_CODE_USE_FOUNDRY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_KEY",
    ];

    /// <summary>The setting that stands for such a variable in a settings file.</summary>
    public const string KeyHelper = "apiKeyHelper";

    /// <param name="value">Looks a variable up; null or empty when it is not set.</param>
    public static IReadOnlyList<string> In(Func<string, string?> value) =>
        Variables.Where(name => !string.IsNullOrEmpty(value(name))).ToList();

    /// <summary>What an agent's settings file sets above the token; its <c>env</c> is stronger than the shell.</summary>
    public static IReadOnlyList<string> InSettings(string text)
    {
        if (AgentLogin.Parse(text) is not { } settings)
            return [];
        var found = settings["env"] is System.Text.Json.Nodes.JsonObject env
            ? In(name => env[name]?.ToString()).ToList()
            : [];
        if (!string.IsNullOrEmpty(settings[KeyHelper]?.ToString()))
            found.Add(KeyHelper);
        return found;
    }
}
