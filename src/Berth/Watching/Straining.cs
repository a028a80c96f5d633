using Berth.Host;
using Berth.Recording;

namespace Berth.Watching;

/// <summary>Looks for reasons why a server that does not answer may be busy and not wedged. Only asked while there is a
/// doubt.</summary>
/// <param name="paths">The host.</param>
/// <param name="cgroup">The server's cgroup, a path of the host.</param>
/// <param name="port">The server's port.</param>
internal sealed class Straining(HostPaths paths, string cgroup, int port) : IDisposable
{
    /// <summary>Shares of the last ten seconds, in hundredths of a percent.</summary>
    private const int Waits = 20_00;

    /// <inheritdoc cref="Waits"/>
    private const int Starves = 60_00;

    private readonly KernelFile _memory = new(paths[$"{cgroup}/memory.pressure"]);
    private readonly KernelFile _current = new(paths[$"{cgroup}/memory.current"]);
    private readonly KernelFile _cap = new(paths[$"{cgroup}/memory.max"]);
    private readonly KernelFile _processor = new(paths[$"{cgroup}/cpu.pressure"]);
    private readonly KernelFile _host = new(paths["/proc/pressure/memory"]);
    private readonly KernelFile _events = new(paths[$"{cgroup}/memory.events"]);
    private readonly Sending _sending = new(port);
    private MemoryEvents _before;
    private long _looked;

    public Strain Look(long at)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var strain = Strain.None;
        var kills = MemoryEvents.TryParse(_events.Read(buffer), out var events);
        var rises = kills && _looked > 0 && at - _looked < WatchSettings.Gap && events.Max > _before.Max;
        (_before, _looked) = (events, at);
        var near =
            CgroupNumber.TryParse(_current.Read(buffer), out var current)
            && CgroupNumber.TryParse(_cap.Read(buffer), out var cap)
            && current > cap - cap / 20;
        if (rises || (near && Pressure.TryParse(_memory.Read(buffer), out var own) && own.Full10 >= Waits))
            strain |= Strain.Memory;
        if (Pressure.TryParse(_processor.Read(buffer), out var processor) && processor.Some10 >= Starves)
            strain |= Strain.Processor;
        if (Pressure.TryParse(_host.Read(buffer), out var host) && host.Full10 >= Waits)
            strain |= Strain.Host;
        if (_sending.Look(at))
            strain |= Strain.Sends;
        return strain;
    }

    public void Dispose()
    {
        foreach (var file in (ReadOnlySpan<KernelFile>)[_memory, _current, _cap, _processor, _host, _events])
            file.Dispose();
    }
}
