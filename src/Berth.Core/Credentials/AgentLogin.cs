using System.Text.Json;
using System.Text.Json.Nodes;

namespace Berth.Credentials;

/// <summary>One rotating login inside of an agent's file.</summary>
/// <param name="Key">Its key at the top of the file.</param>
/// <param name="State">What it is worth.</param>
/// <param name="Freshness">Grows with each refresh: milliseconds since 1970.</param>
public sealed record LoginEntry(string Key, LoginState State, long Freshness);

public enum LoginState
{
    /// <summary>No file, or no login in it: nobody signed in, or signed out on purpose.</summary>
    None,

    /// <summary>It has a refresh token.</summary>
    Good,

    /// <summary>The loser of a refresh race wrote it: it is there, with empty tokens.</summary>
    Wiped,

    /// <summary>No JSON: a write that was cut short.</summary>
    Broken,
}

/// <summary>Where an agent keeps its login, and how to read it. One description for each agent; everything else is the
/// same program.</summary>
/// <param name="Agent">Name, also in the store.</param>
/// <param name="FolderVariable">Variable that moves the folder; null for none.</param>
/// <param name="Folder">Folder below the home.</param>
/// <param name="File">File name.</param>
/// <param name="IsLogin">Whether a key at the top holds a rotating login.</param>
/// <param name="Refresh">The refresh token in it.</param>
/// <param name="Access">The access token in it.</param>
/// <param name="Fresh">Its freshness.</param>
public sealed record AgentLogin(
    string Agent,
    string? FolderVariable,
    string Folder,
    string File,
    Func<string, JsonObject, bool> IsLogin,
    string Refresh,
    string Access,
    Func<JsonObject, JsonObject, long> Fresh
)
{
    /// <summary>Claude Code: <c>claudeAiOauth</c>; siblings such as <c>mcpOAuth</c> are other tools'.</summary>
    public static AgentLogin Claude { get; } =
        new(
            "claude",
            "CLAUDE_CONFIG_DIR",
            ".claude",
            ".credentials.json",
            (key, _) => key is "claudeAiOauth",
            "refreshToken",
            "accessToken",
            (_, login) => Number(login["expiresAt"])
        );

    /// <summary>Codex: <c>tokens</c>, with <c>last_refresh</c> beside it.</summary>
    public static AgentLogin Codex { get; } =
        new(
            "codex",
            "CODEX_HOME",
            ".codex",
            "auth.json",
            (key, _) => key is "tokens",
            "refresh_token",
            "access_token",
            (file, _) => Moment(file["last_refresh"])
        );

    /// <summary>opencode: one entry for each provider; those of type <c>oauth</c> rotate.</summary>
    public static AgentLogin OpenCode { get; } =
        new(
            "opencode",
            null,
            ".local/share/opencode",
            "auth.json",
            (_, login) => Text(login["type"]) is "oauth",
            "refresh",
            "access",
            (_, login) => Number(login["expires"])
        );

    public static IReadOnlyList<AgentLogin> All { get; } = [Claude, Codex, OpenCode];

    public static AgentLogin? Named(string agent) => All.FirstOrDefault(login => login.Agent == agent);

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>The file's JSON; null when it is none. What parsing would put off is looked at now: nothing in the result
    /// throws when it is read.</summary>
    public static JsonObject? Parse(string text)
    {
        try
        {
            var json = JsonNode.Parse(text, documentOptions: s_strict) as JsonObject;
            Touch(json);
            return json;
        }
        catch (Exception none) when (none is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Touch(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (_, value) in map)
                    Touch(value);
                break;
            case JsonArray list:
                foreach (var value in list)
                    Touch(value);
                break;
            case JsonValue text when text.GetValueKind() is JsonValueKind.String:
                _ = text.GetValue<string>();
                break;
        }
    }

    /// <summary>The logins in a file.</summary>
    public IReadOnlyList<LoginEntry> Entries(JsonObject file)
    {
        var entries = new List<LoginEntry>();
        foreach (var (key, value) in file)
        {
            if (value is not JsonObject login || !IsLogin(key, login))
                continue;
            var empty = string.IsNullOrEmpty(Text(login[Refresh]));
            var state =
                !empty ? LoginState.Good
                : login.ContainsKey(Refresh) && string.IsNullOrEmpty(Text(login[Access])) ? LoginState.Wiped
                : LoginState.None;
            entries.Add(new LoginEntry(key, state, Fresh(file, login)));
        }
        return entries;
    }

    /// <summary>What a file is worth as a whole: the worst of its logins.</summary>
    public LoginState StateOf(string? text)
    {
        if (text is null || text.Length == 0)
            return text is null ? LoginState.None : LoginState.Broken;
        if (Parse(text) is not { } file)
            return LoginState.Broken;
        var states = Entries(file).Select(entry => entry.State).ToList();
        return states.Contains(LoginState.Wiped) ? LoginState.Wiped
            : states.Contains(LoginState.Good) ? LoginState.Good
            : LoginState.None;
    }

    private static long Number(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<long>(out var number) ? number
        : node is JsonValue real && real.TryGetValue<double>(out var fraction) ? (long)fraction
        : 0;

    private static long Moment(JsonNode? node) =>
        DateTimeOffset.TryParse(
            Text(node),
            System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal,
            out var moment
        )
            ? moment.ToUnixTimeMilliseconds()
            : 0;

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
