using Berth.Planning;
using Berth.Recording;

namespace Berth.Incidents;

/// <summary>The livelock of memory (facts: containment): tasks are slowed down or sent to reclaim what cannot be
/// reclaimed, again and again, nothing is killed, and nothing gets on. A cap that is about to end in a kill looks the
/// same for a moment, so it has to last.</summary>
public sealed class StallDetector
{
    /// <summary>Recognised after so long, in milliseconds.</summary>
    public const long Lasts = 10_000;

    /// <summary>Share of the time in which nothing at all ran, in hundredths of a percent.</summary>
    private const int Much = 1000;

    private readonly Latch _latch = new(Lasts, 10_000);
    private (long At, MemoryEvents Events, long Full)? _before;
    private long _rose = long.MinValue / 2;

    public bool IsOn => _latch.IsOn;

    /// <summary>It was seen at the last look; what is on may just be ending.</summary>
    public bool Seen { get; private set; }

    /// <summary>When it began.</summary>
    public long Since => _latch.Since;

    /// <summary>How often tasks were slowed down or sent to reclaim since it began.</summary>
    public long Events { get; private set; }

    public Edge Observe(in SurfaceSample sample, long at)
    {
        var events = sample.Events;
        var seen = false;
        if (_before is { } before && at > before.At)
        {
            var risen = events.High - before.Events.High + (events.Max - before.Events.Max);
            if (risen > 0)
                _rose = at;
            var lost = (sample.Pressure.FullTotal - before.Full) / (double)((at - before.At) * 1000);
            seen =
                events.OomKill == before.Events.OomKill
                && at - _rose <= 3000
                && (lost * 10_000 >= Much || sample.Pressure.Full10 >= Much);
            Events = seen || _latch.IsOn ? Events + Math.Max(0, risen) : 0;
        }
        Seen = seen;
        _before = (at, events, sample.Pressure.FullTotal);
        return _latch.Look(seen, at);
    }
}

/// <summary>A surface that stays near its cap: what is started next may be what dies.</summary>
public sealed class CapNear
{
    private const double Full = 0.9;
    private const double Clear = 0.8;
    private readonly Latch _latch = new(30_000, 10_000);

    public Edge Observe(in SurfaceSample sample, long at) =>
        _latch.Look(
            sample.Share >= Full ? true
                : sample.Share < Clear ? false
                : null,
            at
        );
}

/// <summary>A surface that has as many tasks as it may: further forks are refused.</summary>
public sealed class ForkStorm
{
    private readonly Latch _latch = new(0, 10_000);
    private long? _before;

    /// <summary>Forks refused since it began.</summary>
    public long Refused { get; private set; }

    public Edge Observe(in SurfaceSample sample, long at)
    {
        var refused = sample.TaskEvents.Refused;
        // What was refused before the recorder looked is no news.
        var risen = Math.Max(0, refused - (_before ?? refused));
        _before = refused;
        // Before Linux 6.11 a refusal is counted in the cgroup of whoever was refused, which may be below this one.
        var full = sample.TasksCap is > 0 and not HostFacts.Unlimited && sample.Tasks >= sample.TasksCap;
        var edge = _latch.Look(risen > 0 || full, at);
        Refused = edge is Edge.Begins ? risen : Refused + risen;
        return edge;
    }
}

/// <summary>The whole machine waits for memory, whatever the caps say.</summary>
public sealed class HostPressure
{
    private const int Much = 2000;
    private readonly Latch _latch = new(10_000, 20_000);

    public bool IsOn => _latch.IsOn;

    public Edge Observe(Pressure pressure, long at) =>
        _latch.Look(
            pressure.Full10 >= Much ? true
                : pressure.Full10 < Much / 2 ? false
                : null,
            at
        );
}

/// <summary>What is watched of one surface, and the words for it.</summary>
public sealed class SurfaceWatch(Surface surface)
{
    private readonly StallDetector _stall = new();
    private readonly CapNear _near = new();
    private readonly ForkStorm _storm = new();
    private SurfaceSample _last;
    private string? _killed;
    private Report? _stalled;

    /// <summary>It stands still now.</summary>
    public bool Stalls => _stall.IsOn;

    /// <summary>The largest process of it was killed, so that the rest gets on.</summary>
    /// <returns>The stall as it is told from now on; null when there was none.</returns>
    public Report? Killed(TrackedProcess leaf)
    {
        _killed =
            $"the recorder killed `{Words.Short(leaf.Program.Argv, 60)}` (pid {leaf.Pid}, {Words.Memory(leaf.Sizes.Last.Bytes)}), the largest in it";
        return _stalled = _stalled is null ? null : _stalled with { Outcome = _killed, NextStep = Cured };
    }

    public Surface Surface => surface;

    /// <summary>What to report, and what is over.</summary>
    /// <param name="sample">What the kernel says now.</param>
    /// <param name="largest">The process with the most memory in it; null for none.</param>
    /// <param name="at">Now, in milliseconds.</param>
    public IReadOnlyList<(Report Report, bool Over)> Observe(in SurfaceSample sample, TrackedProcess? largest, long at)
    {
        _last = sample;
        List<(Report, bool)>? told = null;
        switch (_stall.Observe(sample, at))
        {
            // What is told last is how it was while it stood still, not how it gets on.
            case Edge.Begins or Edge.On when _stall.Seen:
                _stalled = Stall(largest, at);
                (told ??= []).Add((_stalled, false));
                break;
            case Edge.Ends:
                var cured = _killed is null ? "it gets on again" : $"{_killed}; it gets on again";
                (told ??= []).Add((Stall(largest, at) with { Outcome = cured }, true));
                (_killed, _stalled) = (null, null);
                break;
        }
        switch (_near.Observe(sample, at))
        {
            case Edge.Begins or Edge.On:
                (told ??= []).Add((Near(largest), false));
                break;
            case Edge.Ends:
                (told ??= []).Add((Near(largest) with { Outcome = "memory was given back" }, true));
                break;
        }
        switch (_storm.Observe(sample, at))
        {
            case Edge.Begins or Edge.On:
                (told ??= []).Add((Storm(largest), false));
                break;
            case Edge.Ends:
                (told ??= []).Add((Storm(largest) with { Outcome = "no further forks were refused" }, true));
                break;
        }
        return told ?? [];
    }

    private string Cured =>
        $"keep it from coming back: a band below the cap (MemoryHigh=) stops everything in {surface.Says} and kills nothing";

    private Report Stall(TrackedProcess? largest, long at) =>
        new(
            IncidentKind.Stall,
            surface.User,
            surface.Cgroup,
            $"{surface.Says} {(surface.Kind is SurfaceKind.Server ? "has" : "have")} stood still for {Words.Time(TimeSpan.FromMilliseconds(at - _stall.Since))}: it is at {Words.Memory(_last.Current)}{(_last.Capped ? $" of {Words.Cap(_last.Cap)}" : "")}, the kernel has held its tasks back {_stall.Events:N0} times, and nothing is killed{Largest(largest)}",
            _killed ?? "it goes on",
            _killed is not null
                    ? $"keep it from coming back: a band below the cap (MemoryHigh=) stops everything in {surface.Says} and kills nothing"
                : largest is null ? $"see what runs: berth replay {surface.User}"
                : $"end the largest: sudo kill -9 {largest.Pid}",
            [
                $"memory.events: high {_last.Events.High}, max {_last.Events.Max}, oom_kill {_last.Events.OomKill}",
                $"memory.pressure: full avg10 {_last.Pressure.Full10 / 100.0:0.00}",
                $"cgroup: {surface.Cgroup}",
            ]
        )
        {
            Lasting = true,
        };

    private Report Near(TrackedProcess? largest) =>
        new(
            IncidentKind.CapNear,
            surface.User,
            surface.Cgroup,
            $"{surface.Says} {(surface.Kind is SurfaceKind.Server ? "holds" : "hold")} {Words.Memory(_last.Held)} of {Words.Cap(_last.Cap)}{Largest(largest)}; what grows next may be killed",
            "it goes on",
            $"end what is not needed, or raise the cap of {surface.User ?? "the containers"} in the roster",
            [
                $"memory.current: {_last.Current}, inactive_file {_last.Memory.InactiveFile}, memory.max {_last.Cap}",
                $"cgroup: {surface.Cgroup}",
            ]
        )
        {
            Lasting = true,
        };

    private Report Storm(TrackedProcess? largest) =>
        new(
            IncidentKind.ForkStorm,
            surface.User,
            surface.Cgroup,
            $"{surface.Says} {(surface.Kind is SurfaceKind.Server ? "has" : "have")} as many tasks as allowed ({_last.TasksCap:N0}), and {(_storm.Refused > 0 ? $"{Words.Count(_storm.Refused, "fork")} were" : "further ones are")} refused; other people are not touched by it",
            "it goes on",
            $"see what forks: berth replay {surface.User}{(largest is null ? "" : $"; the largest is pid {largest.Pid}")}",
            [
                $"pids.current: {_last.Tasks}, pids.max {_last.TasksCap}, pids.events max {_last.TaskEvents.Refused}",
                $"cgroup: {surface.Cgroup}",
            ]
        )
        {
            Lasting = true,
            Count = (int)Math.Min(int.MaxValue, Math.Max(1, _storm.Refused)),
        };

    private static string Largest(TrackedProcess? largest) =>
        largest is null || largest.Sizes.Last.Bytes == 0
            ? ""
            : $"; the largest in it is `{Words.Short(largest.Program.Argv, 60)}` with {Words.Memory(largest.Sizes.Last.Bytes)}";
}
