using Berth.Containment;
using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Drilling;

/// <summary>A person's server as a drill asks and reads it.</summary>
/// <param name="User">The person.</param>
/// <param name="Account">Their account.</param>
/// <param name="Unit">Their server's unit.</param>
/// <param name="Host">Where it listens.</param>
/// <param name="Port">Its port.</param>
/// <param name="Check">Its preset's ready check.</param>
/// <param name="Password">Password of the ready check; null for none.</param>
internal sealed record Target(
    string User,
    Account Account,
    string Unit,
    string Host,
    int Port,
    ReadyCheck Check,
    string? Password
)
{
    /// <summary>The unit's cgroup.</summary>
    public string Cgroup => $"{SurfaceReader.Tree}/{ServerUnits.SliceFolder}/{Unit}";

    /// <summary>Their sessions' cgroup.</summary>
    public string Slice => $"{SurfaceReader.Tree}/user.slice/{SessionUnits.SliceName(Account.Uid)}";

    /// <summary>Everybody whose server should run, as the last plan has them.</summary>
    public static IReadOnlyList<Target> Of(Roster roster, Planned planned, HostPaths paths) =>
        [
            .. roster
                .Users.Where(user =>
                    user.Serves
                    && planned.Desired!.Ports.ContainsKey(PortAllocator.Key(user.Server!, user.Name))
                    && planned.Desired.Accounts.ContainsKey(user.Name)
                )
                .Select(user => Of(user, roster.Servers[user.Server!], planned.Desired!, paths)),
        ];

    private static Target Of(User user, ServerSettings server, Desired desired, HostPaths paths)
    {
        var check = Presets.For(server).Ready;
        return new Target(
            user.Name,
            desired.Accounts[user.Name],
            ServerUnits.UnitName(server.Name, user.Name),
            ListenHost.Reached(server.Host),
            desired.Ports[PortAllocator.Key(server.Name, user.Name)],
            check,
            check.PasswordVariable is { } variable
                ? Secrets.Value(paths[ServerUnits.SecretPath(server.Name, user.Name)], variable)
                : null
        );
    }
}
