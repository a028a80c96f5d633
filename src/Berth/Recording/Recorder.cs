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

    /// <summary>Whether whom to follow has changed is asked so often, in milliseconds.</summary>
    private const long NewsEvery = 1000;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);
    private readonly long _begun = clock.GetTimestamp();

    /// <summary>Asked now and then: whom to follow from now on; null for the same people.</summary>
    public Func<RecorderSettings?> News { get; init; } = () => null;

    /// <summary>Told once that it runs, and then so often that it still turns.</summary>
    public (Action Ready, Action Turns, TimeSpan Every) Alive { get; init; } =
        (() => { }, () => { }, TimeSpan.FromMinutes(1));

    /// <summary>Runs until it is told to stop; then what was seen is on disk.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var boot = BootId.Read(paths);
        using var store = await OpenStoreAsync(stop);
        if (store is null)
            return;
        using var ring = OpenRing(boot);
        await using var writer = new IncidentWriter(store, clock, say, OpenStore);
        await using var enquiries = new Enquiries(paths);
        // What happens from here on is heard, and waits until the first look has been.
        using var connector = paths.IsLive ? ProcessConnector.Open() : null;
        if (paths.IsLive && connector is null)
            say("this kernel tells of no forks: processes are seen when they are looked at");
        using var round = new RecorderRound(
            paths,
            settings,
            clock,
            say,
            new IncidentDesk(writer, clock),
            ring,
            enquiries
        );
        round.Resume(store, boot, Now());
        Alive.Ready();
        await Task.Factory.StartNew(
            () => Loop(round, connector, stop),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    private IncidentStore OpenStore() => IncidentStore.Open(paths[settings.IncidentFile], clock.GetUtcNow(), say);

    /// <summary>Without its incidents it cannot know what was told already: it waits for them, and misses nothing that the
    /// kernel's log still holds.</summary>
    private async Task<IncidentStore?> OpenStoreAsync(CancellationToken stop)
    {
        for (var complained = false; !stop.IsCancellationRequested; complained = true)
        {
            try
            {
                return OpenStore();
            }
            catch (IOException refused)
            {
                if (!complained)
                    say($"{refused.Message}; tried again every {s_again.TotalSeconds:0} s");
            }
            // The service manager is not to end what waits.
            Alive.Ready();
            Alive.Turns();
            await Task.Delay(s_again, clock, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        return null;
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
        var (turned, asked) = (Now(), Now());
        while (!stop.IsCancellationRequested)
        {
            waiting.Clear();
            if (Now() - turned >= (long)Alive.Every.TotalMilliseconds)
            {
                turned = Now();
                Alive.Turns();
            }
            if (Now() - asked >= NewsEvery)
            {
                asked = Now();
                if (News() is { } people)
                    round.Take(people);
            }
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
