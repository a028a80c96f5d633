namespace Berth.Gateway;

/// <summary>Something that is done again and again in the background, until this is disposed of.</summary>
internal sealed class Recurring : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="once">Does it once, throws nothing, and tells how long to pause.</param>
    /// <param name="clock">By whose time.</param>
    public Recurring(Func<CancellationToken, Task<TimeSpan>> once, TimeProvider clock) =>
        _loop = Task.Run(() => LoopAsync(once, clock));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync(Func<CancellationToken, Task<TimeSpan>> once, TimeProvider clock)
    {
        try
        {
            while (true)
                await Task.Delay(await once(_stop.Token), clock, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
