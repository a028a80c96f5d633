using Berth.Servers;

namespace Berth.Gateway;

/// <summary>What is to be issued.</summary>
public enum MintKind
{
    /// <summary>A session that may issue credentials itself, over HTTP and in milliseconds.</summary>
    Session,

    /// <summary>One credential, where a build cannot do that.</summary>
    Credential,
}

/// <summary>The command with which a server's own program issues what its person signs in with. It is the program that
/// the server runs: a newer one would bring the database up to date by merely being asked (facts: agent servers).
/// </summary>
/// <param name="Program">Absolute, or looked up in <see cref="Environment"/>'s PATH.</param>
/// <param name="Arguments">Its arguments; no secret is among them.</param>
/// <param name="Environment">All of its variables, as the server's own unit has them.</param>
public sealed record MintCommand(
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment
)
{
    private const string BaseOption = "--base-dir";

    /// <returns>Null for a preset whose people need no such command.</returns>
    public static MintCommand? For(Route route, MintKind kind)
    {
        if (route.Server is null || route.Preset != Presets.T3.Name)
            return null;
        var preset = Presets.T3;
        var words = (route.Command.Length > 0 ? route.Command.Split('\n') : preset.Command)
            .Select(word => Placeholders.Fill(word, route.User, route.Home, route.Host, route.Port))
            .ToList();
        var program = words.TakeWhile(word => word != "serve").ToList();
        if (program.Count == 0)
            return null;
        IEnumerable<string> issue =
            kind is MintKind.Session
                ? ["auth", "session", "issue", "--json"]
                : ["auth", "pairing", "create", "--ttl", "5m", "--json"];
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = route.Home,
            ["PATH"] = $"/usr/local/bin:/usr/bin:/bin:{route.Home}/.local/bin",
        };
        foreach (var (name, value) in preset.Environment)
            environment[name] = Placeholders.Fill(value, route.User, route.Home, route.Host, route.Port);
        return new MintCommand(
            program[0],
            [.. program.Skip(1), .. issue, BaseOption, Base(words) ?? $"{route.Home}/.t3"],
            environment
        );
    }

    private static string? Base(List<string> words)
    {
        var at = words.LastIndexOf(BaseOption);
        if (at >= 0 && at + 1 < words.Count)
            return words[at + 1];
        return words
            .FindLast(word => word.StartsWith(BaseOption + "=", StringComparison.Ordinal))
            ?[(BaseOption.Length + 1)..];
    }

    /// <summary>The same, run by systemd as the person: capped, in the slice of the servers, its output in nobody's
    /// journal.</summary>
    public IReadOnlyList<string> AsTransientUnit(string user) =>
        [
            "--quiet",
            "--pipe",
            "--wait",
            "--collect",
            $"--uid={user}",
            $"--slice={Units.ServerUnits.Slice}",
            $"--description=Pairing of {user}",
            $"--working-directory={Environment["HOME"]}",
            "--property=MemoryMax=512M",
            "--property=MemorySwapMax=0",
            "--property=TasksMax=256",
            "--property=RuntimeMaxSec=60",
            "--property=NoNewPrivileges=yes",
            "--property=PrivateTmp=yes",
            "--property=ProtectProc=invisible",
            "--property=UMask=0077",
            "--property=LimitCORE=0",
            .. Environment.Select(variable => $"--setenv={variable.Key}={variable.Value}"),
            "--",
            // Found by their PATH and with their rights: the daemon may not even look into a home.
            "/usr/bin/env",
            Program,
            .. Arguments,
        ];
}
