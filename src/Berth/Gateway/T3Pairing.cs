using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>Signs a person in to their T3 Code server, on a document navigation alone: a session that is dead or not
/// there is replaced by a new one without a word.</summary>
/// <param name="signIn">Gets sessions from the server.</param>
/// <param name="user">Whose server it is.</param>
/// <param name="clock">The clock.</param>
internal sealed class T3Pairing(T3SignIn signIn, string user, TimeProvider clock) : IPairing
{
    /// <summary>A page comes with several navigations at once; the server is asked about one cookie once.</summary>
    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private const int MostBelieved = 64;

    private readonly GivenSessions _given = new(clock);
    private readonly Flights<SessionCookie?> _flights = new(signIn.NewAsync, s_patience, clock);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _believed = new(StringComparer.Ordinal);

    public async ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop)
    {
        if (!isNavigation || !HttpMethods.IsGet(context.Request.Method))
        {
            // Signing out is one of these, and the page is loaded anew at once.
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                Doubt();
            return false;
        }
        var browser = GivenSessions.Browser(context);
        if (await HasSessionAsync(context.Request.Headers.Cookie, stop))
        {
            _given.Arrived(browser);
            return false;
        }
        _given.Refuse(browser, user);
        var (given, flight) = await _flights.JoinAsync(stop);
        if (given is null)
            return false;
        _given.Gave(browser, flight);
        context.Response.Headers.SetCookie = given.Header(context.Request.IsHttps);
        OwnAnswer.Redirect(context);
        return true;
    }

    public void Inject(HttpRequestMessage request)
    {
        // The browser has the session.
    }

    private async ValueTask<bool> HasSessionAsync(IEnumerable<string?> cookies, CancellationToken stop)
    {
        // A server that was updated calls its session otherwise: asked again under the new name, once.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var name = signIn.CookieName ?? (await signIn.AskAsync(null, stop)).CookieName;
            // Whatever else the browser holds for this address is not the server's business.
            if (ServerCookies.Only(cookies, name) is not { } own)
                return false;
            if (IsBelieved(own))
                return true;
            var said = await signIn.AskAsync(own, stop);
            if (said.Authenticated)
            {
                Believe(own);
                return true;
            }
            if (said.CookieName == name)
                return false;
        }
        return false;
    }

    private bool IsBelieved(string cookie)
    {
        lock (_lock)
            return _believed.TryGetValue(cookie, out var since) && clock.GetElapsedTime(since) < s_believed;
    }

    private void Doubt()
    {
        lock (_lock)
            _believed.Clear();
    }

    private void Believe(string cookie)
    {
        lock (_lock)
        {
            if (_believed.Count >= MostBelieved)
                _believed.Clear();
            _believed[cookie] = clock.GetTimestamp();
        }
    }
}
