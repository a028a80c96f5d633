namespace Berth.Gateway;

/// <summary>A Cookie header: <c>name=value</c> pairs with semicolons between (RFC 6265, 5.4).</summary>
public static class CookieText
{
    /// <summary>Begins the names of Berth's own cookies: no server sees them, and none may set one.</summary>
    public const string Prefix = "berth_";

    private static readonly string[] s_stricter = ["__Host-", "__Secure-"];

    /// <summary>Cookies of sign-in proxies that are worth as much as the header they send.</summary>
    private static readonly string[] s_proxies = ["CF_Authorization", "authentik_proxy_", "_oauth2_proxy"];

    /// <summary>Whether a name is one of Berth's own, however it is written.</summary>
    public static bool IsOwn(ReadOnlySpan<char> name)
    {
        foreach (var prefix in s_stricter)
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                name = name[prefix.Length..];
        return name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Takes out what proves who somebody is: Berth's own cookies, those of sign-in proxies, and any whose
    /// value is <paramref name="evidence"/>. The others stay byte for byte.</summary>
    /// <returns>The same text where there was nothing to take out; empty where nothing is left.</returns>
    public static string WithoutEvidence(string header, string? evidence)
    {
        List<string>? kept = null;
        var start = 0;
        for (var number = 0; start <= header.Length; number++)
        {
            var end = header.IndexOf(';', start);
            if (end < 0)
                end = header.Length;
            var pair = header.AsSpan(start, end - start);
            if (IsEvidence(pair, evidence))
                kept ??= [.. header[..Math.Max(0, start - 1)].Split(';').Take(number)];
            else
                kept?.Add(pair.ToString());
            start = end + 1;
        }
        return kept is null ? header : string.Join(';', kept).TrimStart();
    }

    /// <summary>The value of the one cookie of this name.</summary>
    /// <returns>False for none; an empty value for several, of which none is to be believed: whoever shares a name
    /// with this site can add one.</returns>
    public static bool TryFind(ReadOnlySpan<char> header, ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        value = [];
        var found = false;
        foreach (var range in header.Split(';'))
        {
            var pair = header[range].Trim(' ');
            if (pair.Length <= name.Length || pair[name.Length] is not '=' || !pair.StartsWith(name))
                continue;
            value = found ? [] : pair[(name.Length + 1)..];
            found = true;
        }
        return found;
    }

    private static bool IsEvidence(ReadOnlySpan<char> pair, string? evidence)
    {
        pair = pair.Trim();
        var split = pair.IndexOf('=');
        var name = (split < 0 ? pair : pair[..split]).TrimEnd();
        if (IsOwn(name))
            return true;
        foreach (var proxy in s_proxies)
        {
            if (name.StartsWith(proxy, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return split >= 0 && evidence is { Length: > 0 } && pair[(split + 1)..].SequenceEqual(evidence);
    }
}
