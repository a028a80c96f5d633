using System.Text;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>The control: what the seed's dispatcher does. It knows one cookie name, asks the server nothing, takes any
/// 200 for a success and passes on whatever the server sets.</summary>
internal sealed class SeedPairing(Uri server, HttpMessageInvoker upstream, Func<string> credential) : IPairing
{
    public async ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop)
    {
        if (!isNavigation || context.Request.Cookies.ContainsKey("t3_session"))
            return false;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/api/auth/browser-session"))
        {
            Content = new StringContent($$"""{"credential":"{{credential()}}"}""", Encoding.UTF8, "application/json"),
        };
        using var response = await upstream.SendAsync(request, stop);
        if (!response.IsSuccessStatusCode)
            return false;
        if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
            context.Response.Headers.SetCookie = cookies.ToArray();
        context.Response.Redirect("/");
        return true;
    }

    public void Inject(HttpRequestMessage request)
    {
        // The browser has the session.
    }
}
