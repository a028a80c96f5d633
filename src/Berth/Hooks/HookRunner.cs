using System.Text;
using System.Text.Json;
using Berth.Host;
using Berth.Incidents;
using Berth.Units;

namespace Berth.Hooks;

/// <summary>Where a hook runner finds and leaves things.</summary>
/// <param name="Incidents">Opens the incidents; null where there are none yet.</param>
/// <param name="Send">Delivers a message.</param>
/// <param name="Files">The host's files.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Say">One line for the journal; never a secret.</param>
internal sealed record HookParts(
    Func<IncidentStore?> Incidents,
    Func<Hook, HookMessage, CancellationToken, Task<DeliveryResult>> Send,
    Files Files,
    TimeProvider Clock,
    Action<string> Say
);

/// <summary>Tells one hook of incidents, one after the other. How far it was told is on disk before the next one: a
/// restart loses none, and repeats at most the one that was under way.</summary>
internal sealed class HookRunner(Hook hook, HookParts parts)
{
    /// <summary>A message that nobody takes for so long is left out.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    /// <summary>Changes that may be looked through again.</summary>
    private const long MostUnkept = 100;

    private bool _unreadable;
    private long _kept;

    private string StatePath => $"{HookUnits.State}/{hook.Name}.json";

    public async Task RunAsync(CancellationToken stop)
    {
        HookState? state = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                state ??= Begin();
                var step = Look(state);
                if (step.Message is { } message)
                    await DeliverAsync(message, stop);
                // Before it is on disk: where that is full, nothing is told again and again.
                state = step.After;
                // What there was nothing to tell of is looked through again after a restart, to the same end.
                if (step.Message is not null || state.Change >= _kept + MostUnkept)
                    Keep(state);
                if (step.Message is null)
                    await Task.Delay(step.Wait > s_poll ? step.Wait : s_poll, parts.Clock, stop);
                _unreadable = false;
            }
            catch (IOException refused)
            {
                if (!_unreadable)
                    parts.Say($"hook {hook.Name}: {refused.Message}; it is tried again");
                _unreadable = true;
                await Task.Delay(s_poll * 5, parts.Clock, stop);
            }
        }
    }

    private HookStep Look(HookState state)
    {
        using var store = parts.Incidents();
        // The incidents were damaged and set aside, and begun anew: everything in them is news.
        if (store is not null && store.LastChange() < state.Change)
            state = HookState.From(0) with { Sent = state.Sent };
        return HookFlow.Next(hook, state, store?.Changes(state.Change, HookFlow.Batch) ?? [], parts.Clock.GetUtcNow());
    }

    private async Task DeliverAsync(HookMessage message, CancellationToken stop)
    {
        var began = parts.Clock.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            var result = await parts.Send(hook, message, stop);
            if (result.Delivery is Delivery.Done)
            {
                if (failures > 1)
                    parts.Say($"hook {hook.Name}: takes messages again");
                return;
            }
            if (result.Delivery is Delivery.Refused || parts.Clock.GetElapsedTime(began) > s_longest)
            {
                parts.Say($"hook {hook.Name}: message {message.Id} is left out: {result.Said}");
                return;
            }
            if (failures == 1)
                parts.Say($"hook {hook.Name}: {result.Said}; it is tried again for a day");
            await Task.Delay(HookFlow.Pause(failures), parts.Clock, stop);
        }
    }

    /// <summary>Where an earlier run was. A hook that is new is told of what happens from now on.</summary>
    private HookState Begin()
    {
        try
        {
            if (parts.Files.Text(StatePath) is { } text)
                return HookState.Parse(text);
        }
        catch (JsonException)
        {
            parts.Say($"hook {hook.Name}: {StatePath} is damaged; it is told of what happens from now on");
        }
        using var store = parts.Incidents();
        var state = HookState.From(store?.LastChange() ?? 0);
        Keep(state);
        return state;
    }

    private void Keep(HookState state)
    {
        _kept = state.Change;
        parts.Files.WriteState(StatePath, Encoding.UTF8.GetBytes(state.ToJson()), 0x180);
    }
}
