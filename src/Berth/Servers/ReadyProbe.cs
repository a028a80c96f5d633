using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Berth.Servers;

/// <summary>Asks a server whether it is ready, by its preset's real check.</summary>
public sealed class ReadyProbe : IDisposable
{
    /// <summary>Short on purpose: T3 Code never answers a request that arrives between its listen() and the attaching
    /// of its handler, so a probe must give up and ask again.</summary>
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(2);
    private const int MaxAnswer = 64 << 10;

    private readonly HttpClient _client = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = s_attempt,
        }
    )
    {
        Timeout = s_attempt,
        MaxResponseContentBufferSize = MaxAnswer,
    };

    /// <param name="host">Listen address; an address for "everywhere" is asked on loopback.</param>
    /// <param name="port">Port.</param>
    /// <param name="check">The check.</param>
    /// <param name="password">Password of HTTP Basic, where the check wants one.</param>
    /// <returns>Null when ready; else why not, in a few words.</returns>
    public async Task<string?> AskAsync(
        string host,
        int port,
        ReadyCheck check,
        string? password,
        CancellationToken stop
    )
    {
        var address = ListenHost.Reached(host);
        try
        {
            if (check.Path is null)
            {
                using var socket = new TcpClient();
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
                limit.CancelAfter(s_attempt);
                await socket.ConnectAsync(address, port, limit.Token);
                return null;
            }
            using var request = new HttpRequestMessage(
                HttpMethod.Get,
                new UriBuilder("http", address, port, check.Path).Uri
            );
            if (check.BasicUser is not null && password is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic",
                    Convert.ToBase64String(Encoding.UTF8.GetBytes($"{check.BasicUser}:{password}"))
                );
            using var response = await _client.SendAsync(request, stop);
            if (!response.IsSuccessStatusCode)
                return $"answers {(int)response.StatusCode}";
            return check.JsonProperty is null
                ? null
                : Holds(await response.Content.ReadAsByteArrayAsync(stop), check.JsonProperty);
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException)
        {
            return "refuses connections";
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return "accepts and does not answer";
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Whether an answer is the JSON that the check asks for.</summary>
    /// <returns>Null when it is; else why not.</returns>
    public static string? Holds(byte[] answer, string property)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return
                document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty(property, out _)
                ? null
                : $"answers JSON without '{property}'";
        }
        catch (JsonException)
        {
            return "answers something that is not its ready check";
        }
    }
}
