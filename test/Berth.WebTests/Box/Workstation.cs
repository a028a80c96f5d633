using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests.Box;

/// <summary>A whole workstation in the foreground: <c>berth up</c> with a roster, a home folder for each person, and the
/// gateway before their servers.</summary>
public abstract class Workstation : IAsyncLifetime
{
    private readonly string _state = Directory.CreateTempSubdirectory("berth-web-").FullName;
    private Running? _up;

    /// <summary>Where browsers go.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Ports of the people's servers, by name.</summary>
    public Dictionary<string, int> Servers { get; } = new(StringComparer.Ordinal);

    /// <summary>What <c>servers: agent:</c> holds, but for its ports.</summary>
    protected abstract string Server { get; }

    /// <summary>Folders of programs that the servers need, in front of PATH.</summary>
    protected virtual Task<string> Programs() => Task.FromResult("");

    public async ValueTask InitializeAsync()
    {
        var ports = Ports.Free(3).Order().ToArray();
        Address = $"http://127.0.0.1:{ports[0]}";
        (Servers["alice"], Servers["bob"]) = (ports[1], ports[2]);
        var roster = Path.Join(_state, "roster.yaml");
        await File.WriteAllTextAsync(roster, Roster(ports[0]));
        var programs = await Programs();
        _up = Running.Start(
            "berth",
            ["up", "--roster", roster],
            environment =>
            {
                environment["XDG_STATE_HOME"] = _state;
                environment["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}";
            }
        );
        await _up.Says("^alice: ready");
        await _up.Says("^bob: ready");
    }

    /// <summary>What everything said so far.</summary>
    internal string Said => _up!.Said;

    /// <summary>Somebody's home folder.</summary>
    public string Home(string user) => Path.Join(_state, "berth", "users", user, "home");

    /// <summary>A new one-time link.</summary>
    public async Task<string> Link(string user)
    {
        await using var link = Running.Start(
            "berth",
            ["link", user, "--socket", Path.Join(_state, "berth", "gateway", "control.sock")]
        );
        return (await link.Says("^http://\\S+")).Value;
    }

    /// <summary>Signs a browser in: by the link, and a click on the page it leads to.</summary>
    public async Task SignIn(Person person, string user)
    {
        await person.Goes(await Link(user));
        await person.Sees("h1", $"Sign in as {user}");
        await person.Page.GetByRole(Microsoft.Playwright.AriaRole.Button).ClickAsync();
        await person.Page.WaitForURLAsync(
            url => !new Uri(url).AbsolutePath.StartsWith("/berth/", StringComparison.Ordinal),
            new()
            {
                Timeout = (float)Limits.Generous.TotalMilliseconds,
                // Some pages take long to load all they have.
                WaitUntil = Microsoft.Playwright.WaitUntilState.Commit,
            }
        );
    }

    /// <summary>Ends somebody's server as a crash does.</summary>
    public void Kill(string user)
    {
        using var server = System.Diagnostics.Process.GetProcessById(Ports.Listener(Servers[user]));
        server.Kill();
    }

    /// <summary>What Berth generated for somebody's server, and no browser may see.</summary>
    public string Secret(string user) =>
        File.ReadAllText(Path.Join(_state, "berth", "users", user, "secrets.env")).Trim().Split('=', 2)[1].Trim('"');

    /// <summary>Who asked for what.</summary>
    public string AccessLog() => File.ReadAllText(Path.Join(_state, "berth", "gateway", "access.log"));

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_up is not null)
            await _up.DisposeAsync();
        Directory.Delete(_state, recursive: true);
    }

    private string Roster(int port) =>
        $"""
            host: {"{reserve: 5%, overcommit: true}"}
            gateway: {"{"}listen: "127.0.0.1:{port}", contact: help@example.com{"}"}
            servers:
              agent:
                ports: {Servers["alice"]}-{Servers["bob"]}
            {Server}
            defaults: {"{memory: 10%}"}
            users:
              alice: {"{"}login: alice@example.com, port: {Servers["alice"]}{"}"}
              bob: {"{"}login: bob@example.com, port: {Servers["bob"]}{"}"}
              carol: {"{"}login: carol@example.com, parked: true{"}"}

            """;
}
