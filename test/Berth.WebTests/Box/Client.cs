using System.Text;
using Xunit;

namespace Berth.WebTests.Box;

/// <summary>A client that keeps no cookies, follows nothing, and shows answers as they are.</summary>
internal sealed class Client : IDisposable
{
    private readonly HttpClient _http;

    public Client(string address, Dictionary<string, string>? headers)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(address),
        };
        foreach (var (name, value) in headers ?? [])
            _http.DefaultRequestHeaders.Add(name, value);
    }

    /// <summary>As a browser that opens a page.</summary>
    public Task<HttpResponseMessage> Opens(string path) =>
        Asks("GET", path, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"));

    public Task<HttpResponseMessage> Asks(string method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends a form, as a page of <paramref name="origin"/>.</summary>
    public Task<HttpResponseMessage> Sends(string path, string form, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(form, Encoding.ASCII, "application/x-www-form-urlencoded"),
        };
        request.Headers.Add("Origin", origin);
        return _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
