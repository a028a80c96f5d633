using System.Globalization;
using Berth.Containment;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>What the recorder does when something was heard, and when it is time to look.</summary>
internal sealed class RecorderRound : IDisposable
{
    private const long SurfacesEvery = 5000;
    private const long PlaceEvery = 60_000;
    private const long Never = long.MinValue / 2;

    private readonly HostPaths _paths;
    private readonly TimeProvider _clock;
    private readonly Action<string> _say;
    private readonly IncidentDesk _desk;
    private readonly Ring? _ring;
    private readonly ProcessTable _table = new();
    private readonly SurfaceMap _map;
    private readonly Sampler _sampler;
    private readonly KillJoiner _joiner;
    private readonly Troubles _troubles;
    private readonly HostPressure _host = new();
    private readonly KernelFile _pressure;
    private readonly Signals _signals;
    private readonly Dictionary<Surface, SurfaceWatch> _watches = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Surface, long> _kills = new(ReferenceEqualityComparer.Instance);
    private readonly List<(Surface, SurfaceSample)> _samples = [];
    private readonly List<CgroupProbe> _watched = [];
    private readonly byte[] _buffer = new byte[4096];
    private long _found = long.MinValue / 2;
    private long _ringed = long.MinValue / 2;
    private long _whole = Never;
    private long _place = -1;
    private long _placed;
    private ulong _boot;

    public RecorderRound(
        HostPaths paths,
        RecorderSettings settings,
        TimeProvider clock,
        Action<string> say,
        IncidentDesk desk,
        Ring? ring,
        Enquiries enquiries
    )
    {
        (_paths, _clock, _say, _desk, _ring) = (paths, clock, say, desk, ring);
        _map = new SurfaceMap(settings.Users, settings.Containers);
        _sampler = new Sampler(paths, settings, _map, _table);
        _joiner = new KillJoiner(_table, _map, _sampler.CapOf);
        _troubles = new Troubles(paths, clock, say, desk, enquiries, _table, _map) { Settings = settings };
        _pressure = new KernelFile(paths["/proc/pressure/memory"]);
        _signals = new Signals(paths, settings, clock, say);
        RingFile = settings.RingFile;
    }

    private string RingFile { get; }

    private string Place => $"{_boot:x16} {_place}";

    /// <summary>The kernel's log; null where it may not be read.</summary>
    public KernelLog? Log { get; private set; }

    /// <summary>When everything was looked at last.</summary>
    public long Sampled { get; private set; } = long.MinValue / 2;

    /// <summary>Something is near its cap, or waits for memory.</summary>
    public bool Hurries(long now) => _sampler.Surfaces.Any(surface => surface.HurriedUntil > now);

    /// <summary>Goes by other people from now on.</summary>
    public void Take(RecorderSettings settings)
    {
        _sampler.Take(settings);
        _troubles.Settings = settings;
        _signals.Take(settings);
        (_found, _whole) = (Never, Never);
    }

    /// <summary>Takes up where an earlier run was killed or ended: open incidents, the processes that it knew, and the
    /// kernel's log behind what was told.</summary>
    public void Resume(IncidentStore store, ulong boot, long now)
    {
        _boot = boot;
        _desk.Resume(store.Open());
        long? after = null;
        if (
            store.Place(IncidentWriter.KernelPlace)?.Split(' ') is [var of, var sequence]
            && of == boot.ToString("x16", CultureInfo.InvariantCulture)
            && long.TryParse(sequence, CultureInfo.InvariantCulture, out var told)
        )
            after = told;
        _sampler.FindSurfaces();
        if (after is not null)
            new LastRun(_paths, RingFile, boot).Recall(_table, _map.Of, start => _sampler.Born(start, now));
        _sampler.Sample(now);
        Log = KernelLog.Open(_paths, after);
        if (Log is null)
        {
            _say("cannot read /dev/kmsg: kills are known by the cgroups' counters alone");
            return;
        }
        if (after is not null)
        {
            ReadLog(now, missed: true);
            // Nothing more will be heard of what was missed.
            TellDue(now + KillJoiner.Settle);
        }
        else
        {
            // What was before this run of the kernel was looked at for the first time is nobody's incident any more.
            while (Log.TryNext(out _, out _)) { }
        }
        // On disk now, before anybody is told that this runs: however often and however soon it is killed, each run
        // brings the story forward and none is lost.
        (_place, _placed) = (Told, now);
        _desk.Save(Place, store);
    }

    public void Hear(in ProcessEvent happened, long now) => _sampler.Hear(happened, now);

    /// <summary>A surface asks to be looked at soon; null for all of them.</summary>
    private void Hurry(CgroupProbe? surface, long now)
    {
        var until = now + (long)Pace.Lingers.TotalMilliseconds;
        if (surface is not null)
            surface.HurriedUntil = until;
        else
            foreach (var one in _sampler.Surfaces)
                one.HurriedUntil = until;
    }

    /// <summary>What becomes urgent when a surface is in trouble. One that is looked at fast is urgent all the time: of it
    /// only the clock counts.</summary>
    public void Watch(List<Native.Waiting> waiting, long now)
    {
        _watched.Clear();
        if (!_paths.IsLive)
            return;
        foreach (var surface in _sampler.Surfaces)
        {
            if (surface.HurriedUntil > now)
                continue;
            foreach (var descriptor in (ReadOnlySpan<int>)[surface.Trigger, surface.Changes])
            {
                if (descriptor < 0)
                    continue;
                waiting.Add(new Native.Waiting { Descriptor = descriptor, Events = Native.Urgent });
                _watched.Add(surface);
            }
        }
    }

    /// <summary>What became of that.</summary>
    public void Watched(ReadOnlySpan<Native.Waiting> waiting, long now)
    {
        for (var i = 0; i < waiting.Length; i++)
        {
            if (waiting[i].Happened != 0)
                Hurry(_watched[i], now);
        }
    }

    /// <param name="now">Now.</param>
    /// <param name="missed">It is read what was written while nobody read: the kernel's own time tells when.</param>
    public void ReadLog(long now, bool missed = false)
    {
        if (Log is null)
            return;
        while (Log.TryNext(out var record, out var lost))
        {
            if (lost > 0)
                _desk.Report(
                    new Report(
                        IncidentKind.LogGap,
                        null,
                        "kmsg",
                        $"{Words.Count(lost, "record")} of the kernel's log were overwritten before they could be read; kills among them are known by the cgroups' counters",
                        "",
                        "a larger kernel log: log_buf_len= on the kernel's command line",
                        [$"before record {record.Sequence}"]
                    )
                );
            if (!record.FromKernel)
                continue;
            var line = KernelLine.Parse(record.Text);
            if (line.Kind is KernelLineKind.Other)
                continue;
            var ago = missed ? Math.Max(0, Environment.TickCount64 - (record.Microseconds / 1000)) : 0;
            _joiner.Hear(line, now - ago, _clock.GetLocalNow().AddMilliseconds(-ago), record.Sequence);
            if (line.Kind is KernelLineKind.Killed && !missed)
                Hurry(null, now);
        }
    }

    /// <summary>Looks at everything, or at what hurries.</summary>
    public void Sample(long now)
    {
        if (now - _found >= SurfacesEvery)
        {
            _found = now;
            _sampler.FindSurfaces();
        }
        Sampled = now;
        var whole = now - _whole >= (long)Pace.Slow.TotalMilliseconds;
        if (whole)
        {
            _whole = now;
            _sampler.Sample(now);
        }
        else
            _sampler.SampleHurried(now);
        _samples.Clear();
        foreach (var surface in _sampler.Surfaces)
        {
            _samples.Add((surface.Surface, surface.Last));
            if (whole || surface.HurriedUntil > now)
                Judge(surface, now);
        }
        if (whole)
        {
            ForgetGone();
            _troubles.Look(_watches.Keys, now);
        }
        if (whole || _host.IsOn)
            JudgeHost(now);
        _signals.Look(now, _desk, _sampler.Surfaces, _table.Living);
        // The ring is for people who ask what was: a look a second tells them as much as four.
        if (now - _ringed >= 1000)
        {
            _ringed = now;
            Keep();
        }
    }

    /// <summary>Asks for a whole look: something was missed.</summary>
    public void Missed() => _whole = Never;

    public bool IsMissed => _whole == Never;

    /// <summary>Tells what is due.</summary>
    public void Tell(long now)
    {
        TellDue(now);
        _troubles.Hear(now);
        _desk.Close();
        var place = Told;
        // To read again what leads to nothing does no harm; to write each line of the log down would.
        var due = place > _place && now - _placed >= PlaceEvery;
        if (!_desk.HasNews && !due)
            return;
        (_place, _placed) = (Math.Max(place, _place), now);
        _desk.Put(Log is null ? null : Place);
    }

    /// <summary>The last record of the kernel's log of which everything was told.</summary>
    private long Told => (_joiner.Pending ?? Log?.Sequence + 1 ?? 0) - 1;

    private void TellDue(long now)
    {
        if (!_joiner.Waiting)
            return;
        foreach (var death in _joiner.Due(now))
        {
            _signals.Died(death);
            _troubles.Tell(death, now);
        }
    }

    public void Dispose()
    {
        _sampler.Dispose();
        _pressure.Dispose();
        _signals.Dispose();
        Log?.Dispose();
    }

    private void Judge(CgroupProbe probe, long now)
    {
        var (surface, sample) = (probe.Surface, probe.Last);
        if (Pace.Hurries(sample))
            Hurry(probe, now);
        if (_kills.TryGetValue(surface, out var before) && sample.Events.OomKill > before)
            _joiner.Counted(surface, sample.Events.OomKill - before, now, _clock.GetLocalNow());
        _kills[surface] = sample.Events.OomKill;
        if (!_watches.TryGetValue(surface, out var watch))
            _watches[surface] = watch = new SurfaceWatch(surface);
        foreach (var (report, over) in watch.Observe(sample, _sampler.Largest(surface), now))
            _troubles.Tell(report, over, _sampler.Largest(surface));
        if (watch.Stalls)
            _troubles.Cure(surface, watch, now);
    }

    /// <summary>What was told of a surface that is gone does not go on.</summary>
    private void ForgetGone()
    {
        if (_watches.Count <= _sampler.Surfaces.Count)
            return;
        var there = _sampler.Surfaces.Select(probe => probe.Surface).ToHashSet();
        foreach (var gone in _watches.Keys.Where(surface => !there.Contains(surface)).ToList())
        {
            _watches.Remove(gone);
            _kills.Remove(gone);
            _troubles.Forget(gone);
        }
    }

    private void JudgeHost(long now)
    {
        if (!Pressure.TryParse(_pressure.Read(_buffer), out var pressure))
            return;
        var edge = _host.Observe(pressure, now);
        if (edge is Edge.Off)
            return;
        _desk.Report(
            new Report(
                IncidentKind.HostPressure,
                null,
                "memory",
                $"the whole machine waits for memory: for {pressure.Full10 / 100.0:0} % of the last 10 s nothing ran",
                edge is Edge.Ends ? "it gets on again" : "it goes on",
                "see who holds most of it: berth status",
                [$"/proc/pressure/memory: full avg10 {pressure.Full10 / 100.0:0.00}"]
            )
            {
                Lasting = true,
            },
            edge is Edge.Ends
        );
    }

    private void Keep()
    {
        try
        {
            _ring?.Write(_clock.GetUtcNow().ToUnixTimeMilliseconds(), _samples, _table.Living);
        }
        catch (IOException refused)
        {
            _say(refused.Message);
        }
    }
}
