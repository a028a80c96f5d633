using System.Net;
using System.Net.Http.Headers;
using Berth.Servers;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>A gateway in miniature: everybody is the one person, what pairing does not answer is sent on.</summary>
internal sealed class PairingFront : IAsyncDisposable
{
    private readonly Listening _listening;
    private readonly HttpMessageInvoker _upstream;

    private PairingFront(Listening listening, HttpMessageInvoker upstream) =>
        (_listening, _upstream) = (listening, upstream);

    public Uri Address => _listening.Address;

    public static HttpMessageInvoker Upstream() =>
        new(
            new SocketsHttpHandler
            {
                UseCookies = false,
                AllowAutoRedirect = false,
                UseProxy = false,
            }
        );

    public static Route Route(string preset, int port, string user = "alice") =>
        new(
            user,
            $"{user}@example.com",
            1000,
            preset,
            preset,
            Presets.All[preset].Ready,
            "127.0.0.1",
            port,
            $"/home/{user}",
            RouteState.Serving
        );

    /// <param name="server">Address of the person's server.</param>
    /// <param name="make">How they are paired with it.</param>
    public static async Task<PairingFront> Start(Uri server, Func<HttpMessageInvoker, IPairing> make)
    {
        var upstream = Upstream();
        var pairing = make(upstream);
        var listening = await Listening.Start(context => Handle(context, server, pairing, upstream));
        return new PairingFront(listening, upstream);
    }

    public static Task<PairingFront> Start(
        string preset,
        string server,
        IPairingSource source,
        TimeProvider? clock = null
    )
    {
        var address = new Uri(server);
        return Start(
            address,
            upstream => Pairings.For(Route(preset, address.Port), upstream, source, clock ?? TimeProvider.System)
        );
    }

    /// <summary>A browser's profile of its own, with redirects or without.</summary>
    public Browser Open(bool cookies = true, bool follow = true) => new(Address, cookies, follow);

    public async ValueTask DisposeAsync()
    {
        await _listening.DisposeAsync();
        _upstream.Dispose();
    }

    private static async Task Handle(HttpContext context, Uri server, IPairing pairing, HttpMessageInvoker upstream)
    {
        var navigation = context.Request.Headers["Sec-Fetch-Mode"] == "navigate";
        try
        {
            if (await pairing.PrepareAsync(context, navigation, context.RequestAborted))
                return;
        }
        catch (PairingException failure)
        {
            context.Response.StatusCode = failure.Drift ? 502 : 503;
            await context.Response.WriteAsync(failure.Message);
            return;
        }
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            new Uri(server, context.Request.Path + context.Request.QueryString)
        );
        foreach (var name in (string[])["Cookie", "Authorization"])
        {
            if (context.Request.Headers.TryGetValue(name, out var values))
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        pairing.Inject(request);
        using var response = await upstream.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Content-Length"))
                context.Response.Headers[name] = values.ToArray();
        }
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}

/// <summary>What a browser does, as far as pairing sees it.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _client;
    private readonly CookieContainer _cookies = new();

    public Browser(Uri address, bool cookies, bool follow)
    {
        _client = new HttpClient(
            new SocketsHttpHandler
            {
                UseCookies = cookies,
                CookieContainer = _cookies,
                AllowAutoRedirect = follow,
                MaxAutomaticRedirections = 20,
                UseProxy = false,
            }
        )
        {
            BaseAddress = address,
        };
    }

    public IReadOnlyList<Cookie> Cookies => [.. (IEnumerable<Cookie>)_cookies.GetAllCookies()];

    public void Forget()
    {
        foreach (var cookie in Cookies)
            cookie.Expired = true;
    }

    /// <summary>Opens a page.</summary>
    public Task<HttpResponseMessage> Navigate(string path = "/") => Send(HttpMethod.Get, path, "navigate");

    /// <summary>What scripts and pages load.</summary>
    public Task<HttpResponseMessage> Fetch(string path, string mode = "cors") => Send(HttpMethod.Get, path, mode);

    public async Task<HttpResponseMessage> Send(
        HttpMethod method,
        string path,
        string mode,
        AuthenticationHeaderValue? authorization = null
    )
    {
        using var request = new HttpRequestMessage(
            method,
            _client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path
        );
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", mode);
        request.Headers.Authorization = authorization;
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Whether the server says that this browser is signed in.</summary>
    public async Task<bool> IsSignedIn()
    {
        using var answer = await Fetch("/api/auth/session");
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return body.Contains("\"authenticated\":true", StringComparison.Ordinal);
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>A source whose answers a test decides.</summary>
internal sealed class TestSource : IPairingSource
{
    private int _mints;

    public Func<MintKind, Task<string>> Mint { get; set; } = _ => throw new PairingException("this test mints nothing");

    public Func<string, string> Secret { get; set; } = _ => throw new PairingException("this test has no secrets");

    public int Mints => _mints;

    public static TestSource Of(Berth.Doubles.T3.T3Double server) =>
        new()
        {
            Mint = kind => Task.FromResult(kind is MintKind.Session ? server.IssueSession() : server.IssueCredential()),
        };

    public Task<string> SecretAsync(Route route, string variable, CancellationToken stop) =>
        Task.FromResult(Secret(variable));

    public Task<string> MintAsync(Route route, MintKind kind, CancellationToken stop)
    {
        Interlocked.Increment(ref _mints);
        return Mint(kind);
    }
}
