namespace Berth.Servers;

/// <summary>The place-holders of a start command and an environment value.</summary>
public static class Placeholders
{
    public static string Fill(string text, string user, string home, string host, int port) =>
        text.Contains('{')
            ? text.Replace("{user}", user, StringComparison.Ordinal)
                .Replace("{home}", home, StringComparison.Ordinal)
                .Replace("{host}:", Authority(host) + ":", StringComparison.Ordinal)
                .Replace("{host}", host, StringComparison.Ordinal)
                .Replace("{port}", port.ToString(), StringComparison.Ordinal)
            : text;

    /// <summary>An address as it stands before a colon and a port: an IPv6 address in brackets.</summary>
    public static string Authority(string host) => host.Contains(':') ? $"[{host}]" : host;
}
