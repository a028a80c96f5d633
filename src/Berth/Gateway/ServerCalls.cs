using System.Net.Http.Headers;
using System.Text;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>What a server answered.</summary>
internal sealed record ServerReply(int Status, byte[] Body, IReadOnlyList<string> SetCookies, string? Location);

/// <summary>Berth's own few questions to one person's server, over the connections that are verified to be theirs.
/// Everything is bounded: the time, and what comes back.</summary>
internal sealed class ServerCalls(Route route, HttpMessageInvoker upstream, TimeProvider clock)
{
    /// <summary>A server may never answer what comes between its listen() and the attaching of its handler, and answer
    /// the next request at once (facts: agent servers).</summary>
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_once = TimeSpan.FromSeconds(10);
    private const int Attempts = 3;
    private const int Largest = 64 << 10;

    private readonly string _address = $"http://{Placeholders.Authority(ListenHost.Reached(route.Host))}:{route.Port}";

    /// <summary>Asks without changing anything: up to three times.</summary>
    public async Task<ServerReply> GetAsync(string path, string? cookie, string? bearer, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = Request(HttpMethod.Get, path, cookie, bearer);
            if (await SendAsync(request, s_attempt, stop) is { } reply)
                return reply;
            if (attempt == Attempts)
                throw new PairingException($"{route.User}'s server takes requests and does not answer them");
        }
    }

    /// <summary>Asks for something that is given once: one time.</summary>
    public async Task<ServerReply> PostAsync(string path, HttpContent content, string? bearer, CancellationToken stop)
    {
        using var request = Request(HttpMethod.Post, path, null, bearer);
        request.Content = content;
        return await SendAsync(request, s_once, stop)
            ?? throw new PairingException($"{route.User}'s server took a request and did not answer it");
    }

    public static StringContent Json(string json) =>
        new(json, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));

    private HttpRequestMessage Request(HttpMethod method, string path, string? cookie, string? bearer)
    {
        var request = new HttpRequestMessage(method, _address + path);
        if (cookie is not null)
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        if (bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer}");
        return request;
    }

    /// <returns>Null when the time was up.</returns>
    private async Task<ServerReply?> SendAsync(HttpRequestMessage request, TimeSpan patience, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            using var response = await upstream.SendAsync(request, end.Token);
            return new ServerReply(
                (int)response.StatusCode,
                await BodyAsync(response, end.Token),
                response.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [],
                response.Headers.Location?.OriginalString
            );
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // Not the failure's own words: they may hold what was sent.
            throw new PairingException($"{route.User}'s server cannot be reached");
        }
    }

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken stop)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[Largest];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        return buffer[..length];
    }
}
