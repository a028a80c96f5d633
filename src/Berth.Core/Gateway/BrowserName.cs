namespace Berth.Gateway;

/// <summary>A browser in a few words, so that a person knows which of their sign-ins it is. What a browser says of
/// itself is a claim: nothing is decided by it, and none of it is kept but these words.</summary>
public static class BrowserName
{
    // Each also says the names of those below it: the first that fits is right.
    private static readonly (string Mark, string Name)[] s_browsers =
    [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];

    private static readonly (string Mark, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    /// <param name="agent">The User-Agent header.</param>
    public static string Of(string? agent)
    {
        var browser = Find(agent, s_browsers);
        var system = Find(agent, s_systems);
        return (browser, system) switch
        {
            (null, null) => "a browser",
            (null, _) => $"a browser on {system}",
            (_, null) => browser,
            _ => $"{browser} on {system}",
        };
    }

    private static string? Find(string? agent, (string Mark, string Name)[] names)
    {
        foreach (var (mark, name) in names)
        {
            if (agent?.Contains(mark, StringComparison.Ordinal) is true)
                return name;
        }
        return null;
    }
}
