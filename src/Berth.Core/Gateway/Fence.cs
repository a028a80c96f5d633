namespace Berth.Gateway;

/// <summary>One person's port and who they are.</summary>
/// <param name="Port">TCP port of their server.</param>
/// <param name="Uid">The only person who may connect to it.</param>
/// <param name="Outside">Whether the network may reach it: only where the roster says so and there is no
/// gateway.</param>
public sealed record Fence(int Port, int Uid, bool Outside)
{
    /// <summary>One fence for each port, in the order of the ports.</summary>
    /// <param name="routes">Everybody's.</param>
    /// <param name="gateway">Whether there is a gateway: it is the only way in then.</param>
    public static IReadOnlyList<Fence> Of(IReadOnlyList<Route> routes, bool gateway) =>
        [
            .. routes
                .Where(route => route.Port > 0)
                .Select(route => new Fence(route.Port, route.Uid, !gateway && !IsLoopback(route.Host)))
                .DistinctBy(fence => fence.Port)
                .OrderBy(fence => fence.Port),
        ];

    public static bool IsLoopback(string host) =>
        host is "localhost" or "::1" || host.StartsWith("127.", StringComparison.Ordinal);
}
