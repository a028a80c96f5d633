using Berth.Servers;

namespace Berth.Gateway;

/// <summary>How each preset's people are signed in to their servers.</summary>
internal static class Pairings
{
    /// <param name="route">The person and their server.</param>
    /// <param name="upstream">Connections that are verified to end at this person's server.</param>
    /// <param name="source">What only root may read or run.</param>
    /// <param name="clock">The clock.</param>
    public static IPairing For(Route route, HttpMessageInvoker upstream, IPairingSource source, TimeProvider clock)
    {
        var calls = new ServerCalls(route, upstream, clock);
        return route.Preset switch
        {
            _ when route.Server is null => new NoPairing(),
            var preset when preset == Presets.T3.Name => new T3Pairing(
                new T3SignIn(route, calls, source, clock),
                route.User,
                clock
            ),
            var preset when preset == Presets.OpenCode.Name => new BasicPairing(route, source, clock),
            var preset when preset == Presets.CodeServer.Name => new CodeServerPairing(route, calls, source, clock),
            var preset when preset == Presets.ClaudeCodeUi.Name => new ClaudeCodeUiPairing(route, calls, source, clock),
            _ => new NoPairing(),
        };
    }
}
