using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Doubles.T3;

// One program called t3, as the real one: the server and the command line that issues what its people sign in with.
return args switch
{
    ["--version"] => Say($"t3 v{T3Double.Version}"),
    ["serve", .. var rest] => await Serve(rest),
    ["auth", "session", "issue", .. var rest] => Issue(
        rest,
        (auth, _, ttl) => auth.IssueSession(ttl ?? TimeSpan.FromHours(1))
    ),
    ["auth", "pairing", "create", .. var rest] => Issue(
        rest,
        (auth, given, ttl) =>
            auth.IssueCredential(
                ttl ?? TimeSpan.FromMinutes(5),
                given.GetValueOrDefault("--label"),
                given.GetValueOrDefault("--base-url")
            )
    ),
    _ => Usage(),
};

static int Say(string line)
{
    Console.WriteLine(line);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        """
        t3 serve [FOLDER] [--mode web] [--host A] [--port N] [--base-dir DIR] [--no-browser] [--log-level L]
        t3 auth session issue [--ttl 1h] [--label L] --json --base-dir DIR
        t3 auth pairing create [--ttl 5m] [--label L] [--base-url URL] --json --base-dir DIR
        The double obeys: T3_DOUBLE_LABEL, T3_DOUBLE_COOKIE=plain|loopback|remote, T3_DOUBLE_BOOTSTRAP=true,
          T3_DOUBLE_MIGRATION and T3_DOUBLE_ATTACH (seconds: before it listens, before it answers),
          T3_DOUBLE_FAULTS and the file DIR/faults
        """
    );
    return 1;
}

// Null where an option is not known or has no value.
static Dictionary<string, string>? Read(string[] words, string[] values, string[] flags)
{
    var given = new Dictionary<string, string>(StringComparer.Ordinal);
    for (var at = 0; at < words.Length; at++)
    {
        var split = words[at].Split('=', 2);
        if (flags.Contains(words[at], StringComparer.Ordinal))
            given[words[at]] = "";
        else if (!words[at].StartsWith('-') && at == 0)
            given["cwd"] = words[at];
        else if (!values.Contains(split[0], StringComparer.Ordinal) || (split.Length < 2 && at + 1 >= words.Length))
            return null;
        else
            given[split[0]] = split.Length == 2 ? split[1] : words[++at];
    }
    return given;
}

static string? Setting(string name) => Environment.GetEnvironmentVariable($"T3_DOUBLE_{name}");

static TimeSpan Seconds(string name) =>
    TimeSpan.FromSeconds(double.Parse(Setting(name) ?? "0", CultureInfo.InvariantCulture));

static TimeSpan? Ttl(string? text) =>
    text is [.. var number, var unit] && double.TryParse(number, CultureInfo.InvariantCulture, out var count)
        ? unit switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        }
        : null;

static string Base(Dictionary<string, string> given) =>
    given.GetValueOrDefault("--base-dir")
    ?? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".t3");

static int Issue(string[] words, Func<Auth, Dictionary<string, string>, TimeSpan?, JsonObject> issue)
{
    if (Read(words, ["--base-dir", "--ttl", "--label", "--base-url"], ["--json"]) is not { } given)
        return Usage();
    var issued = issue(
        new Auth(new BaseFolder(Base(given)), TimeProvider.System),
        given,
        Ttl(given.GetValueOrDefault("--ttl"))
    );
    return Say(
        given.ContainsKey("--json")
            ? issued.ToJsonString(new JsonSerializerOptions { WriteIndented = true })
            : $"Token: {(string?)(issued["token"] ?? issued["credential"])}"
    );
}

static async Task<int> Serve(string[] words)
{
    string[] values = ["--mode", "--port", "--host", "--base-dir", "--log-level"];
    if (Read(words, values, ["--no-browser"]) is not { } given)
        return Usage();
    // As a database that is brought up to date first.
    await Task.Delay(Seconds("MIGRATION"));
    var options = new T3Options
    {
        Host = given.GetValueOrDefault("--host", "127.0.0.1"),
        Port = int.Parse(given.GetValueOrDefault("--port", "3773"), CultureInfo.InvariantCulture),
        BaseFolder = Base(given),
        Label = Setting("LABEL") ?? Environment.UserName,
        Cookie = Enum.Parse<CookieGeneration>(Setting("COOKIE") ?? "loopback", ignoreCase: true),
        Bootstrap = Setting("BOOTSTRAP") == "true",
        Attached = Seconds("ATTACH") == TimeSpan.Zero,
    };
    await using var server = await T3Double.Start(options);
    var ended = new TaskCompletionSource();
    void End(PosixSignalContext signal) => signal.Cancel = ended.TrySetResult();
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    await Task.WhenAny(ended.Task, Task.Delay(Seconds("ATTACH")));
    server.Attach();
    Console.WriteLine(server.Announcement());
    await ended.Task;
    return 0;
}
