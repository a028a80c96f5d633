using Berth.Servers;

namespace Berth.Rosters;

/// <summary>Reads <c>environment:</c> of a server. Its values end up in files that every local user may read.</summary>
internal static class ServerEnvironment
{
    private static readonly string[] s_secretEndings =
    [
        "TOKEN",
        "_KEY",
        "APIKEY",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "CREDENTIALS",
    ];

    /// <summary>How the tokens of common services begin.</summary>
    private static readonly string[] s_secretStarts =
    [
        "sk-",
        "ghp_",
        "gho_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "hvs.",
        "AKIA",
        "eyJhbGci",
        "-----BEGIN",
    ];

    private static readonly string[] s_identity = ["HOME", "USER", "LOGNAME"];

    public static Dictionary<string, string> Read(Section keys, Preset? preset)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (keys.Value("environment"))
        {
            case null:
                break;
            case YamlMap map:
                foreach (var entry in map.Entries)
                {
                    if (Value(keys, entry, preset) is { } value && !variables.TryAdd(entry.Key.Value, value))
                        keys.Report(entry.Key, $"{keys.Name}: variable {entry.Key.Value} stands twice", "keep one");
                }
                break;
            case var other:
                keys.Report(
                    other,
                    $"{keys.Name}: environment must hold variables, and holds {Section.Held(other)}",
                    "for example environment: {NAME: value}"
                );
                break;
        }
        return variables;
    }

    private static string? Value(Section keys, YamlEntry entry, Preset? preset)
    {
        var variable = entry.Key.Value;
        string? Wrong(YamlNode place, string message, string hint)
        {
            keys.Report(place, $"{keys.Name}: {message}", hint);
            return null;
        }

        if (!IsVariable(variable))
            return Wrong(
                entry.Key,
                $"{Names.Shown(variable)} cannot name a variable",
                "use letters, digits and _, no digit first"
            );
        if (s_identity.Contains(variable, StringComparer.Ordinal))
            return Wrong(entry.Key, $"{variable} is each user's own", "take it out: Berth sets it");
        if (variable == preset?.PortVariable)
            return Wrong(entry.Key, $"{variable} is each user's own", "take it out: Berth sets it from 'ports'");
        if (s_secretEndings.Any(ending => variable.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            return Wrong(
                entry.Key,
                $"{variable} looks like a secret, and unit files are readable by everybody",
                "keep it in the token store (see 'store:')"
            );
        if (entry.Value is not YamlText { Value: var value })
            return Wrong(
                entry.Value,
                $"{variable} must be one text, and holds {Section.Held(entry.Value)}",
                "quote it"
            );
        if (value.Any(char.IsControl))
            return Wrong(entry.Value, $"{variable} holds a line break or another control character", "write one line");
        if (s_secretStarts.Any(start => value.StartsWith(start, StringComparison.Ordinal)))
            return Wrong(
                entry.Value,
                $"the value of {variable} looks like a secret, and unit files are readable by everybody",
                "keep it in the token store (see 'store:')"
            );
        ServerCommand.CheckPlaceholders(keys, entry.Value, value);
        return value;
    }

    private static bool IsVariable(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_');
}
