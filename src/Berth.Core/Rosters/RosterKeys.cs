using static Berth.Rosters.ValueKind;

namespace Berth.Rosters;

/// <summary>Every key that a roster knows, by the section it stands in.</summary>
public static class RosterKeys
{
    /// <summary>TCP ports that need no privilege.</summary>
    public static (int Least, int Most) PortRange { get; } = (1024, 65535);

    /// <summary>The uids that useradd(8) and systemd give to people.</summary>
    public static (int Least, int Most) UidRange { get; } = (1000, 59999);

    private static IReadOnlyList<string> StallChoices { get; } = ["tell", "kill-leaf"];

    public static IReadOnlyList<RosterKey> Host { get; } =
    [
        new(
            "reserve",
            ValueKind.Size,
            "4G, at most a quarter of the RAM",
            "4G",
            "Memory kept for the system; earlyoom acts when half of it is gone."
        ),
        new(
            "overcommit",
            Flag,
            "false",
            "true",
            "Accept caps that, with the reserve, add up to more than the RAM. Without it such a roster is refused."
        ),
        new("containers", ValueKind.Size, "25%", "8G", "Cap of all containers together, where docker is installed."),
        new("backstop", Flag, "true", "false", "Let Berth configure earlyoom, the box-wide backstop behind the caps."),
    ];

    public static IReadOnlyList<RosterKey> Identity { get; } =
    [
        new(
            "kind",
            Text,
            "link",
            "jwt",
            "jwt: a signed header. header: a plain header, over a unix socket or with a shared secret. link: a one-time sign-in link."
        )
        {
            Choices = ["jwt", "header", "link"],
        },
        new(
            "header",
            Text,
            "",
            "X-authentik-jwt",
            "Name of the header that carries the identity. Needed for jwt and header."
        ),
        new(
            "jwks",
            Text,
            "",
            "https://id.example/jwks",
            "https URL or absolute path of the signing keys. Needed for jwt."
        ),
        new("issuer", Text, "", "https://id.example/", "The issuer that a token must name. Needed for jwt."),
        new("audience", Text, "", "workstation", "The audience that a token must name. Needed for jwt."),
        new("claim", Text, "email", "preferred_username", "The claim that holds the login (jwt)."),
        new(
            "clock-skew",
            Number,
            "60",
            "30",
            "Seconds that the clocks of the issuer and of this host may differ (jwt)."
        )
        {
            Range = (0, 600),
        },
        new(
            "secret-file",
            Text,
            "",
            "/etc/berth/proxy.secret",
            "Absolute path of the file with the secret that the proxy in front shares, owned by root. Needed for header over TCP."
        ),
        new(
            "secret-header",
            Text,
            "X-Berth-Secret",
            "X-Proxy-Secret",
            "The header in which the proxy sends that secret (header)."
        ),
        new(
            "domain",
            Text,
            "",
            "example.com",
            "Logins of this mail domain match by the part before the @ as well: alice@example.com is the person whose login is alice (jwt and header)."
        ),
        new("session-days", Number, "30", "7", "Days until a sign-in ends by itself (link).") { Range = (1, 365) },
    ];

    public static IReadOnlyList<RosterKey> Gateway { get; } =
    [
        new(
            "listen",
            Text,
            "127.0.0.1:3780",
            "unix:/run/berth/gateway.sock",
            "ADDRESS:PORT or unix:/PATH to listen on. Members of the group berth-gateway may open a unix socket."
        ),
        new(
            "url",
            Text,
            "http or https, and the address listened on",
            "https://code.example.com",
            "Where browsers reach it: what sign-in links begin with, and the one Origin that is its own."
        ),
        new(
            "certificate",
            Text,
            "",
            "/etc/berth/tls/chain.pem",
            "Absolute path of the certificate chain (PEM). With 'key:' the gateway speaks https; taken up anew when it changes."
        ),
        new(
            "key",
            Text,
            "",
            "/etc/berth/tls/key.pem",
            "Absolute path of the certificate's key (PEM), readable by root."
        ),
        new(
            "proxies",
            Words,
            "",
            "[10.0.0.7, \"fd00:1::/64\"]",
            "Addresses or networks of the proxies in front whose X-Forwarded-For and PROXY headers are believed."
        ),
        new(
            "proxy-protocol",
            Flag,
            "false",
            "true",
            "Every connection of a proxy begins with a PROXY header (version 1 or 2). Needs 'proxies:'."
        ),
        new(
            "contact",
            Text,
            "\"whoever runs this machine\"",
            "help@example.com",
            "Whom the gateway's pages tell people to ask."
        ),
        new("identity", ValueKind.Section, "", "{kind: link}", "How a person proves who they are.") { Keys = Identity },
        new("metrics", ValueKind.Section, "", "{readers: [prometheus]}", "Who may read /metrics: docs/metrics.md.")
        {
            Keys = SignalKeys.Metrics,
        },
    ];

    public static IReadOnlyList<RosterKey> Store { get; } =
    [
        new("kind", Text, "local", "vault", "local: below Berth's own state. vault: HashiCorp Vault or OpenBao, KV v2.")
        {
            Choices = ["local", "vault"],
        },
        new(
            "address",
            Text,
            "",
            "https://vault.example",
            "https URL of the vault (http for loopback alone). Needed for vault."
        ),
        new(
            "path",
            Text,
            "",
            "\"secret/workstation/claude-users/{user}\"",
            "Path of one user's secret; must hold {user}, which stands for the account name. Needed for vault."
        ),
        new("namespace", Text, "", "team", "Namespace of the vault."),
        new("ca-file", Text, "", "/etc/ssl/vault.pem", "Absolute path of the vault's CA certificate."),
    ];

    public static IReadOnlyList<RosterKey> Server { get; } =
    [
        new("preset", Text, "the server's own name", "opencode", "What Berth knows of this kind of server.")
        {
            Choices = [.. Servers.Presets.All.Keys.Order(StringComparer.Ordinal)],
        },
        new(
            "ports",
            Ports,
            "",
            "4096-4999",
            "Required. TCP ports, 1024 to 65535, that users of this server get one of each: FIRST-LAST, one PORT, or FIRST- for 1,000 ports. A port once given stays with its user."
        ),
        new("host", Text, "127.0.0.1", "127.0.0.1", "IP address the servers listen on; localhost means 127.0.0.1."),
        new(
            "command",
            Words,
            "the preset's",
            "[/opt/agent, --port, \"{port}\"]",
            "Start command; words may hold {port}, {host}, {home} and {user}. Needed for custom."
        ),
        new(
            "environment",
            Variables,
            "",
            "{NODE_OPTIONS: --max-old-space-size=4096}",
            "Extra variables of the server; values may hold the same place-holders. Not for secrets: unit files are readable by everybody."
        ),
        new("ready", Text, "the preset's", "/healthz", "Ready check: an HTTP path that answers 2xx, or tcp."),
        new("tasks", Number, "4096", "8192", "Most tasks (processes and threads) of one server with all its children.")
        {
            Range = (64, 1_000_000),
        },
    ];

    public static IReadOnlyList<RosterKey> Defaults { get; } =
    [
        new(
            "server",
            Text,
            "the only server, where there is one",
            "opencode",
            "Server of users who name none; none for no server."
        ),
        new("memory", ValueKind.Size, "25%", "16G", "Cap of one server with all its children. At least 16M."),
        new(
            "session-memory",
            ValueKind.Size,
            "each user's memory",
            "8G",
            "Cap of all of one person's ssh and tmux sessions, cron jobs and user units together. At least 16M."
        ),
        new(
            "pane-memory",
            ValueKind.Size,
            "each user's session-memory",
            "6G",
            "Cap of one tmux pane or other user scope; at most session-memory. At least 16M."
        ),
        new(
            "token-file",
            Text,
            "none",
            ".config/claude-oauth.env",
            "Path below each home where that person's own login watch keeps a copy of their token, for programs that read it there."
        ),
        new(
            "on-stall",
            Text,
            "tell",
            "kill-leaf",
            "What the recorder does when a surface stands still at a soft band or its cap and nothing is killed. tell: an incident. kill-leaf: it also kills the largest process there, never the server itself."
        )
        {
            Choices = StallChoices,
        },
        new("watchdog", Flag, "true", "false", "Restart servers that are wedged."),
    ];

    public static IReadOnlyList<RosterKey> User { get; } =
    [
        new(
            "login",
            Text,
            "the account name",
            "alice@example.com",
            "What the identity provider sends for this person, up to 320 characters; compared without case. Unique."
        ),
        new("server", Text, "defaults.server", "none", "The server this person gets; none for an account without one."),
        new("memory", ValueKind.Size, "defaults.memory", "24G", "Cap of their server with all its children."),
        new(
            "session-memory",
            ValueKind.Size,
            "defaults.session-memory, else their memory",
            "8G",
            "Cap of all their sessions together."
        ),
        new(
            "pane-memory",
            ValueKind.Size,
            "defaults.pane-memory, at most their session-memory",
            "25%",
            "Cap of one of their panes; at most their session-memory."
        ),
        new(
            "token-file",
            Text,
            "defaults.token-file",
            ".config/claude-oauth.env",
            "Path below their home for a copy of their token."
        ),
        new("on-stall", Text, "defaults.on-stall", "kill-leaf", "What is done when a surface of theirs stands still.")
        {
            Choices = StallChoices,
        },
        new("watchdog", Flag, "defaults.watchdog", "false", "Restart their server when it is wedged."),
        new("admin", Flag, "false", "true", "May see and act for everybody."),
        new("parked", Flag, "false", "true", "Their server is stopped and stays stopped; the account works."),
        new("removed", Flag, "false", "true", "The reversible cut: server stopped, account locked, home untouched."),
        new("groups", Words, "", "[docker, video]", "Extra groups of the account, which must exist; only ever added."),
        new("port", Number, "a sticky one from the server's range", "3999", "A fixed TCP port of their server. Unique.")
        {
            Range = PortRange,
        },
        new("uid", Number, "the next free one", "1042", "The uid of the account, if it has to be created. Unique.")
        {
            Range = UidRange,
        },
    ];

    public static IReadOnlyList<RosterKey> Top { get; } =
    [
        new("host", ValueKind.Section, "", "{reserve: 4G}", "What holds for the whole box.") { Keys = Host },
        new("gateway", ValueKind.Section, "", "{listen: 127.0.0.1:3780}", "Where people come in: docs/gateway.md.")
        {
            Keys = Gateway,
        },
        new(
            "store",
            ValueKind.Section,
            "",
            "{kind: local}",
            "Where people's long-lived tokens live: docs/credentials.md."
        )
        {
            Keys = Store,
        },
        new(
            "hooks",
            Entries,
            "",
            "{ops: {webhook: https://ntfy.example/berth, format: text}}",
            "Whom incidents are told to, by a name of your choice: docs/hooks.md."
        )
        {
            Keys = SignalKeys.Hook,
            NamePattern = "^[a-z][a-z0-9-]{0,30}$",
        },
        new(
            "watchdog",
            ValueKind.Section,
            "",
            "{restarts: 3}",
            "How often a wedged server is restarted: docs/watchdog.md."
        )
        {
            Keys = SignalKeys.Watchdog,
        },
        new(
            "servers",
            Entries,
            "",
            "{t3: {ports: 3773-}}",
            "The kinds of agent server, by a name of your choice: lower-case letters, digits and -, at most 31, a letter first."
        )
        {
            Keys = Server,
            NamePattern = "^[a-z][a-z0-9-]{0,30}$",
        },
        new("defaults", ValueKind.Section, "", "{memory: 16G}", "Values for users who do not say otherwise.")
        {
            Keys = Defaults,
        },
        new(
            "users",
            Entries,
            "",
            "{alice: {login: alice@example.com}}",
            "The people, by account name: lower-case letters, digits, _ and -, at most 32, a letter or _ first."
        )
        {
            Keys = User,
            NamePattern = "^[a-z_][a-z0-9_-]{0,31}$",
        },
    ];

    /// <summary>Where else a key may stand, in words; null when no section knows it.</summary>
    public static string? HomeOf(string key) =>
        User.Any(known => known.Name == key) && Defaults.Any(known => known.Name == key) ? "'defaults:' or a user"
        : User.Any(known => known.Name == key) ? "a user"
        : Server.Any(known => known.Name == key) ? "a server in 'servers:'"
        : Host.Any(known => known.Name == key) ? "'host:'"
        : Identity.Any(known => known.Name == key) ? "'identity:' of the gateway"
        : SignalKeys.Metrics.Any(known => known.Name == key) ? "'metrics:' of the gateway"
        : Gateway.Any(known => known.Name == key) ? "'gateway:'"
        : Store.Any(known => known.Name == key) ? "'store:'"
        : SignalKeys.Hook.Any(known => known.Name == key) ? "a hook in 'hooks:'"
        : SignalKeys.Watchdog.Any(known => known.Name == key) ? "'watchdog:'"
        : Top.Any(known => known.Name == key) ? "the top of the roster"
        : null;
}
