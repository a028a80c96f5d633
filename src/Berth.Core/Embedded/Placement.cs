using Berth.Planning;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>One person's server as a roster wants it to run.</summary>
/// <param name="User">Account name.</param>
/// <param name="Settings">The roster's server.</param>
/// <param name="Port">TCP port that it listens on.</param>
/// <param name="Cap">Most memory that it and all it starts may hold, in bytes.</param>
public sealed record Placement(string User, ServerSettings Settings, int Port, long Cap)
{
    /// <param name="roster">The roster.</param>
    /// <param name="ports">Ports of everybody, by <see cref="PortAllocator.Key"/>.</param>
    /// <param name="without">People for whom no port was left.</param>
    /// <param name="ram">The host's memory in bytes.</param>
    /// <returns>Everybody whose server is to run, in the roster's order.</returns>
    public static IReadOnlyList<Placement> Of(
        Roster roster,
        IReadOnlyDictionary<string, int> ports,
        IReadOnlyList<string> without,
        long ram
    ) =>
        [
            .. roster
                .Users.Where(user => user.Serves && !without.Contains(user.Name, StringComparer.Ordinal))
                .Select(user => new Placement(
                    user.Name,
                    roster.Servers[user.Server!],
                    ports[PortAllocator.Key(user.Server!, user.Name)],
                    user.Memory.On(ram)
                )),
        ];

    /// <summary>Whether a server that was started by the other one need not be started again.</summary>
    public bool RunsAs(Placement other)
    {
        var (mine, theirs) = (Presets.For(Settings), Presets.For(other.Settings));
        return Port == other.Port
            && Settings.Host == other.Settings.Host
            && mine.Name == theirs.Name
            && mine.Command.SequenceEqual(theirs.Command, StringComparer.Ordinal)
            && mine.Environment.Count == theirs.Environment.Count
            && mine.Environment.All(pair =>
                theirs.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value
            );
    }
}
