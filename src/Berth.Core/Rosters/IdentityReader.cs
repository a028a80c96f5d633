using System.Collections.Frozen;

namespace Berth.Rosters;

/// <summary>Reads <c>gateway: identity:</c>.</summary>
internal static class IdentityReader
{
    /// <summary>Which keys of an identity say something for which kind.</summary>
    private static readonly Dictionary<string, string[]> s_keys = new(StringComparer.Ordinal)
    {
        ["jwt"] = ["header", "jwks", "issuer", "audience", "claim", "clock-skew", "domain"],
        ["header"] = ["header", "secret-file", "secret-header", "domain"],
        ["link"] = ["session-days"],
    };

    /// <summary>Headers that mean something to HTTP itself, or to the browser's sessions.</summary>
    private static readonly FrozenSet<string> s_taken = new[]
    {
        "Connection",
        "Content-Length",
        "Cookie",
        "Expect",
        "Host",
        "Keep-Alive",
        "Origin",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static IdentitySettings Read(Section keys, bool unix)
    {
        var said = keys.Choice("kind");
        var kind = said ?? "link";
        var settings = new IdentitySettings(
            kind,
            keys.Text("header"),
            keys.Text("jwks"),
            keys.Text("issuer"),
            keys.Text("audience"),
            keys.Text("secret-file")
        );
        // A misspelt kind is one problem, not five.
        if (keys.Malformed || (keys.Has("kind") && said is null))
            return settings;
        settings = settings with
        {
            Claim = keys.Text("claim") ?? settings.Claim,
            SecretHeader = keys.Text("secret-header") ?? settings.SecretHeader,
            Domain = Domain(keys),
            ClockSkew = keys.Number("clock-skew") ?? settings.ClockSkew,
            SessionDays = keys.Number("session-days") ?? settings.SessionDays,
        };
        foreach (var entry in keys.Entries.Where(entry => entry.Key.Value is not "kind"))
        {
            if (!s_keys[kind].Contains(entry.Key.Value, StringComparer.Ordinal))
                keys.Report(
                    entry.Key,
                    $"identity: kind {kind} has no use for {entry.Key.Value}",
                    keys.Has("kind") ? "take it out, or change the kind" : "add 'kind:' (jwt, header or link)"
                );
        }
        if (kind is not "link" && keys.Lacks("header"))
            keys.Report(
                keys.Node,
                $"identity: kind {kind} needs the header that carries it",
                "for example header: X-authentik-jwt"
            );
        Header(keys, "header", settings.Header);
        if (kind is "jwt")
            Jwt(keys, settings);
        if (kind is "header")
            Plain(keys, settings, unix);
        return settings;
    }

    private static void Jwt(Section keys, IdentitySettings settings)
    {
        if (keys.Lacks("jwks"))
            keys.Report(
                keys.Node,
                "identity: kind jwt needs the signing keys",
                "add 'jwks:' with an https URL or a file"
            );
        else if (settings.Jwks is { } file && file.StartsWith('/'))
            Addresses.Trusted(keys, "jwks", file);
        else if (settings.Jwks is { } jwks && !Addresses.IsSecure(jwks))
            keys.Report(
                "jwks",
                $"identity: jwks is {Names.Shown(jwks)}",
                "write an https URL, or the absolute path of a file"
            );
        if (keys.Lacks("issuer"))
            keys.Report(
                keys.Node,
                "identity: kind jwt needs the issuer, or tokens of every issuer with these keys are taken",
                "add 'issuer:' as its tokens name it ('iss')"
            );
        if (keys.Lacks("audience"))
            keys.Report(
                keys.Node,
                "identity: kind jwt needs the audience, or tokens made for another application are taken",
                "add 'audience:' as its tokens name it ('aud')"
            );
    }

    private static void Plain(Section keys, IdentitySettings settings, bool unix)
    {
        if (!unix && keys.Lacks("secret-file"))
            keys.Report(
                keys.Node,
                "identity: a plain header over TCP can be sent by anybody who reaches the port",
                "listen on unix:/PATH, or add 'secret-file:', or use kind jwt"
            );
        else if (keys.Has("secret-header") && keys.Lacks("secret-file"))
            keys.Report(
                "secret-header",
                "identity: secret-header carries nothing without secret-file",
                "add 'secret-file:', or take it out"
            );
        Addresses.Trusted(keys, "secret-file", settings.SecretFile);
        Header(keys, "secret-header", settings.SecretHeader);
        if (string.Equals(settings.Header, settings.SecretHeader, StringComparison.OrdinalIgnoreCase))
            keys.Report("header", "identity: one header cannot carry both person and secret", "name two");
    }

    private static void Header(Section keys, string key, string? header)
    {
        if (header is null)
            return;
        if (!header.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            keys.Report(key, $"identity: {Names.Shown(header)} cannot name a header", "use letters, digits and -");
        else if (s_taken.Contains(header))
            keys.Report(key, $"identity: the header {header} has a meaning of its own", "use one such as X-User");
    }

    private static string? Domain(Section keys)
    {
        if (keys.Text("domain") is not { } text)
            return null;
        var domain = text.ToLowerInvariant();
        if (IsDomain(domain))
            return domain;
        var bare = domain.TrimStart('@');
        keys.Report(
            "domain",
            $"identity: domain is {Names.Shown(text)}",
            bare != domain && IsDomain(bare)
                ? $"did you mean '{bare}'?"
                : "write what follows the @, such as example.com"
        );
        return null;
    }

    private static bool IsDomain(string text) =>
        text.Length <= 253
        && text.Split('.')
            .All(part => part.Length is > 0 and <= 63 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-'));
}
