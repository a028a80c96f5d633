namespace Berth.Gateway;

/// <summary>Gives memory back after a rush of WebSockets: what their handshakes needed is garbage that nothing would
/// collect, as idle ones allocate nothing.</summary>
internal sealed class IdleTrim(Func<long> opened)
{
    /// <summary>A rush; a workstation of a few people never sees one.</summary>
    private const int Rush = 1000;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    public async Task RunAsync(TimeProvider clock, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        long trimmed = 0;
        long last = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var now = opened();
                // Only when the rush is over: a collection stops everybody for some tens of milliseconds.
                if (now - trimmed >= Rush && now - last < Rush / 20)
                {
                    trimmed = now;
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                }
                last = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }
}
