using System.Text;

namespace Berth.Gateway;

/// <summary>What a server sets and is sent: <c>Cookie:</c> and <c>Set-Cookie:</c> taken apart as browsers do (RFC 6265).</summary>
public static class ServerCookies
{
    private const int LongestName = 128;
    private const int LongestValue = 4096;

    /// <summary>Whether a server may call its session cookie so. Names that Berth itself uses are not for servers.
    /// </summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName
        && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c))
        && !name.Contains("berth", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a value can be passed on as it stands.</summary>
    public static bool IsValue(string value) =>
        value.Length is > 0 and <= LongestValue
        && value.All(c => c is > ' ' and < '\u007f' and not ('"' or ',' or ';' or '\\'));

    /// <summary>What a browser sends under one name, and nothing else of what it sends; null for nothing.</summary>
    /// <param name="headers">Every <c>Cookie:</c> header.</param>
    /// <param name="name">The name.</param>
    public static string? Only(IEnumerable<string?> headers, string name)
    {
        var found = Pairs(headers).Where(pair => Is(pair, name)).ToList();
        return found.Count == 0 ? null : string.Join("; ", found);
    }

    /// <summary>What a browser sends, with one cookie put in the place of all of its name.</summary>
    /// <param name="headers">Every <c>Cookie:</c> header.</param>
    /// <param name="name">The cookie's name.</param>
    /// <param name="value">Its value; null for none.</param>
    public static string With(IEnumerable<string?> headers, string name, string? value)
    {
        var text = new StringBuilder();
        var pairs = Pairs(headers).Where(pair => !Is(pair, name));
        return text.AppendJoin("; ", value is null ? pairs : pairs.Append($"{name}={value}")).ToString();
    }

    /// <summary>The name that a <c>Set-Cookie:</c> header sets.</summary>
    public static string SetName(string header)
    {
        var pair = header.Split(';', 2)[0];
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? "" : pair[..equals].Trim();
    }

    private static IEnumerable<string> Pairs(IEnumerable<string?> headers) =>
        headers.SelectMany(header =>
            (header ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );

    private static bool Is(string pair, string name) =>
        pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal);
}
