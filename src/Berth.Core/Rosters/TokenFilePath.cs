namespace Berth.Rosters;

/// <summary>Reads <c>token-file:</c>, a path below a home.</summary>
internal static class TokenFilePath
{
    private const string Key = "token-file";

    public static string? Read(Section keys)
    {
        if (keys.Text(Key) is not { } path)
            return null;
        var plain = path.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');
        var parts = path.Split('/');
        if (plain && parts.All(part => part is not ("" or "." or "..")))
            return path;
        keys.Report(
            Key,
            $"{keys.Name}: token-file is {Names.Shown(path)}",
            "write a path below the home of letters, digits, '.', '_' and '-', such as .config/claude-oauth.env"
        );
        return null;
    }
}
