using System.Net;

namespace Berth.Rosters;

/// <summary>Reads <c>gateway:</c> and <c>store:</c>, the two edges to the outside.</summary>
internal static class EdgeReader
{
    /// <summary>Which keys of an identity say something for which kind.</summary>
    private static readonly Dictionary<string, string[]> s_identityKeys = new(StringComparer.Ordinal)
    {
        ["jwt"] = ["header", "jwks", "issuer", "audience"],
        ["header"] = ["header", "secret-file"],
        ["link"] = [],
    };

    public static GatewaySettings Gateway(Section keys, List<Problem> problems)
    {
        var listen = keys.Text("listen") ?? "127.0.0.1:3780";
        var unix = listen.StartsWith("unix:/", StringComparison.Ordinal) && listen.Length > "unix:/".Length;
        if (!unix && !(IPEndPoint.TryParse(listen, out var address) && address.Port > 0))
            keys.Report(
                "listen",
                $"gateway: listen is {Names.Shown(listen)}",
                "write ADDRESS:PORT such as 127.0.0.1:3780, or unix:/run/berth/gateway.sock"
            );
        return keys.Has("identity")
            ? new GatewaySettings(
                listen,
                Identity(
                    new Section(keys.File, "identity", keys.Value("identity"), RosterKeys.Identity, problems),
                    unix
                )
            )
            : new GatewaySettings(listen, IdentitySettings.Link);
    }

    private static IdentitySettings Identity(Section keys, bool unix)
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
        if (keys.Has("kind") && said is null)
            return settings;
        foreach (var entry in keys.Entries.Where(entry => entry.Key.Value is not "kind"))
        {
            if (!s_identityKeys[kind].Contains(entry.Key.Value, StringComparer.Ordinal))
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
        if (settings.Header is { } header && !header.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            keys.Report("header", $"identity: {Names.Shown(header)} cannot name a header", "use letters, digits and -");
        if (kind is "jwt" && keys.Lacks("jwks"))
            keys.Report(
                keys.Node,
                "identity: kind jwt needs the signing keys",
                "add 'jwks:' with an https URL or a file"
            );
        else if (kind is "jwt" && settings.Jwks is { } jwks && !jwks.StartsWith('/') && !IsSecure(jwks))
            keys.Report(
                "jwks",
                $"identity: jwks is {Names.Shown(jwks)}",
                "write an https URL, or the absolute path of a file"
            );
        if (kind is "header" && !unix && keys.Lacks("secret-file"))
            keys.Report(
                keys.Node,
                "identity: a plain header over TCP can be sent by anybody who reaches the port",
                "listen on unix:/PATH, or add 'secret-file:', or use kind jwt"
            );
        Absolute(keys, "secret-file", settings.SecretFile);
        return settings;
    }

    public static StoreSettings Store(Section keys)
    {
        var said = keys.Choice("kind");
        var settings = new StoreSettings(
            said ?? "local",
            keys.Text("address"),
            keys.Text("path"),
            keys.Text("namespace"),
            keys.Text("ca-file")
        );
        if (keys.Has("kind") && said is null)
            return settings;
        if (settings.Kind is "local")
        {
            foreach (var entry in keys.Entries.Where(entry => entry.Key.Value is not "kind"))
                keys.Report(
                    entry.Key,
                    $"store: kind local has no use for {entry.Key.Value}",
                    "add 'kind: vault', or take it out"
                );
            return settings;
        }
        if (keys.Lacks("address"))
            keys.Report(keys.Node, "store: kind vault needs an address", "for example address: https://vault.example");
        else if (settings.Address is { } address && !IsSecure(address))
            keys.Report(
                "address",
                // It may hold a password: not shown.
                "store: this address is not one to send tokens to",
                "write an https URL without a user or password in it (http is for loopback alone)"
            );
        if (keys.Lacks("path"))
            keys.Report(
                keys.Node,
                "store: kind vault needs a path",
                "for example path: secret/workstation/claude-users/{user}"
            );
        else if (settings.Path is { } path && !path.Contains("{user}", StringComparison.Ordinal))
            keys.Report(
                "path",
                $"store: path {Names.Shown(path)} is the same for everybody",
                "put {user} in it, for example secret/workstation/claude-users/{user}"
            );
        else if (!settings.Path!.Replace("{user}", "", StringComparison.Ordinal).All(IsPathCharacter))
            keys.Report(
                "path",
                $"store: path {Names.Shown(settings.Path)} holds a character that means something in an address or a policy",
                "use letters, digits, '.', '_', '-' and '/', and {user}"
            );
        Absolute(keys, "ca-file", settings.CaFile);
        return settings;
    }

    private static bool IsPathCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/';

    private static bool IsSecure(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && uri.Host.Length > 0
        && (uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback));

    private static void Absolute(Section keys, string key, string? path)
    {
        if (path is not null && !path.StartsWith('/'))
            keys.Report(key, $"{keys.Name}: {key} {Names.Shown(path)} is no absolute path", "start it with /");
    }
}
