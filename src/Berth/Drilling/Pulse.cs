namespace Berth.Drilling;

/// <summary>Notices when the drill itself does not get on: then nobody else's silence says much.</summary>
internal sealed class Pulse
{
    private const int Beat = 50;
    private double _last = Moment.Now;
    private double _still;

    public Pulse() =>
        new Thread(() =>
        {
            while (true)
            {
                Thread.Sleep(Beat);
                var now = Moment.Now;
                var late = now - Volatile.Read(ref _last) - Beat;
                Volatile.Write(ref _last, now);
                if (late > Volatile.Read(ref _still))
                    Volatile.Write(ref _still, late);
            }
        })
        {
            IsBackground = true,
        }.Start();

    /// <summary>The longest since the beginning, in milliseconds.</summary>
    public double Still => Volatile.Read(ref _still);

    public void Begin() => Volatile.Write(ref _still, 0);
}
