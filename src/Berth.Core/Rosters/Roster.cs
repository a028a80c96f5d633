using Berth.Hooks;

namespace Berth.Rosters;

/// <summary>The one file that declares host, servers and users, read and validated. Every user carries resolved
/// values: an override of their own, else <c>defaults:</c>, else the built-in default.</summary>
public sealed record Roster(
    HostSettings Host,
    GatewaySettings? Gateway,
    StoreSettings? Store,
    IReadOnlyDictionary<string, ServerSettings> Servers,
    DefaultSettings Defaults,
    IReadOnlyList<User> Users
)
{
    /// <summary>Whom incidents are told to. Default: nobody.</summary>
    public IReadOnlyList<Hook> Hooks { get; init; } = [];

    public WatchdogSettings Watchdog { get; init; } = new(3, 10);
}

/// <summary>How often a wedged server is restarted before a person is asked.</summary>
/// <param name="Restarts">Most restarts of one server within the window. Default 3.</param>
/// <param name="Minutes">The window. Default 10.</param>
public sealed record WatchdogSettings(int Restarts, int Minutes);

/// <summary>What holds for the whole box.</summary>
/// <param name="Reserve">Memory kept for the system. Default 4G, at most half of a small box's RAM.</param>
/// <param name="Overcommit">Accept caps whose sum with the reserve exceeds the RAM. Default false.</param>
/// <param name="Containers">Cap of the container slice; null leaves it to the planner (RAM minus reserve).</param>
/// <param name="Backstop">Let Berth configure earlyoom. Default true.</param>
public sealed record HostSettings(Size? Reserve, bool Overcommit, Size? Containers, bool Backstop);

/// <summary>Where people come in.</summary>
/// <param name="Listen">Address and port, or <c>unix:/path</c>.</param>
/// <param name="Identity">How people prove who they are; by default Berth's own sign-in link.</param>
public sealed record GatewaySettings(string Listen, IdentitySettings Identity)
{
    /// <summary>Where browsers reach it, such as <c>https://code.example</c>: what sign-in links begin with and which
    /// Origin is its own. Default: http(s) and the address listened on.</summary>
    public string? Url { get; init; }

    /// <summary>Files of the certificate chain and its key, in PEM; both or none. Read again when they change.</summary>
    public string? Certificate { get; init; }

    /// <inheritdoc cref="Certificate"/>
    public string? Key { get; init; }

    /// <summary>Root's files that the service manager hands to the gateway, which does not start without them.</summary>
    public IEnumerable<string> Handed() => new[] { Certificate, Key, Identity.SecretFile }.OfType<string>();

    /// <summary>Addresses or networks (CIDR) of proxies in front whose X-Forwarded-* and PROXY headers are believed.
    /// Default: none.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>Every connection starts with a PROXY header (version 1 or 2); taken from <see cref="Proxies"/>
    /// alone. Default false.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>Who may read everybody's numbers, and where they are sent; null for the defaults.</summary>
    public MetricsSettings? Metrics { get; init; }

    /// <summary>Whom the pages tell people to ask, such as a mail address. Default: "whoever runs this machine".
    /// </summary>
    public string? Contact { get; init; }
}

/// <summary>The numbers at the gateway's <c>/metrics</c>, and where they are sent.</summary>
/// <param name="Readers">Accounts of this host whose processes may read them over loopback without signing in. Default:
/// <c>root</c> and <c>prometheus</c>.</param>
/// <param name="TokenFile">Absolute path of a root-owned file with a secret; whoever shows it as a bearer token may read
/// them from anywhere. Default: nobody may.</param>
/// <param name="Otlp">URL that they are sent to as OTLP over HTTP, such as <c>http://127.0.0.1:4318</c>. Default: the
/// variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> of the unit, which usually is not there: nothing is sent.</param>
public sealed record MetricsSettings(IReadOnlyList<string> Readers, string? TokenFile, string? Otlp)
{
    public static IReadOnlyList<string> UsualReaders { get; } = ["root", "prometheus"];
}

/// <summary>How a person proves who they are.</summary>
/// <param name="Kind"><c>jwt</c>, <c>header</c> or <c>link</c>.</param>
/// <param name="Header">The header that carries the identity; null for <c>link</c>.</param>
/// <param name="Jwks">For <c>jwt</c>: URL or file of the signing keys.</param>
/// <param name="SecretFile">For <c>header</c> over TCP: the root-owned file with the shared secret.</param>
public sealed record IdentitySettings(
    string Kind,
    string? Header,
    string? Jwks,
    string? Issuer,
    string? Audience,
    string? SecretFile
)
{
    public static IdentitySettings Link { get; } = new("link", null, null, null, null, null);

    /// <summary>For <c>jwt</c>: the claim that holds the login. Default <c>email</c>.</summary>
    public string Claim { get; init; } = "email";

    /// <summary>For <c>header</c> with a secret: the header that carries the secret. Default
    /// <c>X-Berth-Secret</c>.</summary>
    public string SecretHeader { get; init; } = "X-Berth-Secret";

    /// <summary>Logins of this mail domain also match by the part before the @: <c>alice@DOMAIN</c> is the person whose
    /// login is <c>alice</c>. Null: logins match exactly (without case).</summary>
    public string? Domain { get; init; }

    /// <summary>Seconds that the clocks of the issuer and of this host may differ. Default 60.</summary>
    public int ClockSkew { get; init; } = 60;

    /// <summary>For <c>link</c>: days until a sign-in ends by itself. Default 30.</summary>
    public int SessionDays { get; init; } = 30;
}

/// <summary>Where tokens live.</summary>
/// <param name="Kind"><c>local</c> or <c>vault</c>.</param>
public sealed record StoreSettings(string Kind, string? Address, string? Path, string? Namespace, string? CaFile);

/// <summary>One kind of per-user server, the instance of a systemd template (<c>NAME-serve@alice.service</c>).</summary>
/// <param name="Name">Key under <c>servers:</c>; lower case, names the units.</param>
/// <param name="Preset">Key of a <see cref="Berth.Servers.Preset"/>.</param>
/// <param name="Ports">Where sticky ports are taken from.</param>
/// <param name="Host">Listen address. Default 127.0.0.1.</param>
/// <param name="Command">Start command in place of the preset's; required for <c>custom</c>. The words may hold
/// <c>{port}</c>, <c>{host}</c>, <c>{home}</c> and <c>{user}</c>.</param>
/// <param name="Environment">Extra variables for the server.</param>
/// <param name="Ready">Ready check in place of the preset's: an HTTP path such as <c>/healthz</c>, or <c>tcp</c>.</param>
/// <param name="Tasks"><c>TasksMax=</c> of the server unit. Default 4096.</param>
public sealed record ServerSettings(
    string Name,
    string Preset,
    PortRange Ports,
    string Host,
    IReadOnlyList<string> Command,
    IReadOnlyDictionary<string, string> Environment,
    string? Ready,
    int Tasks
);

/// <summary>A range of TCP ports, written <c>3773-3999</c>, or <c>3773-</c> up to 1,000 ports from the first.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public bool Contains(int port) => port >= First && port <= Last;

    public override string ToString() => $"{First}-{Last}";
}

/// <summary>Values for users who do not say otherwise; also the caps for people on the box whom the roster does not
/// name.</summary>
/// <param name="Memory">Cap of a server unit. Default 25%.</param>
/// <param name="SessionMemory">Cap of <c>user-&lt;uid&gt;.slice</c> (ssh, tmux, cron). Default: as <c>Memory</c>.</param>
/// <param name="PaneMemory">Cap of one pane or user scope. Default: as <c>SessionMemory</c>.</param>
public sealed record DefaultSettings(string? Server, Size Memory, Size SessionMemory, Size PaneMemory)
{
    /// <summary>See <see cref="User.TokenFile"/>. Default: null.</summary>
    public string? TokenFile { get; init; }

    /// <summary>See <see cref="User.KillsLeaf"/>. Default: false.</summary>
    public bool KillsLeaf { get; init; }

    /// <summary>See <see cref="User.Watched"/>. Default: true.</summary>
    public bool Watched { get; init; } = true;
}

/// <summary>An OS account plus the login that the identity provider sends.</summary>
/// <param name="Name">Account name, valid for useradd(8).</param>
/// <param name="Login">What the identity provider sends; compared without case.</param>
/// <param name="Server">Key of the server this user gets; null for none.</param>
/// <param name="Memory">Cap of the server unit.</param>
/// <param name="SessionMemory">Cap of the user slice.</param>
/// <param name="PaneMemory">Cap of one pane or user scope.</param>
/// <param name="Admin">May see and act for everybody over the control socket.</param>
/// <param name="Parked">The server is stopped and stays stopped; the account works.</param>
/// <param name="Removed">The reversible cut: server stopped, unmapped, account locked, home untouched.</param>
/// <param name="Groups">Extra groups; only ever added.</param>
/// <param name="Port">A fixed port; null for a sticky one from the server's range.</param>
/// <param name="Uid">A fixed uid for a new account; null for the next free one.</param>
public sealed record User(
    string Name,
    string Login,
    string? Server,
    Size Memory,
    Size SessionMemory,
    Size PaneMemory,
    bool Admin,
    bool Parked,
    bool Removed,
    IReadOnlyList<string> Groups,
    int? Port,
    int? Uid
)
{
    /// <summary>Where, below their home, their own login watch keeps a copy of their token; null for nowhere.</summary>
    public string? TokenFile { get; init; }

    /// <summary>When a surface of theirs stands still, its largest process is killed
    /// (<c>on-stall: kill-leaf</c>).</summary>
    public bool KillsLeaf { get; init; }

    /// <summary>Their server is restarted when it is wedged.</summary>
    public bool Watched { get; init; } = true;

    /// <summary>Whether this user's server should be running.</summary>
    public bool Serves => Server is not null && !Parked && !Removed;
}

/// <summary>What reading a roster gives: the roster when nothing was wrong, else every problem.</summary>
public sealed record RosterReading(Roster? Roster, IReadOnlyList<Problem> Problems);

/// <summary>One text to read: a file's name as the person knows it, and its content.</summary>
public sealed record RosterText(string File, string Text);
