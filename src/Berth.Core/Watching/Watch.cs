namespace Berth.Watching;

/// <summary>Decides, from one look at one server and what is remembered of it, what to do: the same input gives the same
/// decision. What a person did is never undone, and what may heal by itself is given its time.</summary>
public static class Watch
{
    /// <summary>systemd must have said so a little after a wound was first seen: a server that is being stopped closes
    /// its port first.</summary>
    private const long Confirmed = 1_000;

    /// <summary>Connections wait in the queue for so long: worth a question at once.</summary>
    private const long QueueFor = 3_000;

    public static Decision Decide(WatchState state, Sight sight, WatchSettings settings)
    {
        var now = Carried(state, sight.At, settings);
        if (sight.Unit is not { Phase: not UnitPhase.Unknown } unit || sight.UnitAt < now.Facts)
            return new Decision(now, Suspect: true);
        var ended = now.Restarts >= 0 ? Math.Max(0, unit.Restarts - now.Restarts) : 0;
        now = now with
        {
            Restarts = unit.Restarts,
            Ends = ended > 0 ? [.. now.Ends, .. Enumerable.Repeat(sight.At, Math.Min(ended, 10))] : now.Ends,
        };
        if (ended > 0 && Loop(now, sight.At) is { } loop)
            return loop;
        var told = ended > 0 ? Tiding.Ended : Tiding.None;
        return unit.Phase switch
        {
            UnitPhase.Active => Active(now, sight, unit, ended, told, settings),
            UnitPhase.Starting => Starting(now, sight.At, told),
            UnitPhase.Stopping => new Decision(Quiet(now, sight.At), Tiding: told, Suspect: true),
            _ when now.Stance is Stance.Looping => Held(now, sight),
            _ when now.Stance is Stance.Trying => Failed(now, sight.At, unit),
            _ when unit.GivenUp => Mend(Quiet(now, sight.At), Order.Start, Wound.GivenUp, sight.At, sight.At, settings),
            // A person stopped it, or it ended well: that is left as it is.
            _ => Stopped(now, sight.At),
        };
    }

    private static WatchState Carried(WatchState state, long at, WatchSettings settings)
    {
        // Clocks that count since boot do not go back; a state of another boot does not survive it.
        var gap = state.Looked > 0 && (at - state.Looked > WatchSettings.Gap || at < state.Looked);
        return state with
        {
            Looked = at,
            Fresh = gap ? at : state.Fresh,
            Facts = gap ? at : state.Facts,
            Closed = gap ? null : state.Closed,
            Queued = gap ? null : state.Queued,
            Well = gap ? null : state.Well,
            Done = Within(state.Done, at - settings.Window),
            Ends = Within(state.Ends, at - settings.Window),
        };
    }

    private static IReadOnlyList<long> Within(IReadOnlyList<long> times, long from) =>
        times.Count == 0 || times[0] > from ? times : [.. times.Where(time => time > from)];

    /// <summary>Nothing is held against it that was seen until now.</summary>
    private static WatchState Quiet(WatchState now, long at) =>
        now with
        {
            Fresh = at,
            Closed = null,
            Queued = null,
            Well = null,
        };

    /// <summary>It ended by itself once more.</summary>
    /// <returns>Null when that is no loop yet.</returns>
    private static Decision? Loop(WatchState now, long at)
    {
        if (now.Stance is not Stance.Trying && now.Ends.Count < WatchSettings.MostEnds)
            return null;
        return new Decision(
            now with
            {
                Stance = Stance.Looping,
                StanceSince = at,
                Tries = now.Stance is Stance.Trying ? now.Tries + 1 : 0,
                WantsPort = false,
            },
            Order.Stop,
            Suspect: true
        );
    }

    private static Decision Starting(WatchState now, long at, Tiding told) =>
        now.Stance is Stance.Looping
            ? new Decision(Freed(Quiet(now, at), at), Tiding: Tiding.TakenOver, Suspect: true)
            : new Decision(Quiet(now, at), Tiding: told, Suspect: true);

    private static Decision Stopped(WatchState now, long at) =>
        now.Stance is Stance.Exhausted
            ? new Decision(Freed(Quiet(now, at), at), Tiding: Tiding.TakenOver)
            : new Decision(Quiet(now, at) with { Ready = false });

    /// <summary>Whoever took it in hand begins with a clean slate.</summary>
    private static WatchState Freed(WatchState now, long at) =>
        now with
        {
            Stance = Stance.Watching,
            StanceSince = at,
            Done = [],
            Ends = [],
            Tries = 0,
            WantsPort = false,
        };

    /// <summary>It was tried again and is down: by a person when it ended well, else in vain.</summary>
    private static Decision Failed(WatchState now, long at, UnitFact unit) =>
        unit.Phase is UnitPhase.Inactive
            ? new Decision(Freed(Quiet(now, at), at), Tiding: Tiding.TakenOver)
            : new Decision(Quiet(now, at) with { Stance = Stance.Looping, StanceSince = at, Tries = now.Tries + 1 });

    /// <summary>It was stopped for ending again and again: tried again when its port is free, else after a while.</summary>
    private static Decision Held(WatchState now, Sight sight)
    {
        var closed = sight.Door is Door.Closed ? now.Closed ?? sight.At : (long?)null;
        now = now with { Closed = closed, Ready = false };
        var free = now.WantsPort && closed is { } since && sight.At - since >= WatchSettings.ClosedFor;
        if (!free && sight.At - now.StanceSince < WatchSettings.Pause(now.Tries))
            return new Decision(now);
        return new Decision(now with { Stance = Stance.Trying, StanceSince = sight.At, Closed = null }, Order.Start);
    }

    private static Decision Active(
        WatchState now,
        Sight sight,
        UnitFact unit,
        int ended,
        Tiding told,
        WatchSettings settings
    )
    {
        var at = sight.At;
        if (sight.Asking.Speaks)
            // Its wrong answers arrive as well: they are no excuse.
            sight = sight with
            {
                Strain = sight.Strain & ~Strain.Sends,
            };
        if (now.Stance is Stance.Looping)
            (now, told) = (Freed(now, at), Tiding.TakenOver);
        if (unit.Entered != now.Entered || unit.MainPid != now.Pid)
        {
            // A new run that systemd did not begin by itself was begun by a person.
            if (now.Stance is Stance.Exhausted && ended == 0 && now.Entered != 0)
                (now, told) = (Freed(now, at), Tiding.TakenOver);
            now = Begun(now, sight, unit);
        }
        if (unit.Frozen || sight.Main is 't')
            return new Decision(Quiet(now, at), Tiding: told);
        if (sight.Main is null)
            // Its process is gone: systemd knows more in a moment.
            return new Decision(now, Tiding: told, Suspect: true);
        if (sight.Door is Door.Squatted)
            return new Decision(Quiet(now, at) with { Squatted = true }, Tiding: now.Squatted ? told : Tiding.Squatted);
        if (now.Squatted && sight.Door is not Door.Unknown)
            (now, told) = (now with { Squatted = false }, told is Tiding.None ? Tiding.PortFree : told);
        now = now with
        {
            Closed =
                sight.Door is Door.Closed ? now.Closed ?? at
                : sight.Door is Door.Open ? null
                : now.Closed,
            Queued = sight.Queue > 0 ? now.Queued ?? at : null,
            Strained = sight.Strain is Strain.None ? now.Strained : at,
            Ready = now.Ready || sight.Asking.Answered > now.Fresh,
        };
        now = now with
        {
            Well = now.Ready && sight.Asking is { Doubted: null, Answered: not null } ? now.Well ?? at : null,
        };
        if (Recovered(now, at))
            (now, told) = (
                now with
                {
                    Stance = Stance.Watching,
                    StanceSince = at,
                    Ends = now.Stance is Stance.Trying ? [] : now.Ends,
                    Tries = 0,
                },
                Tiding.Recovered
            );
        var (wound, since) = Wounded(now, sight);
        var suspect = now.Ready && IsSuspect(now, sight);
        if (wound is not Wound.None && sight.UnitAt >= since + Confirmed)
        {
            var mend = Mend(now, Order.Restart, wound, since, at, settings);
            return mend with { Suspect = mend.State.Stance is not Stance.Exhausted };
        }
        return new Decision(
            now,
            Tiding: told,
            Pace: suspect || !now.Ready ? Decision.Quick : Decision.Calm,
            Suspect: suspect || wound is not Wound.None
        );
    }

    private static WatchState Begun(WatchState now, Sight sight, UnitFact unit)
    {
        var life = sight.UnitAt - sight.UpFor;
        return Quiet(now, sight.At) with
        {
            Entered = unit.Entered,
            Pid = unit.MainPid,
            Life = life,
            // One that was just seen to answer; one that had been there long before the watchdog was.
            Ready = now is { Entered: 0, Pid: 0 } && (now.Ready || sight.At - life > WatchSettings.StartFor),
        };
    }

    private static bool Recovered(WatchState now, long at) =>
        at - now.Well
        >= now.Stance switch
        {
            Stance.Exhausted => WatchSettings.HealedFor,
            Stance.Trying => WatchSettings.SettledFor,
            _ => long.MaxValue,
        };

    private static bool IsSuspect(WatchState now, Sight sight) =>
        now.Closed is not null
        || sight.Asking.Doubted is not null
        || sight.Main is 'T'
        || sight.At - now.Queued >= QueueFor;

    private static (Wound, long) Wounded(WatchState now, Sight sight)
    {
        var at = sight.At;
        if (!now.Ready)
            return at - now.Life >= WatchSettings.StartFor ? (Wound.NeverReady, now.Life) : default;
        if (now.Closed is { } closed && at - closed >= WatchSettings.ClosedFor)
            return (Wound.ListenerGone, closed);
        if (sight.Asking.Doubted is not { } doubted || sight.Asking.Fruitless < WatchSettings.LeastQuestions)
            return default;
        var since = Math.Max(doubted, now.Fresh);
        var halted = sight.Main is 'T';
        if (at - since < WatchSettings.SilentFor || (!halted && IsBusy(now, sight, at - since)))
            return default;
        return (
            halted ? Wound.Halted
            : sight.Asking.Speaks ? Wound.WrongAnswer
            : Wound.Silent,
            since
        );
    }

    private static bool IsBusy(WatchState now, Sight sight, long lasted) =>
        sight.Strain.HasFlag(Strain.Sends) ? lasted < WatchSettings.SendingFor
        : sight.Strain is not Strain.None ? lasted < WatchSettings.BusyFor
        // What was sent a moment ago may be the answer that is on its way.
        : lasted < WatchSettings.SendingFor && sight.At - now.Strained < WatchSettings.SilentFor;

    private static Decision Mend(WatchState now, Order order, Wound wound, long since, long at, WatchSettings settings)
    {
        if (now.Stance is Stance.Exhausted)
        {
            if (at - now.StanceSince < Math.Max(WatchSettings.OnceMore, settings.Window))
                return new Decision(now, Wound: wound, Since: since, Pace: Decision.Calm);
            return new Decision(now with { StanceSince = at, Done = [at] }, order, wound, since);
        }
        if (now.Done.Count >= settings.Most)
            return new Decision(
                now with
                {
                    Stance = Stance.Exhausted,
                    StanceSince = at,
                },
                Wound: wound,
                Since: since,
                Tiding: Tiding.Exhausted,
                Pace: Decision.Calm
            );
        return new Decision(now with { Done = [.. now.Done, at] }, order, wound, since);
    }
}
