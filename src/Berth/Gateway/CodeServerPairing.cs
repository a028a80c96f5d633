using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>code-server with a password: the gateway signs in once, keeps the session, and adds it to every request. The
/// browser never sees it.</summary>
/// <param name="route">The person.</param>
/// <param name="calls">Questions to the server.</param>
/// <param name="source">Where the password comes from.</param>
/// <param name="clock">The clock.</param>
internal sealed class CodeServerPairing(Route route, ServerCalls calls, IPairingSource source, TimeProvider clock)
    : IPairing
{
    private const string Cookie = "code-server-session";
    private const string LoginPath = "/login";
    private const string Variable = "PASSWORD";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private readonly Flights<string> _flights = new(stop => SignInAsync(route, calls, source, stop), s_patience, clock);
    private volatile string? _session;

    public async ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop)
    {
        if (_session is null)
            _session = (await _flights.JoinAsync(stop)).Result;
        context.Response.OnStarting(
            static state =>
            {
                var (self, response) = ((CodeServerPairing, HttpResponse))state;
                self.Answered(response);
                return Task.CompletedTask;
            },
            (this, context.Response)
        );
        return false;
    }

    public void Inject(HttpRequestMessage request)
    {
        var sent = request.Headers.TryGetValues("Cookie", out var headers) ? headers : [];
        var cookies = ServerCookies.With(sent, Cookie, _session);
        request.Headers.Remove("Cookie");
        if (cookies.Length > 0)
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
    }

    private void Answered(HttpResponse response)
    {
        var set = response.Headers.SetCookie;
        if (set.Any(IsSession))
            response.Headers.SetCookie = set.Where(header => !IsSession(header)).ToArray();
        // Its password has changed, or it forgot us: the page that follows is asked for with a new session, and leads
        // back by itself.
        if (response.StatusCode == StatusCodes.Status302Found && IsLogin(response.Headers.Location))
            _session = null;
        else if (response.StatusCode == StatusCodes.Status401Unauthorized)
            _session = null;
    }

    private static bool IsSession(string? header) => header is not null && ServerCookies.SetName(header) == Cookie;

    private static bool IsLogin(string? location) =>
        location?.Split('?')[0].EndsWith(LoginPath, StringComparison.Ordinal) is true;

    internal static async Task<string> SignInAsync(
        Route route,
        ServerCalls calls,
        IPairingSource source,
        CancellationToken stop
    )
    {
        var password = await source.SecretAsync(route, Variable, stop);
        using var form = new FormUrlEncodedContent([new("password", password)]);
        var reply = await calls.PostAsync(LoginPath, form, null, stop);
        if (reply.Status >= 500)
            throw new PairingException($"{route.User}'s server fails to sign anybody in for the moment");
        // A wrong password is answered with the page and 200.
        return reply.Status == StatusCodes.Status302Found && SessionCookie.Pick(reply.SetCookies, Cookie) is { } session
            ? session.Value
            : throw new PairingException(
                $"{route.User}'s server does not take the password that Berth generated for it",
                drift: true
            );
    }
}
