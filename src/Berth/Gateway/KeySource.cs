using System.Net;
using System.Text;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>A file that is read again when it has changed.</summary>
internal sealed class FollowedFile(string path, int limit)
{
    private readonly Files _files = new(HostPaths.Live);
    private string? _stamp;

    /// <returns>The whole text; null when it is as it was.</returns>
    /// <exception cref="IOException">It is not there, or larger than the limit.</exception>
    public string? IfChanged()
    {
        // Taken first: a change in between is seen the next time.
        var stamp = _files.Stamp(path) ?? throw new FileNotFoundException("there is no such file");
        // A link says nothing of the file behind it.
        if (new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target)
            stamp += _files.Stamp(target.FullName);
        if (stamp == _stamp)
            return null;
        using var stream = File.OpenRead(path);
        var buffer = new byte[limit + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (length > limit)
            throw new IOException($"is larger than {limit >> 10} KiB");
        _stamp = stamp;
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}

/// <summary>A JWKS that is fetched from its publisher. Bounded in time and size; no redirect is followed, so what was
/// asked for over TLS comes from the address in the roster.</summary>
internal sealed class FetchedKeys : IDisposable
{
    public const int Largest = 256 << 10;
    private readonly HttpClient _client;
    private readonly Uri _address;

    /// <param name="address">https; http on loopback alone, as the roster is read.</param>
    /// <param name="handler">In place of the network; null for the network.</param>
    public FetchedKeys(Uri address, HttpMessageHandler? handler = null)
    {
        _address = address;
        _client = new HttpClient(handler ?? Network())
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = Largest,
        };
    }

    /// <exception cref="HttpRequestException">Nothing useful was answered.</exception>
    public async Task<string?> ReadAsync(CancellationToken stop)
    {
        using var response = await _client.GetAsync(_address, stop);
        return response.StatusCode is HttpStatusCode.OK
            ? Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(stop))
            : throw new HttpRequestException($"answered {(int)response.StatusCode}");
    }

    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler Network() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // The roster says where the keys are; a variable of somebody's does not.
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        };
}
