using System.Text;

namespace Berth.Gateway;

/// <summary>Keeps Berth's own cookies between the browser and Berth: no server sees one, and none can set one. Nor can
/// a server set a cookie for more than the gateway's own host.</summary>
public static class CookiePolicy
{
    /// <summary>What a server is sent of a Cookie header; null when nothing is left of it.</summary>
    public static string? ForServer(string cookies) =>
        CookieText.WithoutEvidence(cookies, null) is { Length: > 0 } kept ? kept : null;

    /// <summary>What the browser is given of a server's Set-Cookie; null when the server may not set it.</summary>
    public static string? ForBrowser(string setCookie)
    {
        var end = setCookie.IndexOf(';');
        var pair = setCookie.AsSpan(0, end < 0 ? setCookie.Length : end).Trim();
        // A cookie without a name is sent back as its value alone, which can look like any cookie.
        if (NameOf(pair) is not { Length: > 0 } name || CookieText.IsOwn(name))
            return null;
        if (end < 0 || !setCookie.Contains("domain", StringComparison.OrdinalIgnoreCase))
            return setCookie;
        var kept = new StringBuilder(setCookie.Length).Append(pair);
        foreach (var range in setCookie.AsSpan(end + 1).Split(';'))
        {
            var attribute = setCookie.AsSpan(end + 1)[range].Trim();
            if (attribute.Length > 0 && !NameOrAll(attribute).Equals("domain", StringComparison.OrdinalIgnoreCase))
                kept.Append("; ").Append(attribute);
        }
        return kept.ToString();
    }

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> pair)
    {
        var equals = pair.IndexOf('=');
        return equals < 0 ? default : pair[..equals].Trim();
    }

    private static ReadOnlySpan<char> NameOrAll(ReadOnlySpan<char> attribute)
    {
        var equals = attribute.IndexOf('=');
        return (equals < 0 ? attribute : attribute[..equals]).Trim();
    }
}
