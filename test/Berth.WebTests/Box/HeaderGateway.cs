using Berth.Gateway;
using Berth.Rosters;
using Berth.Servers;
using Xunit;

namespace Berth.WebTests.Box;

/// <summary><c>berth gateway</c> by itself, as systemd starts it, behind a proxy that says by a header who somebody is:
/// whoever a test wants, and routes to whatever it wants.</summary>
public sealed class HeaderGateway : IAsyncLifetime
{
    private const string Secret = "shared-with-the-proxy-in-front-0123456789";
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-gateway-").FullName;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private readonly int _port = Ports.Free(1)[0];
    private Running? _gateway;

    public string Address => $"http://127.0.0.1:{_port}";

    /// <summary>What it said so far.</summary>
    internal string Said => _gateway!.Said;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Join(_folder, "secret"), Secret);
        File.SetUnixFileMode(Path.Join(_folder, "secret"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write();
        _gateway = Running.Start("berth", ["gateway", "--config", Config, "--state", Path.Join(_folder, "state")]);
        using var client = new Client(Address, null);
        await _gateway.Answers(client);
    }

    /// <summary>What the proxy in front says of a request by this person.</summary>
    public static Dictionary<string, string> Headers(string user) =>
        new(StringComparer.Ordinal) { ["X-Login"] = $"{user}@example.com", ["X-Berth-Secret"] = Secret };

    /// <summary>From now on this person is led there.</summary>
    internal void Lead(string user, int port, Func<Route, Route>? change = null)
    {
        var route = new Route(
            user,
            $"{user}@example.com",
            Me,
            "agent",
            Presets.Custom.Name,
            ReadyCheck.Tcp,
            "127.0.0.1",
            port,
            _folder,
            RouteState.Serving
        );
        lock (_lock)
        {
            _routes[user] = change?.Invoke(route) ?? route;
            Write();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Config => Path.Join(_folder, "gateway.json");

    private static int Me =>
        int.Parse(
            File.ReadLines("/proc/self/status")
                .First(line => line.StartsWith("Uid:", StringComparison.Ordinal))
                .Split('\t')[2],
            System.Globalization.CultureInfo.InvariantCulture
        );

    // As 'berth apply' does: the whole file at once, in place of the old one.
    private void Write()
    {
        var identity = new IdentitySettings("header", "X-Login", null, null, null, Path.Join(_folder, "secret"));
        var settings = new GatewaySettings($"127.0.0.1:{_port}", identity) { Contact = "help@example.com" };
        File.WriteAllText(Config + ".new", new GatewayConfig(settings, [.. _routes.Values]).ToJson());
        File.Move(Config + ".new", Config, overwrite: true);
    }
}
