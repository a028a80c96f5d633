using System.Globalization;

namespace Berth.Credentials;

/// <summary>The delivered token as a file: two lines that systemd's <c>EnvironmentFile=</c>, a shell snippet and
/// 'berth launch' all read the same way, because no character in them means anything to any of them.</summary>
public static class TokenFile
{
    /// <summary>Below it, all of it root's: nobody else may change a name in it.</summary>
    public const string Folder = "/run/berth/tokens";

    /// <summary>What the service manager reads, as root; readable by root alone.</summary>
    public static string UnitPath(string user) => $"{Folder}/units/{user}.env";

    /// <summary>What the person's own processes read; theirs alone, mode 0400.</summary>
    public static string UserPath(string user) => $"{Folder}/{user}";

    /// <summary>Tells a login watch where, below the home, to keep a copy.</summary>
    public const string CopyVariable = "BERTH_TOKEN_FILE";

    public static string Render(string token, int generation) =>
        $"{TokenText.Variable}={token}\n{TokenText.GenerationVariable}={generation.ToString(CultureInfo.InvariantCulture)}\n";

    /// <summary>Strict: exactly the two lines, or nothing.</summary>
    public static (string Token, int Generation)? Parse(string text)
    {
        var lines = text.Split('\n');
        if (
            lines.Length != 3
            || lines[2].Length > 0
            || !lines[0].StartsWith(TokenText.Variable + "=", StringComparison.Ordinal)
            || !lines[1].StartsWith(TokenText.GenerationVariable + "=", StringComparison.Ordinal)
        )
            return null;
        var token = lines[0][(TokenText.Variable.Length + 1)..];
        return
            TokenText.Wrong(token) is null
            && int.TryParse(
                lines[1].AsSpan(TokenText.GenerationVariable.Length + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var generation
            )
            ? (token, generation)
            : null;
    }

    /// <summary>The same for login shells, written to <c>/etc/profile.d</c>: it reads two lines, looks at every
    /// character, and runs nothing that it read. A file that is not the caller's own is left alone, so that root with
    /// another person's USER does not pick up their token.</summary>
    public const string Snippet = $$"""
        # Gives this login shell its owner's token for coding agents. Reads {{Folder}}/NAME, which only NAME and root
        # can read; checks every character; executes nothing that it read.
        _berth_file={{Folder}}/${USER:-$(id -un)}
        if [ -z "${CLAUDE_CODE_OAUTH_TOKEN-}" ] && [ -f "$_berth_file" ] && [ -O "$_berth_file" ] && [ -r "$_berth_file" ]; then
            {
                IFS= read -r _berth_token
                IFS= read -r _berth_generation
            } <"$_berth_file"
            case $_berth_token in
            CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-?*)
                _berth_token=${_berth_token#CLAUDE_CODE_OAUTH_TOKEN=}
                _berth_generation=${_berth_generation#BERTH_TOKEN_GENERATION=}
                case $_berth_token$_berth_generation in
                *[!A-Za-z0-9_-]*) ;;
                *)
                    export CLAUDE_CODE_OAUTH_TOKEN="$_berth_token"
                    export BERTH_TOKEN_GENERATION="$_berth_generation"
                    ;;
                esac
                ;;
            esac
        fi
        unset _berth_file _berth_token _berth_generation

        """;

    public const string SnippetPath = "/etc/profile.d/berth-token.sh";
}
