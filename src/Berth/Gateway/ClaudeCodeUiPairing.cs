using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>Claude Code UI: its page keeps a token in the browser's own storage. On a document navigation the gateway
/// signs in with a password that is made from the generated secret, registers first where nobody has, and hands the page
/// its token.</summary>
/// <param name="route">The person.</param>
/// <param name="calls">Questions to the server.</param>
/// <param name="source">Where the secret comes from.</param>
/// <param name="clock">The clock.</param>
internal sealed class ClaudeCodeUiPairing(Route route, ServerCalls calls, IPairingSource source, TimeProvider clock)
    : IPairing
{
    private const string Variable = "JWT_SECRET";

    /// <summary>Its own account has a name of at least three letters; the person's may be shorter.</summary>
    private const string Account = "berth";

    /// <summary>Says which token this browser has, without being it. Not named after Berth's own sign-in.</summary>
    private const string Marker = "claude_code_ui_token";

    /// <summary>Its page registers a service worker that answers every second load of the page out of a store which is
    /// never renewed: signed out, after another person in this browser or after an update, people would be shown what no
    /// longer works, and the gateway would not be asked (seen with 1.12.0). What they get in its place empties the store
    /// and goes.</summary>
    private const string WorkerPath = "/sw.js";

    private const string Worker = """
        self.addEventListener("install", () => self.skipWaiting());
        self.addEventListener("activate", (event) => event.waitUntil((async () => {
            for (const name of await caches.keys())
                await caches.delete(name);
            await self.registration.unregister();
        })()));

        """;
    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>A person may open many of its pages at once, each without the token.</summary>
    private const int Pages = 20;

    private readonly GivenSessions _given = new(clock, Pages);
    private readonly Flights<ClaudeCodeUiToken?> _flights = new(
        stop => SignInAsync(route, calls, source, stop),
        s_patience,
        clock
    );
    private volatile ClaudeCodeUiToken? _token;
    private long _asked;
    private int _pages;

    public async ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop)
    {
        if (context.Request.Path == WorkerPath)
        {
            await OwnAnswer.ScriptAsync(context, Worker);
            return true;
        }
        if (!isNavigation || !HttpMethods.IsGet(context.Request.Method))
            return false;
        var browser = GivenSessions.Browser(context);
        var token = _token = await IsAliveAsync(stop) ? _token : (await _flights.JoinAsync(stop)).Result;
        // An account of the person's own making: they know its password, and Berth does not.
        if (token is null)
            return false;
        if (ServerCookies.Only(context.Request.Headers.Cookie, Marker) == $"{Marker}={token.Mark}")
        {
            _given.Arrived(browser);
            return false;
        }
        _given.Refuse(browser, route.User);
        _given.Gave(browser, Interlocked.Increment(ref _pages));
        context.Response.Headers.SetCookie =
            $"{Marker}={token.Mark}; Path=/; HttpOnly; SameSite=Lax{(context.Request.IsHttps ? "; Secure" : "")}";
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await OwnAnswer.PageAsync(
            context,
            $"default-src 'none'; script-src 'nonce-{nonce}'; frame-ancestors 'none'",
            token.Page(OwnAnswer.Here(context.Request), nonce)
        );
        return true;
    }

    public void Inject(HttpRequestMessage request)
    {
        // The page sends its token itself.
    }

    private async Task<bool> IsAliveAsync(CancellationToken stop)
    {
        if (_token is not { } token)
            return false;
        if (clock.GetElapsedTime(Volatile.Read(ref _asked)) < s_believed)
            return true;
        var reply = await calls.GetAsync("/api/auth/user", null, token.Value, stop);
        if (reply.Status != 200)
            return false;
        Volatile.Write(ref _asked, clock.GetTimestamp());
        return true;
    }

    internal static async Task<ClaudeCodeUiToken?> SignInAsync(
        Route route,
        ServerCalls calls,
        IPairingSource source,
        CancellationToken stop
    )
    {
        var secret = await source.SecretAsync(route, Variable, stop);
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), "password of the account berth"u8);
        var body = $$"""{"username":"{{Account}}","password":"{{Convert.ToHexStringLower(key)}}"}""";
        foreach (var path in (string[])["/api/auth/login", "/api/auth/register"])
        {
            using var content = ServerCalls.Json(body);
            var reply = await calls.PostAsync(path, content, null, stop);
            if (reply.Status >= 500)
                throw new PairingException($"{route.User}'s server fails to sign anybody in for the moment");
            if (ClaudeCodeUiToken.Read(reply.Status, reply.Body) is { } token)
                return token;
            if (reply.Status is not (401 or 403))
                throw new PairingException(
                    $"{route.User}'s server answers a sign-in as no known build does",
                    drift: true
                );
        }
        return null;
    }
}
