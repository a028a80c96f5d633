using Berth.Planning;

namespace Berth.Recording;

/// <summary>What the kernel says of one cgroup at one moment.</summary>
public readonly record struct SurfaceSample
{
    /// <summary><c>memory.current</c> in bytes.</summary>
    public long Current { get; init; }

    /// <summary><c>memory.max</c> in bytes, <see cref="HostFacts.Unlimited"/> for none.</summary>
    public long Cap { get; init; }

    /// <summary><c>memory.peak</c> in bytes; 0 before kernel 5.19.</summary>
    public long Peak { get; init; }

    public MemoryStat Memory { get; init; }

    public MemoryEvents Events { get; init; }

    /// <summary><c>memory.pressure</c>.</summary>
    public Pressure Pressure { get; init; }

    /// <summary><c>pids.current</c>: tasks, threads included.</summary>
    public long Tasks { get; init; }

    /// <summary><c>pids.max</c>.</summary>
    public long TasksCap { get; init; }

    public PidsEvents TaskEvents { get; init; }

    public CpuStat Cpu { get; init; }

    public IoStat Io { get; init; }

    public bool Capped => Cap is > 0 and not HostFacts.Unlimited;

    /// <summary>What would not be given back for the asking: page cache that nobody used lately is.</summary>
    public long Held => Math.Max(0, Current - Memory.InactiveFile);

    /// <summary>Share of the cap that is held, 0 to 1 and above; 0 without a cap.</summary>
    public double Share => Capped ? Held / (double)Cap : 0;
}

/// <summary>How often to look.</summary>
public static class Pace
{
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(250);

    /// <summary>A fast look is followed by others for so long.</summary>
    public static readonly TimeSpan Lingers = TimeSpan.FromSeconds(5);

    /// <summary>Near its cap a surface is looked at fast: 6 GB a second fill 6 GiB in one.</summary>
    public const double Near = 0.8;

    /// <summary>Whether a surface asks for fast looks.</summary>
    public static bool Hurries(in SurfaceSample sample) => sample.Share >= Near || sample.Pressure.Full10 >= 500;
}
