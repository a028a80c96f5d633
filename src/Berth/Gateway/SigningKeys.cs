namespace Berth.Gateway;

/// <summary>The keys that the issuer publishes, as they were last read. They are read again in the background; a
/// reading that fails leaves those before in force.</summary>
/// <param name="source">The roster's <c>jwks</c>, for messages.</param>
/// <param name="read">Reads the JWKS; null when it is as before.</param>
/// <param name="pause">Somebody who makes up names of keys gets it read at most this often.</param>
internal sealed class SigningKeys(
    string source,
    Func<CancellationToken, Task<string?>> read,
    TimeSpan pause,
    TimeProvider clock,
    Action<string> say
)
{
    /// <summary>A request waits no longer for a key that has not been seen.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private volatile KeyRing _current = KeyRing.None;
    private string _text = "";
    private volatile string? _fault;
    private Task? _flight;
    private long? _asked;

    public KeyRing Current => _current;

    /// <summary>Whether the last reading failed.</summary>
    public bool IsFaulty => _fault is not null;

    /// <summary>Reads the keys, or waits for the reading that is under way.</summary>
    public Task RefreshAsync(CancellationToken stop) => Flight().WaitAsync(stop);

    /// <summary>For a key that <paramref name="seen"/> does not hold: newer keys, if there are any.</summary>
    public async ValueTask<KeyRing> NewerAsync(KeyRing seen, CancellationToken stop)
    {
        // A reading that was under way may have begun before the key was there: then once more.
        for (var isOwn = false; !isOwn; )
        {
            Task flight;
            lock (_gate)
            {
                if (!ReferenceEquals(_current, seen))
                    return _current;
                isOwn = _flight is null or { IsCompleted: true };
                if (isOwn && _asked is { } asked && clock.GetElapsedTime(asked) < pause)
                    return seen;
                flight = Flight();
            }
            try
            {
                await flight.WaitAsync(s_patience, stop);
            }
            catch (Exception late) when (late is TimeoutException or OperationCanceledException)
            {
                // The reading goes on; this request does not wait for it.
                break;
            }
        }
        return _current;
    }

    private Task Flight()
    {
        lock (_gate)
        {
            if (_flight is { IsCompleted: false } underWay)
                return underWay;
            _asked = clock.GetTimestamp();
            return _flight = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            if (await read(CancellationToken.None) is { } text && text != _text)
            {
                _current = KeyRing.Parse(text);
                _text = text;
            }
            if (_fault is not null)
                say($"identity: {source} is read again");
            _fault = null;
        }
        catch (Exception failure)
            when (failure
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or HttpRequestException
                        or OperationCanceledException
            )
        {
            var fault = failure is OperationCanceledException ? "does not answer" : failure.Message;
            // Once for as long as it lasts.
            if (_fault is null)
                say(
                    $"identity: {source}: {fault}; "
                        + (_current.IsEmpty ? "nobody can be let in until it is read" : "the keys from before stay")
                );
            _fault = fault;
        }
    }
}
