using System.Text;

namespace Berth.Gateway;

/// <summary>Keeps Berth's own cookies between the browser and Berth: no server sees one, and none can set one. Nor can
/// a server set a cookie for more than the gateway's own host.</summary>
public static class CookiePolicy
{
    /// <summary>How the names of Berth's own cookies begin, after <c>__Host-</c> or <c>__Secure-</c>, if any.</summary>
    public const string OwnPrefix = "berth_";

    /// <summary>What a server is sent of a Cookie header; null when nothing is left of it.</summary>
    public static string? ForServer(string cookies)
    {
        if (!cookies.Contains(OwnPrefix, StringComparison.OrdinalIgnoreCase))
            return cookies;
        var kept = new StringBuilder(cookies.Length);
        foreach (var range in cookies.AsSpan().Split(';'))
        {
            var cookie = cookies.AsSpan()[range].Trim();
            if (cookie.Length == 0 || IsOwn(NameOf(cookie)))
                continue;
            if (kept.Length > 0)
                kept.Append("; ");
            kept.Append(cookie);
        }
        return kept.Length == 0 ? null : kept.ToString();
    }

    /// <summary>What the browser is given of a server's Set-Cookie; null when the server may not set it.</summary>
    public static string? ForBrowser(string setCookie)
    {
        var end = setCookie.IndexOf(';');
        var pair = setCookie.AsSpan(0, end < 0 ? setCookie.Length : end).Trim();
        // A cookie without a name is sent back as its value alone, which can look like any cookie.
        if (NameOf(pair) is not { Length: > 0 } name || IsOwn(name))
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

    private static bool IsOwn(ReadOnlySpan<char> name)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["__Host-", "__Secure-"])
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                name = name[prefix.Length..];
        return name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase);
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
