using System.Globalization;
using System.Runtime.InteropServices;
using Berth.Host;

namespace Berth.Drilling;

/// <summary>The tools of a drill that take too much: memory, or tasks. They end by themselves after their time, whatever
/// becomes of the drill.</summary>
internal static unsafe class PartMemory
{
    private const int Page = 4096;
    private const int Step = 1 << 20;
    private const int SetName = 15; // PR_SET_NAME

    /// <summary>Memory straight from the allocator, every page of it touched.</summary>
    public static nint Take(int bytes)
    {
        var at = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Page);
        for (var offset = 0; offset < bytes; offset += Page)
            at[offset] = 1;
        return (nint)at;
    }

    public static void Free(nint at) => NativeMemory.AlignedFree((void*)at);

    /// <param name="to">How much it wants, in bytes.</param>
    /// <param name="rate">Bytes a second; 0 for as fast as it can.</param>
    /// <param name="seconds">How long it keeps what it has.</param>
    /// <param name="name">What it calls itself; null for its own name.</param>
    public static int Hog(long to, long rate, int seconds, string? name)
    {
        if (name is not null)
            Call(name);
        Say($"pid {Environment.ProcessId}");
        var kept = new List<nint>();
        var begun = Moment.Now;
        for (long held = 0; held < to; held += Step)
        {
            kept.Add(Take(Step));
            if (rate > 0 && (held * 1000.0 / rate) - (Moment.Now - begun) is var ahead and > 1)
                Thread.Sleep((int)ahead);
        }
        Say("holds");
        // What it holds stays in use: nothing of it is a candidate for swap.
        for (var until = Moment.Now + (seconds * 1000.0); Moment.Now < until; Thread.Sleep(200))
        {
            foreach (var at in kept)
                ((byte*)at)[0]++;
        }
        return ExitCodes.Ok;
    }

    /// <summary>An agent that works: its heart beats.</summary>
    /// <param name="seconds">How long.</param>
    public static int Agent(int seconds)
    {
        Call("claude");
        Say($"pid {Environment.ProcessId}");
        for (var until = Moment.Now + (seconds * 1000.0); Moment.Now < until; Thread.Sleep((int)Moment.Pause))
        {
            Free(Take(64 << 10));
            Say(Moment.Now.ToString("0", CultureInfo.InvariantCulture));
        }
        return ExitCodes.Ok;
    }

    /// <summary>Starts programs that only wait, and tells how many it was refused.</summary>
    /// <param name="most">It stops there: a host without a cap on tasks is not to be filled.</param>
    /// <param name="seconds">How long each of them waits.</param>
    public static int Fork(int most, int seconds)
    {
        Say($"pid {Environment.ProcessId}");
        var (started, refused) = (0, 0);
        for (var until = Moment.Now + (seconds * 1000.0); Moment.Now < until && started < most; )
        {
            try
            {
                using var sleeper = System.Diagnostics.Process.Start("/bin/sleep", $"{seconds}");
                started++;
            }
            catch (Exception full) when (full is System.ComponentModel.Win32Exception or OutOfMemoryException)
            {
                if (refused++ % 8 == 0)
                    Say($"refused {refused} after {started}");
                Thread.Sleep(20);
            }
        }
        Say($"started {started}");
        Thread.Sleep(TimeSpan.FromSeconds(seconds));
        return ExitCodes.Ok;
    }

    private static void Call(string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        _ = Native.ProcessControl(SetName, (nuint)text, 0, 0, 0);
        Marshal.FreeCoTaskMem(text);
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
