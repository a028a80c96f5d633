using Berth.Host;
using Berth.Planning;

namespace Berth.Recording;

/// <summary>Reads what the kernel says of one surface, and is told when it changes.</summary>
internal sealed class CgroupProbe : IDisposable
{
    /// <summary>Some task of it waits for memory for 200 ms within 2 s. A shorter window, or one that is no multiple of
    /// 2 s, needs CAP_SYS_RESOURCE and a kernel thread for each (Documentation/accounting/psi.rst).</summary>
    private static readonly byte[] s_trigger = "some 200000 2000000"u8.ToArray();

    private readonly KernelFile _current;
    private readonly KernelFile _cap;
    private readonly KernelFile _peak;
    private readonly KernelFile _memory;
    private readonly KernelFile _events;
    private readonly KernelFile _pressure;
    private readonly KernelFile _tasks;
    private readonly KernelFile _tasksCap;
    private readonly KernelFile _taskEvents;
    private readonly KernelFile _cpu;
    private readonly KernelFile _io;

    public CgroupProbe(HostPaths paths, Surface surface)
    {
        Surface = surface;
        var folder = paths[$"{SurfaceReader.Tree}/{surface.Cgroup}"];
        KernelFile Of(string name) => new($"{folder}/{name}");
        (_current, _cap, _peak, _memory) = (
            Of("memory.current"),
            Of("memory.max"),
            Of("memory.peak"),
            Of("memory.stat")
        );
        (_events, _pressure, _tasks) = (Of("memory.events"), Of("memory.pressure"), Of("pids.current"));
        (_tasksCap, _taskEvents, _cpu, _io) = (Of("pids.max"), Of("pids.events"), Of("cpu.stat"), Of("io.stat"));
        Trigger = paths.IsLive ? Arm($"{folder}/memory.pressure") : -1;
    }

    public Surface Surface { get; }

    /// <summary>Becomes urgent when the surface waits for memory; -1 where this kernel has no such thing, or where
    /// systemd has given the file to the person whose server it is (<c>MemoryPressureWatch=</c>): then
    /// <see cref="Changes"/> tells.</summary>
    public int Trigger { get; private set; }

    /// <summary>Becomes urgent when <c>memory.events</c> has changed since it was read.</summary>
    public int Changes => _events.Descriptor;

    /// <summary>Until when it is looked at fast.</summary>
    public long HurriedUntil { get; set; } = long.MinValue;

    /// <summary>What was read last.</summary>
    public SurfaceSample Last { get; private set; }

    /// <returns>False when the cgroup has gone.</returns>
    public bool Read(Span<byte> buffer)
    {
        if (!MemoryEvents.TryParse(_events.Read(buffer), out var events) || Number(_current, buffer) is not { } current)
            return false;
        Last = new SurfaceSample
        {
            Current = current,
            Cap = Number(_cap, buffer) ?? HostFacts.Unlimited,
            Peak = Number(_peak, buffer) ?? 0,
            Memory = MemoryStat.TryParse(_memory.Read(buffer), out var memory) ? memory : default,
            Events = events,
            Pressure = Pressure.TryParse(_pressure.Read(buffer), out var pressure) ? pressure : default,
            Tasks = Number(_tasks, buffer) ?? 0,
            TasksCap = Number(_tasksCap, buffer) ?? HostFacts.Unlimited,
            TaskEvents = PidsEvents.TryParse(_taskEvents.Read(buffer), out var refused) ? refused : default,
            Cpu = CpuStat.TryParse(_cpu.Read(buffer), out var cpu) ? cpu : default,
            Io = IoStat.Parse(_io.Read(buffer)),
        };
        return true;
    }

    public void Dispose()
    {
        foreach (
            var file in (ReadOnlySpan<KernelFile>)
                [_current, _cap, _peak, _memory, _events, _pressure, _tasks, _tasksCap, _taskEvents, _cpu, _io]
        )
            file.Dispose();
        if (Trigger >= 0)
            _ = Native.Close(Trigger);
        Trigger = -1;
    }

    private static long? Number(KernelFile file, Span<byte> buffer) =>
        CgroupNumber.TryParse(file.Read(buffer), out var value) ? value : null;

    private static int Arm(string path)
    {
        var trigger = Native.Open(path, Native.ReadWrite | Native.NonBlock | Native.CloseOnExec, 0);
        if (trigger < 0)
            return -1;
        if (Native.Write(trigger, s_trigger, s_trigger.Length) > 0)
            return trigger;
        _ = Native.Close(trigger);
        return -1;
    }
}
