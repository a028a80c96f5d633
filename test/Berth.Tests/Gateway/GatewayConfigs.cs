using Berth.Rosters;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>Configurations as <c>berth apply</c> writes them, for tests.</summary>
internal static class GatewayConfigs
{
    public static Route Route(string user, string login, int uid = 1000) =>
        new(
            user,
            login,
            uid,
            "opencode",
            "opencode",
            ReadyCheck.Tcp,
            "127.0.0.1",
            4096,
            $"/home/{user}",
            RouteState.Serving
        );

    public static GatewayConfig Of(IdentitySettings identity, params Route[] routes) =>
        new(new GatewaySettings("127.0.0.1:3780", identity), routes);

    public static IdentitySettings Domain(string? domain) => IdentitySettings.Link with { Domain = domain };
}
