using System.Globalization;

namespace Berth.Gateway;

/// <summary>The session that a server gave to Berth for its person's browser.</summary>
/// <param name="Name">As the server itself had named it before.</param>
/// <param name="Value">A secret of this person's.</param>
/// <param name="Expires">When it ends; null for the end of the browser's own session.</param>
public sealed record SessionCookie(string Name, string Value, DateTimeOffset? Expires)
{
    /// <summary>As a browser sends it back.</summary>
    public string Pair => $"{Name}={Value}";

    /// <summary>As it is set in the person's browser: for this address alone, out of reach of scripts, whatever the
    /// server had wished for.</summary>
    /// <param name="secure">Whether the browser came over TLS.</param>
    public string Header(bool secure) =>
        Pair
        + "; Path=/"
        + (Expires is { } moment ? $"; Expires={moment.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}" : "")
        + "; HttpOnly; SameSite=Lax"
        + (secure ? "; Secure" : "");

    /// <summary>Picks the session out of what a server sets.</summary>
    /// <param name="headers">Every <c>Set-Cookie:</c> header.</param>
    /// <param name="name">What the server calls its session.</param>
    /// <returns>Null when there is none, or one that cannot be passed on.</returns>
    public static SessionCookie? Pick(IEnumerable<string> headers, string name)
    {
        // Of two, a browser keeps the later one.
        if (
            !ServerCookies.IsName(name)
            || headers.LastOrDefault(header => ServerCookies.SetName(header) == name) is not { } set
        )
            return null;
        var parts = set.Split(';', StringSplitOptions.TrimEntries);
        var value = parts[0][(parts[0].IndexOf('=', StringComparison.Ordinal) + 1)..].Trim();
        if (!ServerCookies.IsValue(value))
            return null;
        DateTimeOffset? expires = null;
        foreach (var attribute in parts.Skip(1))
        {
            var (key, text) = attribute.Split('=', 2) is [var first, var second] ? (first, second) : (attribute, "");
            if (key.Equals("Max-Age", StringComparison.OrdinalIgnoreCase) && text is "0" or ['-', ..])
                return null;
            if (
                key.Equals("Expires", StringComparison.OrdinalIgnoreCase)
                && DateTimeOffset.TryParse(
                    text,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal,
                    out var moment
                )
            )
                expires = moment;
        }
        return new SessionCookie(name, value, expires);
    }

    /// <summary>Never the value: this is what a log would get.</summary>
    public override string ToString() => $"{Name}=[redacted]";
}
