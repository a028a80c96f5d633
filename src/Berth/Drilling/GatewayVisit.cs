using System.Net;
using Berth.Commands;
using Berth.Gateway;
using Berth.Rosters;

namespace Berth.Drilling;

/// <summary>A person who comes through the gateway, signed in by a link, as somebody with a browser does.</summary>
internal sealed class GatewayVisit : IDisposable
{
    private readonly HttpClient _client = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            CookieContainer = new CookieContainer(),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        }
    )
    {
        Timeout = TimeSpan.FromSeconds(4),
    };

    private Uri? _gateway;

    /// <exception cref="IOException">It gave no link, or did not take it.</exception>
    public async Task SignInAsync(GatewaySettings gateway, string user)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = await LinkCommand.SendAsync(LinkControl.Path, new LinkOrder("issue", user, 300), patience.Token);
        if (answer.Link is not { } link)
            throw new IOException(answer.Error ?? "it gave no link");
        _gateway = new Uri(SignInRequest.Address(gateway));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway, SignInRequest.SignIn));
        request.Headers.Add("Origin", _gateway.GetLeftPart(UriPartial.Authority));
        request.Content = new FormUrlEncodedContent([
            new("token", link.Url[(link.Url.IndexOf("token=", StringComparison.Ordinal) + 6)..]),
        ]);
        using var signedIn = await _client.SendAsync(request, patience.Token);
        if ((int)signedIn.StatusCode >= 400)
            throw new IOException($"it did not take its own link (HTTP {(int)signedIn.StatusCode})");
    }

    /// <summary>Asks for something of the person's server.</summary>
    /// <returns>What the gateway answered; 0 where it waits for the server to come back.</returns>
    public async Task<int> AskAsync(string path)
    {
        using var page = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway!, path));
        // As an application's own request: a person's page would be held until the server is there.
        page.Headers.Add("Sec-Fetch-Mode", "cors");
        page.Headers.Add("Sec-Fetch-Site", "same-origin");
        try
        {
            using var got = await _client.SendAsync(page);
            return (int)got.StatusCode;
        }
        catch (TaskCanceledException)
        {
            // Held until the server is there: nothing was given away meanwhile.
            return 0;
        }
    }

    public void Dispose() => _client.Dispose();
}
