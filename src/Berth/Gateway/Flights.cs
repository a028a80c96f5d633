namespace Berth.Gateway;

/// <summary>One attempt at a time: whoever asks while one is under way shares its result. An attempt belongs to nobody:
/// it goes on when the one who began it has gone away.</summary>
/// <param name="work">The attempt.</param>
/// <param name="patience">For one attempt.</param>
/// <param name="clock">The clock.</param>
internal sealed class Flights<T>(Func<CancellationToken, Task<T>> work, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task<T>? _current;
    private int _number;

    /// <returns>The result, and the number of the attempt that it came from.</returns>
    public async Task<(T Result, int Flight)> JoinAsync(CancellationToken stop)
    {
        Task<T> flight;
        int number;
        lock (_lock)
        {
            if (_current is not { IsCompleted: false })
            {
                _number++;
                _current = Task.Run(FlyAsync, CancellationToken.None);
            }
            (flight, number) = (_current, _number);
        }
        return (await flight.WaitAsync(stop), number);
    }

    private async Task<T> FlyAsync()
    {
        using var late = new CancellationTokenSource(patience, clock);
        try
        {
            return await work(late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new PairingException("signing in to the server took too long");
        }
    }
}
