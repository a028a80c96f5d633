using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>The recorder: follows every process of the roster's people, reads the kernel's log, keeps the ring of samples,
/// and tells incidents. One thread waits for all of it, so that what was heard first is known first.</summary>
/// <param name="paths">The host.</param>
/// <param name="settings">Whom and where.</param>
/// <param name="clock">The clock.</param>
/// <param name="say">One line for the journal.</param>
public sealed class Recorder(HostPaths paths, RecorderSettings settings, TimeProvider clock, Action<string> say)
{
    /// <summary>How long a wait lasts at most: to be told to stop.</summary>
    private const int LongestWait = 500;

    /// <summary>So many events are taken before anything else has its turn.</summary>
    private const int Burst = 20_000;

    private readonly long _begun = clock.GetTimestamp();

    /// <summary>Runs until it is told to stop; then what was seen is on disk.</summary>
    /// <exception cref="IOException">Its files cannot be made.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var boot = BootId.Read(paths);
        using var store = IncidentStore.Open(paths[settings.IncidentFile], clock.GetUtcNow(), say);
        using var ring = OpenRing(boot);
        await using var writer = new IncidentWriter(store, clock, say);
        // What happens from here on is heard, and waits until the first look has been.
        using var connector = paths.IsLive ? ProcessConnector.Open() : null;
        if (paths.IsLive && connector is null)
            say("this kernel tells of no forks: processes are seen when they are looked at");
        using var round = new RecorderRound(paths, settings, clock, say, writer, ring);
        round.Resume(store, boot, Now());
        await Task.Factory.StartNew(
            () => Loop(round, connector, stop),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    private Ring? OpenRing(ulong boot)
    {
        try
        {
            return Ring.Open(paths[settings.RingFile], boot, settings.RingSegments);
        }
        catch (IOException refused)
        {
            say($"{refused.Message}; samples are not kept on disk");
            return null;
        }
    }

    private void Loop(RecorderRound round, ProcessConnector? connector, CancellationToken stop)
    {
        var waiting = new List<Native.Waiting>();
        var next = Now();
        while (!stop.IsCancellationRequested)
        {
            waiting.Clear();
            if (connector is not null)
                waiting.Add(new Native.Waiting { Descriptor = connector.Descriptor, Events = Native.Readable });
            if (round.Log is { } log && paths.IsLive)
                waiting.Add(new Native.Waiting { Descriptor = log.Descriptor, Events = Native.Readable });
            var watched = waiting.Count;
            round.Watch(waiting, Now());
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(waiting);
            _ = Native.Poll(all, (nuint)all.Length, (int)Math.Clamp(next - Now(), 0, LongestWait));

            // Forks and exits first: whom the kernel's next line names is then known.
            if (connector is not null && Hear(connector, round))
                round.Missed();
            round.ReadLog(Now());
            round.Watched(all[watched..], Now());
            var now = Now();
            var pause = (long)(round.Hurries(now) ? Pace.Fast : Pace.Slow).TotalMilliseconds;
            if (now >= round.Sampled + pause || round.IsMissed)
                round.Sample(now);
            next = round.Sampled + (long)(round.Hurries(now) ? Pace.Fast : Pace.Slow).TotalMilliseconds;
            round.Tell(Now());
        }
        round.ReadLog(Now());
        round.Tell(Now() + KillJoiner.Patience);
    }

    /// <returns>Whether events were lost.</returns>
    private bool Hear(ProcessConnector connector, RecorderRound round)
    {
        for (var i = 0; i < Burst; i++)
        {
            if (!connector.TryNext(out var happened, out var lost))
                return lost;
            round.Hear(happened, Now());
        }
        return false;
    }

    private long Now() => (long)clock.GetElapsedTime(_begun).TotalMilliseconds;
}
