using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>The access log: a line for each request, written by a thread of its own. Requests never wait for it: when
/// the reader is too slow, lines are left out, and a line says how many.</summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int Capacity = 1 << 20;
    private readonly Lock _lock = new();
    private readonly Stream _to;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Task _writing;
    private byte[] _filling = new byte[64 << 10];
    private byte[] _spare = new byte[64 << 10];
    private int _length;
    private long _left;
    private long _second;
    private byte[] _time = [];
    private bool _ended;

    public AccessLog(Stream to, TimeProvider clock)
    {
        _to = to;
        _clock = clock;
        _writing = Task.Run(WriteAsync);
    }

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
        Append(line[..length]);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _ended = true;
        Wake();
        await _writing;
        _wake.Dispose();
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        bool wasEmpty;
        lock (_lock)
        {
            wasEmpty = _length == 0;
            if (_length + line.Length > Capacity)
            {
                _left++;
                return;
            }
            if (_length + line.Length > _filling.Length)
                Array.Resize(ref _filling, Math.Min(Capacity, Math.Max(_filling.Length * 2, _length + line.Length)));
            line.CopyTo(_filling.AsSpan(_length));
            _length += line.Length;
        }
        if (wasEmpty)
            Wake();
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake.
        }
    }

    private byte[] Time()
    {
        var now = _clock.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        lock (_lock)
        {
            if (second != _second)
                (_second, _time) = (second, AccessLine.Time(now));
            return _time;
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            await _wake.WaitAsync();
            // What comes within a moment is written at once.
            await Task.Delay(50);
            int length;
            long left;
            bool ended;
            lock (_lock)
            {
                (_filling, _spare) = (_spare, _filling);
                (length, _length) = (_length, 0);
                (left, _left) = (_left, 0);
                ended = _ended;
            }
            try
            {
                await _to.WriteAsync(_spare.AsMemory(0, length));
                if (left > 0)
                    await _to.WriteAsync(
                        Encoding.ASCII.GetBytes($"berth: {left} lines left out, the log is too slow\n")
                    );
                await _to.FlushAsync();
            }
            catch (IOException)
            {
                // Nobody reads it any more; requests go on.
            }
            if (ended)
                return;
        }
    }
}
