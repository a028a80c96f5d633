using System.Collections.Frozen;
using Berth.Rosters;

namespace Berth.Servers;

/// <summary>The kinds of server Berth knows. Facts about each: docs/presets.md.</summary>
public static class Presets
{
    private static readonly FrozenDictionary<string, string> s_none = FrozenDictionary<string, string>.Empty;

    public static Preset T3 { get; } =
        new(
            "t3",
            "T3 Code server for {user} (t3 serve, per-user)",
            "https://github.com/pingdotgg/t3code",
            [
                "/usr/bin/t3",
                "serve",
                "--host",
                "{host}",
                "--port",
                "{port}",
                "--base-dir",
                "{home}/.t3",
                "--no-browser",
            ],
            "T3_PORT",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NODE_ENV"] = "production",
                // On by default in T3 Code; a box with several people's code on it does not report home.
                ["T3CODE_TELEMETRY_ENABLED"] = "false",
            }.ToFrozenDictionary(StringComparer.Ordinal),
            [],
            new ReadyCheck("/.well-known/t3/environment", "environmentId"),
            [".t3"],
            ["/usr/bin/t3", "--version"]
        );

    public static Preset OpenCode { get; } =
        new(
            "opencode",
            "opencode server for {user} (opencode serve, per-user)",
            "https://opencode.ai/docs/server",
            ["opencode", "serve", "--port", "{port}", "--hostname", "{host}"],
            "OPENCODE_PORT",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["OPENCODE_DISABLE_AUTOUPDATE"] = "true",
            }.ToFrozenDictionary(StringComparer.Ordinal),
            // Without a password every local user could drive the agent (facts: agent servers).
            ["OPENCODE_SERVER_PASSWORD"],
            new ReadyCheck("/global/health", "healthy", "opencode", "OPENCODE_SERVER_PASSWORD"),
            [".local/share/opencode"],
            ["opencode", "--version"]
        );

    public static Preset CodeServer { get; } =
        new(
            "code-server",
            "code-server for {user}",
            "https://coder.com/docs/code-server",
            [
                "code-server",
                "--bind-addr",
                "{host}:{port}",
                "--auth",
                "password",
                "--disable-telemetry",
                "--disable-update-check",
                "--user-data-dir",
                "{home}/.local/share/code-server",
            ],
            "CODE_SERVER_PORT",
            s_none,
            ["PASSWORD"],
            new ReadyCheck("/healthz", "status"),
            [".local/share/code-server"],
            ["code-server", "--version"],
            // Its outer process ends with 0 when the kernel kills the inner one that serves (seen with 4.139.1).
            ZeroIsFailure: true
        );

    public static Preset ClaudeCodeUi { get; } =
        new(
            "claude-code-ui",
            "Claude Code UI for {user} (cloudcli, per-user)",
            "https://github.com/siteboon/claudecodeui",
            ["cloudcli", "start"],
            "PORT",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DATABASE_PATH"] = "{home}/.local/share/claude-code-ui/auth.db",
            }.ToFrozenDictionary(StringComparer.Ordinal),
            // Its default JWT secret is a public constant.
            ["JWT_SECRET"],
            new ReadyCheck("/health", "status"),
            [".local/share/claude-code-ui", ".claude"],
            ["cloudcli", "--version"],
            // 1.12 has no option for it.
            ListensEverywhere: true
        );

    /// <summary>Any command: the roster gives it, and optionally a ready check and an environment.</summary>
    public static Preset Custom { get; } =
        new("custom", "Agent server for {user}", "", [], "PORT", s_none, [], ReadyCheck.Tcp, [], []);

    /// <summary>Every preset by its name.</summary>
    public static FrozenDictionary<string, Preset> All { get; } =
        new[] { T3, OpenCode, CodeServer, ClaudeCodeUi, Custom }.ToFrozenDictionary(
            preset => preset.Name,
            StringComparer.Ordinal
        );

    /// <summary>The preset as one roster's server uses it: command, environment and ready check overridden.</summary>
    public static Preset For(ServerSettings server)
    {
        var preset = All[server.Preset];
        var environment = new Dictionary<string, string>(preset.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in server.Environment)
            environment[name] = value;
        return preset with
        {
            Command = server.Command.Count > 0 ? server.Command : preset.Command,
            Environment = environment,
            Ready = server.Ready switch
            {
                null => preset.Ready,
                "tcp" => ReadyCheck.Tcp,
                var path => new ReadyCheck(path),
            },
        };
    }
}
