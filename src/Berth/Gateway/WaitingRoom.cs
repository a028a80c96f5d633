using System.Net.Sockets;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>Whether somebody's server is ready for them. Asked once at a time, however many wait; not asked at all
/// while requests succeed.</summary>
internal sealed class WaitingRoom(
    Upstream upstream,
    Action<HttpRequestMessage> inject,
    TimeProvider clock,
    Action<string> log
)
{
    /// <summary>Short on purpose: T3 Code never answers a request that arrives between its listen() and the attaching
    /// of its handler, so a probe must give up and ask again.</summary>
    public static readonly TimeSpan Attempt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private Task? _attempt;
    private long _lastFailed;
    private volatile bool _ready;
    private volatile UpstreamException? _fault;

    public bool IsReady => _ready;

    /// <summary>Why the last attempt could not even connect; null otherwise.</summary>
    public UpstreamException? Fault => _fault;

    /// <summary>A request could not reach the server: it is asked anew before the next one is sent.</summary>
    public void Invalidate(UpstreamException? fault)
    {
        _ready = false;
        Note(fault);
    }

    /// <summary>Waits until the server is ready, or for as long as <paramref name="bound"/>.</summary>
    /// <returns>Whether it is ready.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan bound, CancellationToken stop)
    {
        var started = clock.GetTimestamp();
        while (!_ready)
        {
            var left = bound - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                return false;
            try
            {
                await AskOnce().WaitAsync(left, clock, stop);
            }
            catch (TimeoutException)
            {
                return _ready;
            }
            if (!_ready)
                await Task.Delay(s_pause, clock, stop);
        }
        return true;
    }

    /// <summary>One attempt, shared by everybody who asks meanwhile; the answer of one that failed just now counts.
    /// </summary>
    public Task AskOnce()
    {
        lock (_lock)
        {
            if (_attempt is { IsCompleted: false } running)
                return running;
            if (_ready || (_lastFailed != 0 && clock.GetElapsedTime(_lastFailed) < s_pause))
                return Task.CompletedTask;
            return _attempt = AttemptAsync();
        }
    }

    /// <summary>Whether it answers this very moment, whatever was known of it.</summary>
    public async Task<bool> AnswersAsync()
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(upstream.Gone);
            limit.CancelAfter(Attempt);
            return await ReadyCheckAsync(limit.Token);
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task AttemptAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(upstream.Gone);
        limit.CancelAfter(Attempt);
        try
        {
            _ready = await ReadyCheckAsync(limit.Token);
            Note(null);
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            Note(UpstreamException.Within(failure));
        }
        if (!_ready)
            _lastFailed = clock.GetTimestamp();
    }

    /// <summary>One line when it begins, and one when it is over, however many ask meanwhile.</summary>
    private void Note(UpstreamException? fault)
    {
        UpstreamException? before;
        lock (_lock)
            (before, _fault) = (_fault, fault);
        if (before?.Fault == fault?.Fault)
            return;
        // A server that is not there is nothing out of the ordinary: it starts, or restarts.
        if (fault is not null and not { Fault: UpstreamFault.Refused })
            log($"server {upstream.Route.User}: {fault.Message}");
        else if (fault is null && before is not { Fault: UpstreamFault.Refused })
            log($"server {upstream.Route.User}: answers again");
    }

    private async Task<bool> ReadyCheckAsync(CancellationToken stop)
    {
        var check = upstream.Route.Ready;
        if (check.Path is null)
        {
            // Proven to be accepted: more than a connection that the kernel alone answered.
            using var socket = await upstream.ConnectAsync(stop);
            return true;
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, upstream.Base + check.Path);
        inject(request);
        using var response = await upstream.Client.SendAsync(request, stop);
        // Who asks for the password answers: it is up, and it is the person's own.
        if (check.BasicUser is not null && (int)response.StatusCode == 401)
            return true;
        return response.IsSuccessStatusCode
            && (
                check.JsonProperty is null
                || ReadyProbe.Holds(await ReadAsync(response, stop), check.JsonProperty) is null
            );
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[64 << 10];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        return buffer[..length];
    }
}
