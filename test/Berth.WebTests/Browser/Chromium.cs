using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(Berth.WebTests.Browser.Chromium))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Berth.WebTests.Browser;

/// <summary>Debian's own browser, started once for all tests. Nothing is downloaded: the package brings its driver, and
/// the browser is told to speak to nobody but the page.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    private static readonly string[] s_arguments =
    [
        // Tests may run as root, and in containers.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = Executable(), Args = s_arguments }
        );
    }

    /// <summary>A browser profile of its own, as another person at another desk: no cookie is shared.</summary>
    /// <param name="address">Where relative addresses begin.</param>
    /// <param name="headers">What a proxy in front adds to each request.</param>
    public async Task<Person> Person(string address, Dictionary<string, string>? headers = null)
    {
        var context = await _browser!.NewContextAsync(
            new BrowserNewContextOptions { BaseURL = address, ExtraHTTPHeaders = headers }
        );
        context.SetDefaultTimeout((float)Limits.Generous.TotalMilliseconds);
        return new Person(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    private static string Executable() =>
        s_names
            .SelectMany(name => Path().Select(folder => System.IO.Path.Join(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("chromium is missing: run scripts/setup.sh (Debian package chromium)");

    private static string[] Path() => Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
}
