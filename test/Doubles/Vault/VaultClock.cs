namespace Berth.Doubles.Vault;

/// <summary>The server's clock: the real one, and as far ahead as a test has moved it. Only forwards.</summary>
public sealed class VaultClock : TimeProvider
{
    private long _ahead;

    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Interlocked.Add(ref _ahead, by.Ticks);
    }

    public override long GetTimestamp() =>
        base.GetTimestamp()
        + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _ahead)).TotalSeconds * TimestampFrequency);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
}
