using System.Net;

namespace Berth.Rosters;

/// <summary>Reads <c>gateway:</c> and <c>store:</c>, the two edges to the outside.</summary>
internal static class EdgeReader
{
    public static GatewaySettings Gateway(string file, YamlNode? node, List<Problem> problems)
    {
        var keys = new Section(file, "gateway", node, RosterKeys.Gateway, problems);
        var listen = keys.Text("listen") ?? "127.0.0.1:3780";
        var unix = listen.StartsWith("unix:/", StringComparison.Ordinal);
        if (!unix && !(IPEndPoint.TryParse(listen, out var address) && address.Port > 0))
            keys.Report(
                "listen",
                $"gateway: listen is {Names.Shown(listen)}",
                "write ADDRESS:PORT such as 127.0.0.1:3780, or unix:/run/berth/gateway.sock"
            );
        if (!keys.Has("identity"))
            return new GatewaySettings(listen, null);
        var identity = new Section(file, "identity", keys.Value("identity"), RosterKeys.Identity, problems);
        var kind = identity.Choice("kind", ["jwt", "header", "link"]) ?? "link";
        var settings = new IdentitySettings(
            kind,
            identity.Text("header"),
            identity.Text("jwks"),
            identity.Text("issuer"),
            identity.Text("audience"),
            identity.Text("secret-file")
        );
        if (kind is not "link" && settings.Header is null)
            identity.Report(
                identity.Node,
                $"identity: kind {kind} needs the header that carries it",
                "add 'header: X-authentik-jwt'"
            );
        if (kind is "jwt" && settings.Jwks is null)
            identity.Report(
                identity.Node,
                "identity: kind jwt needs the signing keys",
                "add 'jwks:' with a URL or a file"
            );
        if (kind is "header" && !unix && settings.SecretFile is null)
            identity.Report(
                identity.Node,
                "identity: a plain header over TCP can be sent by anybody who reaches the port",
                "listen on unix:/PATH, or add 'secret-file:', or use kind jwt"
            );
        return new GatewaySettings(listen, settings);
    }

    public static StoreSettings Store(string file, YamlNode? node, List<Problem> problems)
    {
        var keys = new Section(file, "store", node, RosterKeys.Store, problems);
        var kind = keys.Choice("kind", ["local", "vault"]) ?? "local";
        var settings = new StoreSettings(
            kind,
            keys.Text("address"),
            keys.Text("path"),
            keys.Text("namespace"),
            keys.Text("ca-file")
        );
        if (kind is not "vault")
            return settings;
        if (settings.Address is null)
            keys.Report(keys.Node, "store: kind vault needs an address", "add 'address: https://vault.example'");
        else if (
            !Uri.TryCreate(settings.Address, UriKind.Absolute, out var uri)
            || !(uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback))
        )
            keys.Report(
                "address",
                $"store: address is {Names.Shown(settings.Address)}",
                "write an https URL (http is for loopback alone)"
            );
        if (settings.Path is null || !settings.Path.Contains("{user}", StringComparison.Ordinal))
            keys.Report(
                "path",
                "store: path must hold {user}, so that nobody shares a secret",
                "write for example secret/workstation/claude-users/{user}"
            );
        return settings;
    }
}
