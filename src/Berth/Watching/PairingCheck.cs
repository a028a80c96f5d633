using Berth.Gateway;
using Berth.Servers;

namespace Berth.Watching;

/// <summary>Signs in to a server from end to end, as the gateway would for its person, and forgets what it was given.
/// </summary>
/// <param name="source">What only root may read or run.</param>
/// <param name="clock">The clock.</param>
internal sealed class PairingCheck(IPairingSource source, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <returns>In words that follow "signing in"; null where its preset signs nobody in.</returns>
    public async Task<string?> RunAsync(Prober prober, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(s_patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var route = prober.Upstream.Route;
        var calls = new ServerCalls(route, prober.Upstream.Client, clock);
        try
        {
            if (route.Preset == Presets.T3.Name)
                await new T3SignIn(route, calls, source, clock).NewAsync(end.Token);
            else if (route.Preset == Presets.CodeServer.Name)
                await CodeServerPairing.SignInAsync(route, calls, source, end.Token);
            else if (route.Preset == Presets.ClaudeCodeUi.Name)
                await ClaudeCodeUiPairing.SignInAsync(route, calls, source, end.Token);
            else if (route.Preset == Presets.OpenCode.Name)
                return route.Ready.BasicUser is not null ? "works: it takes its password" : null;
            else
                return null;
            return "works";
        }
        catch (PairingException refused)
        {
            return $"fails: {refused.Message}";
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return $"does not end within {s_patience.TotalSeconds:0} s";
        }
    }
}
