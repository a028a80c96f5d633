using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Berth.Rosters;

namespace Berth.Credentials;

/// <summary>Asks Vault or OpenBao about one person, with that person's scoped token. A redirect is never followed: the
/// token would go with it.</summary>
public sealed class VaultClient : IDisposable
{
    private const int Attempts = 3;
    private readonly HttpClient _client;
    private readonly StoreSettings _store;
    private readonly string _host;

    /// <param name="store">The roster's store, of kind vault.</param>
    /// <param name="host">This host's name, as it is in the display names of its tokens.</param>
    /// <param name="handler">In place of the network; null for the network.</param>
    public VaultClient(StoreSettings store, string host, HttpMessageHandler? handler = null)
    {
        (_store, _host) = (store, host);
        _client = new HttpClient(handler ?? Network(store))
        {
            BaseAddress = new Uri(store.Address!.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(60),
            MaxResponseContentBufferSize = VaultAnswer.Largest,
        };
    }

    /// <summary>Whose the token is first, then what the entry holds.</summary>
    public async Task<StoreAnswer> ReadAsync(string user, string token, CancellationToken end)
    {
        var (mount, path) = Place(_store, user);
        try
        {
            var self = await Get("v1/auth/token/lookup-self", token, end);
            if (VaultAnswer.Refused(self.Status, self.Body, _host, user, self.RetryAfter) is { } refused)
                return refused;
            var entry = await Get($"v1/{mount}/data/{path}", token, end);
            return VaultAnswer.Entry(entry.Status, entry.Body, entry.RetryAfter);
        }
        catch (HttpRequestException failure)
        {
            return failure.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => StoreAnswer.Unknown(Reason.Tls),
                HttpRequestError.ConfigurationLimitExceeded => StoreAnswer.Unknown(Reason.TooLarge),
                _ => StoreAnswer.Unknown(Reason.Unreachable, failure.HttpRequestError.ToString()),
            };
        }
        catch (TaskCanceledException) when (!end.IsCancellationRequested)
        {
            return StoreAnswer.Unknown(Reason.Timeout);
        }
    }

    /// <summary>The mount and the person's path below it.</summary>
    public static (string Mount, string Path) Place(StoreSettings store, string user)
    {
        var whole = store.Path!.Trim('/').Replace("{user}", user, StringComparison.Ordinal);
        var slash = whole.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (whole, "") : (whole[..slash], whole[(slash + 1)..]);
    }

    public void Dispose() => _client.Dispose();

    private sealed record Reply(int Status, string Body, TimeSpan? RetryAfter);

    private async Task<Reply> Get(string path, string token, CancellationToken end)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("X-Vault-Token", token);
            request.Headers.Add("X-Vault-Request", "true");
            if (_store.Namespace is { Length: > 0 } space)
                request.Headers.Add("X-Vault-Namespace", space);
            using var response = await _client.SendAsync(request, end);
            var status = (int)response.StatusCode;
            var again = status == 412 || (status >= 500 && status is not (501 or 503));
            if (!again || attempt == Attempts)
            {
                var after = response.Headers.RetryAfter;
                return new Reply(
                    status,
                    Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(end)),
                    after?.Delta ?? (after?.Date is { } date ? date - response.Headers.Date : null)
                );
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1000 + Random.Shared.Next(500)), end);
        }
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
        };
        if (store.CaFile is { } file)
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
            chain.CustomTrustStore.ImportFromPemFile(file);
            chain.RevocationMode = X509RevocationMode.NoCheck;
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain };
        }
        return handler;
    }
}
