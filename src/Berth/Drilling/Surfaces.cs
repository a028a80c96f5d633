using Berth.Host;
using Berth.Planning;
using Berth.Recording;

namespace Berth.Drilling;

/// <summary>Reads a surface's own files, as the kernel has them.</summary>
internal static class Surfaces
{
    /// <returns>Null where it is not there, or says <c>max</c>.</returns>
    public static long? Number(string cgroup, string file)
    {
        Span<byte> buffer = stackalloc byte[64];
        return
            CgroupNumber.TryParse(KernelFile.Once($"{cgroup}/{file}", buffer), out var value)
            && value != HostFacts.Unlimited
            ? value
            : null;
    }

    public static MemoryEvents Events(string cgroup)
    {
        Span<byte> buffer = stackalloc byte[512];
        return MemoryEvents.TryParse(KernelFile.Once($"{cgroup}/memory.events", buffer), out var events)
            ? events
            : default;
    }

    /// <summary>How often a fork was refused there (<c>pids.events</c>).</summary>
    public static long Refused(string cgroup)
    {
        try
        {
            return File.ReadLines($"{cgroup}/pids.events")
                .Select(line => line.Split(' '))
                .Where(words => words is ["max", _])
                .Sum(words => long.Parse(words[1]));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Share of the last 10 s in which nothing on the box ran for want of memory, in percent.</summary>
    public static double Stalled() => Waiting().Full10 / 100.0;

    /// <summary>All of that time since boot, in milliseconds.</summary>
    public static double Starved() => Waiting().FullTotal / 1000.0;

    private static Pressure Waiting()
    {
        Span<byte> buffer = stackalloc byte[512];
        return Pressure.TryParse(KernelFile.Once("/proc/pressure/memory", buffer), out var pressure)
            ? pressure
            : default;
    }

    /// <summary><c>MemAvailable</c>, in bytes.</summary>
    public static long Available() => HostReader.Memory("MemAvailable:") ?? 0;

    /// <summary>Where a person's tools run: beside their server, or with it.</summary>
    public static string Tools(Target target)
    {
        var agents = $"{target.Cgroup}/{Containment.AgentCgroup.Agents}";
        if (Directory.Exists(agents))
            return agents;
        var server = $"{target.Cgroup}/{Containment.AgentCgroup.Server}";
        return Directory.Exists(server) ? server : target.Cgroup;
    }

    /// <summary>The cap that ends what runs in a cgroup: the lowest of its own and of those above it.</summary>
    public static long? Cap(string cgroup)
    {
        long? least = null;
        for (
            var at = cgroup;
            at.Length > SurfaceReader.Tree.Length;
            at = Path.GetDirectoryName(at) ?? SurfaceReader.Tree
        )
        {
            if (Number(at, "memory.max") is { } cap && !(cap >= least))
                least = cap;
        }
        return least;
    }
}

/// <summary>How much a surface holds, ten times a second.</summary>
internal sealed class MemoryCurve : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Point> _points = [];
    private readonly Thread _thread;
    private readonly string _cgroup;
    private readonly long _highBefore;
    private long _high;
    private long _swapped;
    private volatile bool _stopped;

    public MemoryCurve(string cgroup)
    {
        _cgroup = cgroup;
        _high = _highBefore = High();
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>MiB, over milliseconds of <see cref="Moment"/>.</summary>
    public IReadOnlyList<Point> Points()
    {
        lock (_lock)
            return [.. _points];
    }

    /// <summary>The most that was swapped out, in bytes.</summary>
    public long Swapped => Interlocked.Read(ref _swapped);

    /// <summary>The most it has held since this began, in bytes: by the kernel's own mark where that has risen meanwhile,
    /// because what takes memory at once comes and goes between two looks.</summary>
    public long Peak()
    {
        Look();
        if (Interlocked.Read(ref _high) is var high && high > _highBefore)
            return high;
        lock (_lock)
            return (long)(_points.Select(point => point.Value).DefaultIfEmpty().Max() * (1 << 20));
    }

    /// <summary><c>memory.peak</c> (Linux 5.19); 0 where it is not there.</summary>
    private long High() => Surfaces.Number(_cgroup, "memory.peak") ?? 0;

    private void Look()
    {
        if (High() is var high && high > Interlocked.Read(ref _high))
            Interlocked.Exchange(ref _high, high);
    }

    private void Run()
    {
        while (!_stopped)
        {
            Look();
            if (Surfaces.Number(_cgroup, "memory.current") is { } held)
            {
                lock (_lock)
                    _points.Add(new Point(Moment.Now, held / (double)(1 << 20)));
            }
            if (Surfaces.Number(_cgroup, "memory.swap.current") is { } swapped && swapped > Swapped)
                Interlocked.Exchange(ref _swapped, swapped);
            Thread.Sleep(100);
        }
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join(2000);
    }
}
