using System.Net;
using System.Net.Sockets;
using Berth.Gateway;
using Berth.Host;
using Berth.Planning;
using Berth.Recording;
using Berth.Units;

namespace Berth.Watching;

/// <summary>One server that is watched: looks at it cheaply, every second.</summary>
internal sealed class Place : IDisposable
{
    private static readonly IPEndPoint s_nobody = new(IPAddress.Any, 0);
    private static readonly IPEndPoint s_nobody6 = new(IPAddress.IPv6Any, 0);

    private readonly HostPaths _paths;
    private readonly SocketOwner _sockets;
    private readonly Straining _straining;
    private KernelFile? _stat;
    private int _pid;
    private long _started;

    /// <param name="route">Whose it is, and where.</param>
    /// <param name="paths">The host.</param>
    /// <param name="sockets">The kernel, asked whose a socket is.</param>
    /// <param name="clock">The clock.</param>
    public Place(Route route, HostPaths paths, SocketOwner sockets, BootClock clock)
    {
        (Route, Unit, _paths, _sockets) = (route, WatchConfig.Unit(route), paths, sockets);
        Cgroup = $"{SurfaceReader.Tree}/{ServerUnits.SliceFolder}/{Unit}";
        Prober = new Prober(route, sockets, paths);
        Questions = new Questions(Prober, clock);
        _straining = new Straining(paths, Cgroup, route.Port);
    }

    public Route Route { get; }

    public string Unit { get; }

    /// <summary>Its cgroup, a path of the host.</summary>
    public string Cgroup { get; }

    public Prober Prober { get; }

    public Questions Questions { get; }

    public WatchState State { get; set; } = WatchState.New;

    /// <summary>What systemd said last, and when.</summary>
    public UnitFact? Fact { get; private set; }

    public long FactAt { get; private set; } = long.MinValue / 2;

    private long _upFor;

    /// <summary>What follows from the last look.</summary>
    public Decision Last { get; set; } = new(WatchState.New);

    /// <summary>An order that is being carried out; nothing is decided meanwhile.</summary>
    public Task<Func<WatchState, WatchState>>? Work { get; set; }

    /// <summary>Who listens on its port where that is not its person.</summary>
    public int Squatter { get; private set; }

    public void Take(Shown shown)
    {
        if (!shown.Units.TryGetValue(Unit, out var fact))
            return;
        // The same pid may be another run's.
        var same = fact.MainPid == _pid && fact.Entered == Fact?.Entered && _stat is not null;
        (Fact, FactAt, _upFor) = (fact, shown.At, shown.UpFor(fact));
        if (same)
            return;
        _stat?.Dispose();
        (_stat, _pid, _started) = (
            fact.MainPid > 0 ? new KernelFile(_paths[$"/proc/{fact.MainPid}/stat"]) : null,
            fact.MainPid,
            0
        );
    }

    public Sight Look(long at)
    {
        var (door, queue) = Door();
        return new Sight(
            at,
            Fact,
            FactAt,
            _upFor,
            door,
            queue,
            Main(),
            Questions.Known,
            Questions.Known.Doubted is { } doubted && at - doubted > WatchSettings.SilentFor / 2
                ? _straining.Look(at)
                : Strain.None
        );
    }

    /// <summary>Who listens on its port, and how many wait there.</summary>
    public (Door Door, int Queue) Door()
    {
        try
        {
            var own = Prober.Upstream.EndPoint;
            var listener = _sockets(own, own.AddressFamily is AddressFamily.InterNetworkV6 ? s_nobody6 : s_nobody);
            if (!listener.Exists || !listener.IsListener)
                return (Watching.Door.Closed, 0);
            if (listener.Uid == Route.Uid)
                return (Watching.Door.Open, listener.Queue);
            Squatter = listener.Uid;
            return (Watching.Door.Squatted, 0);
        }
        catch (Exception silent) when (silent is InvalidDataException or IOException)
        {
            return (Watching.Door.Unknown, 0);
        }
    }

    public void Dispose()
    {
        _stat?.Dispose();
        _straining.Dispose();
        Questions.Dispose();
    }

    /// <summary>An open file of a process stays that process's, also when its pid is given to another one; before it was
    /// first read another may have come in its place.</summary>
    private char? Main()
    {
        Span<byte> buffer = stackalloc byte[1024];
        if (_stat is null || !ProcStat.TryParse(_stat.Read(buffer), out var stat) || stat.State is 'Z' or 'X')
            return null;
        if (_started == 0)
            _started = stat.Start;
        return stat.Start == _started ? stat.State : null;
    }
}
