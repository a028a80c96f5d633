using System.Net.Sockets;
using Berth.Gateway;
using Berth.Host;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>The gateway before the servers of <c>berth up</c>. Everybody runs as the invoker here, so whose a connection
/// is says less than on a host that Berth applied.</summary>
internal sealed class EmbeddedGateway : IAsyncDisposable
{
    private readonly RunningGateway _gateway;
    private readonly StateFolder _state;
    private readonly AccessLog _access;
    private readonly Socket _control;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _answering;

    private EmbeddedGateway(RunningGateway gateway, StateFolder state, AccessLog access, Socket control)
    {
        (_gateway, _state, _access, _control) = (gateway, state, access, control);
        _answering = gateway.ControlAsync(control, _end.Token);
    }

    /// <param name="roster">A roster with a gateway.</param>
    /// <param name="servers">The servers that run here.</param>
    /// <param name="state">Keeps who is signed in, and the access log.</param>
    /// <param name="log">One line of what is out of the ordinary.</param>
    /// <exception cref="IOException">It cannot listen, or keep what it must.</exception>
    /// <exception cref="InvalidDataException">The roster's gateway cannot be used here.</exception>
    public static async Task<EmbeddedGateway> OpenAsync(
        Roster roster,
        IReadOnlyList<Placement> servers,
        StateFolder state,
        Action<string> log,
        CancellationToken stop
    )
    {
        var folder = state.Gateway();
        var access = new AccessLog(
            new FileStream(
                Path.Join(folder, "access.log"),
                new FileStreamOptions
                {
                    Mode = FileMode.Append,
                    Access = FileAccess.Write,
                    Share = FileShare.Read,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            ),
            TimeProvider.System
        );
        RunningGateway? gateway = null;
        try
        {
            gateway = new RunningGateway(
                Config(roster, servers, state),
                new GatewayPlace(folder, null, []),
                new LocalPairingSource(state, TimeProvider.System),
                access,
                log
            );
            await gateway.StartAsync(stop);
            return new EmbeddedGateway(gateway, state, access, LinkControl.Listen(Path.Join(folder, "control.sock")));
        }
        catch
        {
            if (gateway is not null)
                await gateway.DisposeAsync();
            await access.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where people come in.</summary>
    public string Address => _gateway.Addresses.First();

    /// <returns>A new one-time link for somebody; null where people sign in in another way.</returns>
    public string? Link(string user) => _gateway.Desk?.Issue(user, LinkOrder.Usual)?.Url;

    /// <summary>People are led by this from now on; nobody's connection is dropped but those to what is no longer
    /// theirs.</summary>
    public Task ChangeAsync(Roster roster, IReadOnlyList<Placement> servers) =>
        _gateway.ChangeAsync(Config(roster, servers, _state));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _gateway.DisposeAsync();
        await _answering;
        _control.Dispose();
        await _access.DisposeAsync();
        _end.Dispose();
    }

    private static GatewayConfig Config(Roster roster, IReadOnlyList<Placement> servers, StateFolder state) =>
        new(roster.Gateway!, Routes(roster, servers, state))
        {
            Admins = [.. roster.Users.Where(user => user.Admin && !user.Removed).Select(user => user.Name)],
        };

    private static IReadOnlyList<Route> Routes(Roster roster, IReadOnlyList<Placement> servers, StateFolder state) =>
        [
            .. roster
                .Users.Where(user => !user.Removed)
                .Select(user => Route(user, servers.FirstOrDefault(server => server.User == user.Name), state)),
        ];

    private static Route Route(User user, Placement? server, StateFolder state) =>
        new(
            user.Name,
            user.Login,
            (int)Native.EffectiveUser(),
            server?.Settings.Name,
            server?.Settings.Preset ?? "",
            server is null ? ReadyCheck.Tcp : Presets.For(server.Settings).Ready,
            server?.Settings.Host ?? "",
            server?.Port ?? 0,
            state.Home(user.Name),
            server is not null ? RouteState.Serving
                : user.Parked ? RouteState.Parked
                : RouteState.NoServer
        )
        {
            Command = string.Join('\n', server?.Settings.Command ?? []),
        };
}
