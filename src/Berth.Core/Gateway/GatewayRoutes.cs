using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Gateway;

/// <summary>Roster, accounts and ports in; the gateway's routes out.</summary>
public static class GatewayRoutes
{
    /// <param name="roster">The roster.</param>
    /// <param name="accounts">Account of each user, as it is or as it is about to be made.</param>
    /// <param name="port">Port of a user's server; 0 for none.</param>
    /// <param name="taken">Name of whoever has a uid now; null for nobody.</param>
    /// <returns>Everybody who is not removed, in the roster's order. Somebody whose uid is the system's or another
    /// person's is left out: what listens as that uid is not theirs.</returns>
    public static IReadOnlyList<Route> Of(
        Roster roster,
        IReadOnlyDictionary<string, Account> accounts,
        Func<User, int> port,
        Func<int, string?> taken
    ) =>
        [
            .. roster
                .Users.Where(user => !user.Removed && accounts.ContainsKey(user.Name))
                .Where(user => IsTheirs(user, accounts[user.Name], taken))
                .Select(user => Route(roster, user, accounts[user.Name], port(user))),
        ];

    private static bool IsTheirs(User user, Account account, Func<int, string?> taken) =>
        account.Uid >= Account.FirstPerson && (taken(account.Uid) is not { } owner || owner == user.Name);

    private static Route Route(Roster roster, User user, Account account, int port)
    {
        if (user.Server is not { } name || port == 0)
            return new Route(
                user.Name,
                user.Login,
                account.Uid,
                null,
                "",
                ReadyCheck.Tcp,
                "",
                0,
                account.Home,
                RouteState.NoServer
            );
        var server = roster.Servers[name];
        return new Route(
            user.Name,
            user.Login,
            account.Uid,
            name,
            server.Preset,
            Presets.For(server).Ready,
            server.Host,
            port,
            account.Home,
            user.Parked ? RouteState.Parked : RouteState.Serving
        )
        {
            Command = string.Join('\n', server.Command),
        };
    }
}
