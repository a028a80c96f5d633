using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>Berth's own sign-in: a cookie that this host gave to a browser for a one-time link.</summary>
internal sealed class LinkIdentity(SignInDesk desk) : IIdentity
{
    private static readonly Identified s_none = Identified.Nobody("this browser is not signed in");
    private static readonly Identified s_several = Identified.Nobody("this browser holds two sign-ins at once");

    public ValueTask<Identified> WhoAsync(HttpContext context) => new(Who(context));

    public Identified Who(HttpContext context) =>
        Count(context, SignInCookie.Name(desk.IsSecure), out var cookie) switch
        {
            0 => s_none,
            1 => desk.Who(cookie),
            // One of them may have been put there by somebody else.
            _ => s_several,
        };

    public void Strip(HttpRequestMessage request) => Evidence.RemoveCookies(request, null);

    /// <summary>The one cookie of a request that may be a sign-in.</summary>
    /// <returns>How many there are.</returns>
    public static int Count(HttpContext context, string name, out ReadOnlySpan<char> cookie)
    {
        cookie = [];
        var count = 0;
        foreach (var header in context.Request.Headers.Cookie)
        {
            if (!CookieText.TryFind(header, name, out var found))
                continue;
            cookie = found;
            // An empty one stands for several, and is nobody's anyway.
            count += found.IsEmpty ? 2 : 1;
        }
        return count;
    }
}
