using Berth.Servers;

namespace Berth.Embedded;

/// <summary>The environment of a server: built up from nothing, so that no token of the person who typed
/// <c>berth up</c> reaches somebody else's agents.</summary>
internal static class ServerEnvironment
{
    private static readonly string[] s_inherited =
    [
        "PATH",
        "LANG",
        "LC_ALL",
        "TZ",
        "TERM",
        "SHELL",
        "TMPDIR",
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
    ];

    public static void Fill(IDictionary<string, string?> environment, EmbeddedServer server, StateFolder state)
    {
        var user = server.User;
        var home = state.Home(user);
        environment.Clear();
        foreach (var name in s_inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                environment[name] = value;
        }
        environment["HOME"] = home;
        environment["USER"] = environment["LOGNAME"] = user;
        environment[server.Preset.PortVariable] = server.Placement.Port.ToString();
        foreach (var (name, value) in server.Preset.Environment)
            environment[name] = Placeholders.Fill(
                value,
                user,
                home,
                server.Placement.Settings.Host,
                server.Placement.Port
            );
        foreach (var (name, value) in state.Secrets(user, server.Preset.Secrets))
            environment[name] = value;
    }
}
