using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>The access log: a line for each request, written in the background.</summary>
internal sealed class AccessLog(Stream to, TimeProvider clock) : IAsyncDisposable
{
    private readonly LineWriter _lines = new(to);
    private volatile Stamp _stamp = new(0, []);

    /// <summary>What there is to tell of a request.</summary>
    public static AccessEntry Of(HttpContext context, RequestNote note)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        return new AccessEntry(
            note.Client,
            note.User,
            request.Method,
            request.RawTarget,
            request.Protocol,
            context.Response.StatusCode,
            context.Response.ContentLength ?? 0,
            request.Headers.Referer,
            request.Headers.UserAgent
        );
    }

    public void Write(in AccessEntry entry)
    {
        Span<byte> line = stackalloc byte[AccessLine.MaxLength];
        var length = AccessLine.Write(line, entry, Time());
        _lines.Write(line[..length]);
    }

    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private byte[] Time()
    {
        var now = clock.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        var stamp = _stamp;
        if (stamp.Second != second)
            _stamp = stamp = new Stamp(second, AccessLine.Time(now));
        return stamp.Text;
    }

    private sealed record Stamp(long Second, byte[] Text);
}
