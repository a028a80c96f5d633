namespace Berth.Gateway;

/// <summary>Who is led where, at one moment. Never changed: a new one takes its place.</summary>
/// <param name="Config">What it was made of.</param>
/// <param name="Find">The route of whoever was proven; null for somebody unknown.</param>
/// <param name="Pages">What is said to people.</param>
/// <param name="Own">Scheme, host and port of the gateway's configured address; null for none.</param>
/// <param name="Peers">Whose word about a request's way is believed.</param>
/// <param name="Places">What stands behind each route that has a server, by account name.</param>
internal sealed record RouteTable(
    GatewayConfig Config,
    Func<Identified, Route?> Find,
    Pages Pages,
    string? Own,
    Peers Peers,
    IReadOnlyDictionary<string, Place> Places
);

/// <summary>What stands behind a route.</summary>
internal sealed class Place(Upstream upstream, IPairing pairing, TimeProvider clock, Action<string> log) : IDisposable
{
    public Upstream Upstream { get; } = upstream;

    public IPairing Pairing { get; } = pairing;

    public WaitingRoom Room { get; } = new(upstream, pairing.Inject, clock, log);

    public void Dispose()
    {
        (Pairing as IDisposable)?.Dispose();
        Upstream.Dispose();
    }
}
