using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Berth.Doubles.Vault;

namespace Berth.Credentials;

/// <summary>What a server answered, as it came.</summary>
internal sealed record Heard(int Status, string Text, HttpResponseHeaders Headers, string? Type, Version Protocol)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    /// <summary>The errors, joined.</summary>
    public string Errors => string.Join("; ", Json["errors"]!.AsArray().Select(error => error!.GetValue<string>()));

    public JsonNode? this[string path] =>
        path.Split('.').Aggregate((JsonNode?)Json, (node, name) => node is JsonObject inner ? inner[name] : null);
}

/// <summary>Says plain HTTP to a double: what it answers is looked at without any client's opinion.</summary>
internal sealed class VaultCaller : IDisposable
{
    private readonly HttpClient _client;
    private readonly Version _protocol;

    public VaultCaller(VaultDouble vault, Version? protocol = null)
        : this(vault.Address, vault.CaFile, protocol) { }

    public VaultCaller(string address, string caFile, Version? protocol = null)
    {
        _protocol = protocol ?? HttpVersion.Version11;
        var chain = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        chain.CustomTrustStore.ImportFromPemFile(caFile);
        _client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain },
            }
        )
        {
            BaseAddress = new Uri(address),
        };
    }

    public async Task<Heard> Ask(
        string method,
        string path,
        string? token = null,
        string? body = null,
        string type = "application/json",
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Version = _protocol,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (token is not null)
            request.Headers.Add("X-Vault-Token", token);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var response = await _client.SendAsync(request);
        return new Heard(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers,
            response.Content.Headers.ContentType?.ToString(),
            response.Version
        );
    }

    public Task<Heard> Patch(string path, string token, string body) =>
        Ask("PATCH", path, token, body, "application/merge-patch+json");

    public void Dispose() => _client.Dispose();
}
