using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Berth.Rosters;

namespace Berth.Credentials;

/// <summary>What one request gave.</summary>
/// <param name="Status">HTTP status; 0 when nothing was answered, and then <paramref name="Fault"/> says why.</param>
/// <param name="Body">What came, at most <see cref="VaultAnswer.Largest"/>.</param>
/// <param name="RetryAfter">How long the store asks to be left alone.</param>
/// <param name="Date">The store's clock.</param>
/// <param name="Fault">Why nothing was answered.</param>
public sealed record VaultReply(
    int Status,
    ReadOnlyMemory<byte> Body,
    TimeSpan? RetryAfter = null,
    DateTimeOffset? Date = null,
    StoreAnswer? Fault = null
)
{
    public string Text => Encoding.UTF8.GetString(Body.Span);
}

/// <summary>HTTP to Vault or OpenBao. A redirect is never followed: the token would go with it.</summary>
public sealed class VaultHttp : IDisposable
{
    private const int Attempts = 3;

    /// <summary>Nobody is left alone for longer, whatever a proxy says.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);
    private readonly HttpClient _client;
    private readonly string? _namespace;

    /// <param name="store">The roster's store, of kind vault.</param>
    /// <param name="handler">In place of the network; null for the network.</param>
    /// <param name="patience">For one answer; a minute by default, as Vault's own clients wait.</param>
    public VaultHttp(StoreSettings store, HttpMessageHandler? handler = null, TimeSpan? patience = null)
    {
        _namespace = store.Namespace;
        _client = new HttpClient(handler ?? Network(store))
        {
            BaseAddress = new Uri(store.Address!.TrimEnd('/') + "/"),
            Timeout = patience ?? TimeSpan.FromMinutes(1),
            MaxResponseContentBufferSize = VaultAnswer.Largest,
        };
    }

    /// <summary>Asks; a store that fails for a moment (412, 5xx) is asked up to three times, as its own clients do.
    /// </summary>
    public async Task<VaultReply> SendAsync(
        HttpMethod method,
        string path,
        string token,
        string? body,
        CancellationToken end,
        int attempts = Attempts
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var reply = await Once(method, path, token, body, end);
            var passing = reply.Status == 412 || (reply.Status >= 500 && reply.Status is not (501 or 503));
            if (!passing || attempt >= attempts)
                return reply;
            await Task.Delay(TimeSpan.FromMilliseconds(1000 + Random.Shared.Next(500)), end);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<VaultReply> Once(
        HttpMethod method,
        string path,
        string token,
        string? body,
        CancellationToken end
    )
    {
        // Over TLS one connection carries everybody's questions.
        using var request = new HttpRequestMessage(method, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("X-Vault-Token", token);
        request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (_namespace is { Length: > 0 } space)
            request.Headers.TryAddWithoutValidation("X-Vault-Namespace", space);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _client.SendAsync(request, end);
            return new VaultReply(
                (int)response.StatusCode,
                await response.Content.ReadAsByteArrayAsync(end),
                After(response.Headers),
                response.Headers.Date
            );
        }
        catch (HttpRequestException failure)
        {
            return Failed(
                failure.HttpRequestError switch
                {
                    HttpRequestError.SecureConnectionError => StoreAnswer.Unknown(Reason.Tls),
                    HttpRequestError.ConfigurationLimitExceeded => StoreAnswer.Unknown(Reason.TooLarge),
                    _ => StoreAnswer.Unknown(Reason.Unreachable, failure.HttpRequestError.ToString()),
                }
            );
        }
        catch (TaskCanceledException) when (!end.IsCancellationRequested)
        {
            return Failed(StoreAnswer.Unknown(Reason.Timeout));
        }
    }

    private static VaultReply Failed(StoreAnswer fault) => new(0, default, Fault: fault);

    private static TimeSpan? After(HttpResponseHeaders headers)
    {
        var after = headers.RetryAfter;
        var asked = after?.Delta ?? (after?.Date - headers.Date);
        return asked > s_longest ? s_longest : asked;
    }

    private static SocketsHttpHandler Network(StoreSettings store)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // The roster says where the store is; a variable of somebody's does not.
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A peer that is gone without a word is noticed, and its name is looked up anew now and then.
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        };
        if (store.CaFile is { } file)
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
            try
            {
                chain.CustomTrustStore.ImportFromPemFile(file);
            }
            catch (CryptographicException none)
            {
                throw new InvalidDataException($"'ca-file:' {file} holds no certificate in PEM", none);
            }
            chain.RevocationMode = X509RevocationMode.NoCheck;
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain };
        }
        return handler;
    }
}
