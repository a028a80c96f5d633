namespace Berth.Rosters;

/// <summary>What kind of value a key takes.</summary>
public enum ValueKind
{
    Text,
    Flag,
    Number,
    Size,
    Ports,
    Words,
    Variables,
    Section,
}

/// <summary>One key of the roster: the reader, the JSON schema and docs/roster.md are made from the same table.</summary>
/// <param name="Name">The key.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Default">The default, in words; empty for none.</param>
/// <param name="Description">What it means, with unit and range.</param>
public sealed record RosterKey(string Name, ValueKind Kind, string Default, string Description)
{
    /// <summary>The only values it takes; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>Every key that a roster knows, by the section it stands in.</summary>
public static class RosterKeys
{
    public static IReadOnlyList<RosterKey> Top { get; } =
    [
        new("host", ValueKind.Section, "", "What holds for the whole box."),
        new(
            "gateway",
            ValueKind.Section,
            "",
            "Where people come in. Read and checked; this version does not start it."
        ),
        new("store", ValueKind.Section, "", "Where tokens live. Read and checked; this version does not use it."),
        new("servers", ValueKind.Section, "", "The kinds of agent server, by a name of your choice."),
        new("defaults", ValueKind.Section, "", "Values for users who do not say otherwise."),
        new("users", ValueKind.Section, "", "The people, by account name."),
    ];

    public static IReadOnlyList<RosterKey> Host { get; } =
    [
        new(
            "reserve",
            ValueKind.Size,
            "4G, at most a quarter of the RAM",
            "Memory kept for the system; earlyoom acts when half of it is gone."
        ),
        new("overcommit", ValueKind.Flag, "false", "Accept caps that, with the reserve, add up to more than the RAM."),
        new("containers", ValueKind.Size, "25%", "Cap of all containers together, where docker is installed."),
        new("backstop", ValueKind.Flag, "true", "Let Berth configure earlyoom, the box-wide backstop behind the caps."),
    ];

    public static IReadOnlyList<RosterKey> Gateway { get; } =
    [
        new("listen", ValueKind.Text, "127.0.0.1:3780", "ADDRESS:PORT or unix:/PATH to listen on."),
        new("identity", ValueKind.Section, "", "How a person proves who they are."),
    ];

    public static IReadOnlyList<RosterKey> Identity { get; } =
    [
        new(
            "kind",
            ValueKind.Text,
            "link",
            "jwt: a signed header. header: a plain header, over a unix socket or with a shared secret. link: a one-time sign-in link."
        )
        {
            Choices = ["jwt", "header", "link"],
        },
        new("header", ValueKind.Text, "", "Name of the header that carries the identity (jwt, header)."),
        new("jwks", ValueKind.Text, "", "URL or file of the signing keys (jwt)."),
        new("issuer", ValueKind.Text, "", "The issuer that a token must name (jwt)."),
        new("audience", ValueKind.Text, "", "The audience that a token must name (jwt)."),
        new(
            "secret-file",
            ValueKind.Text,
            "",
            "File with the secret that the proxy in front shares (header over TCP)."
        ),
    ];

    public static IReadOnlyList<RosterKey> Store { get; } =
    [
        new(
            "kind",
            ValueKind.Text,
            "local",
            "local: below Berth's own state. vault: HashiCorp Vault or OpenBao, KV v2."
        )
        {
            Choices = ["local", "vault"],
        },
        new("address", ValueKind.Text, "", "https URL of the vault."),
        new("path", ValueKind.Text, "", "Path of one user's secret; {user} stands for the user."),
        new("namespace", ValueKind.Text, "", "Namespace of the vault."),
        new("ca-file", ValueKind.Text, "", "File with the CA certificate of the vault."),
    ];

    public static IReadOnlyList<RosterKey> Server { get; } =
    [
        new("preset", ValueKind.Text, "the server's own name", "What Berth knows of this kind of server.")
        {
            Choices = [.. Servers.Presets.All.Keys.Order(StringComparer.Ordinal)],
        },
        new(
            "ports",
            ValueKind.Ports,
            "",
            "Where sticky ports are taken from: FIRST-LAST, or FIRST- for 1,000 ports. 1024 to 65535."
        ),
        new("host", ValueKind.Text, "127.0.0.1", "IP address the servers listen on."),
        new(
            "command",
            ValueKind.Words,
            "the preset's",
            "Start command; words may hold {port}, {host}, {home} and {user}. Required for custom."
        ),
        new(
            "environment",
            ValueKind.Variables,
            "",
            "Extra variables of the server. Not for secrets: unit files are readable by all."
        ),
        new(
            "ready",
            ValueKind.Text,
            "the preset's",
            "Ready check: an HTTP path such as /healthz that answers 2xx, or tcp."
        ),
        new(
            "tasks",
            ValueKind.Number,
            "4096",
            "Most tasks (processes and threads) of one server with all its children. 64 to 1000000."
        ),
    ];

    public static IReadOnlyList<RosterKey> Defaults { get; } =
    [
        new("server", ValueKind.Text, "the only server, where there is one", "Server of users who name none."),
        new("memory", ValueKind.Size, "25%", "Cap of one server with all its children."),
        new(
            "session-memory",
            ValueKind.Size,
            "as memory",
            "Cap of all of one person's ssh and tmux sessions, cron jobs and user units together."
        ),
        new("pane-memory", ValueKind.Size, "as session-memory", "Cap of one tmux pane or other user scope."),
    ];

    public static IReadOnlyList<RosterKey> User { get; } =
    [
        new(
            "login",
            ValueKind.Text,
            "the account name",
            "What the identity provider sends for this person; compared without case."
        ),
        new(
            "server",
            ValueKind.Text,
            "defaults.server",
            "The server this person gets; none for an account without one."
        ),
        new("memory", ValueKind.Size, "defaults.memory", "Cap of their server with all its children."),
        new("session-memory", ValueKind.Size, "defaults.session-memory", "Cap of all their sessions together."),
        new("pane-memory", ValueKind.Size, "defaults.pane-memory", "Cap of one of their panes."),
        new("admin", ValueKind.Flag, "false", "May see and act for everybody."),
        new("parked", ValueKind.Flag, "false", "Their server is stopped and stays stopped; the account works."),
        new("removed", ValueKind.Flag, "false", "The reversible cut: server stopped, account locked, home untouched."),
        new("groups", ValueKind.Words, "", "Extra groups of the account; only ever added."),
        new("port", ValueKind.Number, "a sticky one from the server's range", "A fixed port. 1024 to 65535."),
        new(
            "uid",
            ValueKind.Number,
            "the next free one",
            "The uid of the account, if it has to be created. 1000 to 59999."
        ),
    ];
}
