using System.Diagnostics;

namespace Berth.Doubles;

/// <summary>Takes memory up to an amount, at a rate or at once, and keeps it.</summary>
internal static class Hog
{
    private const nint Mebibyte = 1 << 20;

    public static int Run(Arguments options)
    {
        var (to, rate, hold) = (options.Number("to", 100), options.Number("rate", 0), options.Number("hold", 0));
        var clock = Stopwatch.StartNew();
        for (var taken = 0; taken < to; taken++)
        {
            _ = Memory.Take(Mebibyte);
            if (rate > 0 && taken * 1000.0 / rate - clock.ElapsedMilliseconds is var ahead and > 1)
                Thread.Sleep((int)ahead);
        }
        Console.WriteLine($"hog holds {to} MiB");
        Thread.Sleep(TimeSpan.FromSeconds(hold));
        return 0;
    }
}
