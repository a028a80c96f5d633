using Berth.Rosters;

namespace Berth.Embedded;

/// <summary>What an edit of the roster does to the servers that run.</summary>
/// <param name="Starts">People whose server was not there before.</param>
/// <param name="Stops">People whose server ends, each with the reason in words.</param>
/// <param name="Restarts">People whose server is another from now on: its command, environment, address or port.</param>
/// <param name="Stays">People whose server goes on; their cap or what is asked of it may be another.</param>
/// <param name="Caps">Those of <paramref name="Stays"/> whose cap is another.</param>
/// <param name="Logins">People whose login is another.</param>
public sealed record RosterChange(
    IReadOnlyList<Placement> Starts,
    IReadOnlyDictionary<string, string> Stops,
    IReadOnlyList<Placement> Restarts,
    IReadOnlyList<Placement> Stays,
    IReadOnlyList<Placement> Caps,
    IReadOnlyList<string> Logins
)
{
    /// <param name="before">The roster so far.</param>
    /// <param name="after">The roster from now on.</param>
    /// <param name="running">Servers as they run.</param>
    /// <param name="wanted">Servers as they are to run.</param>
    public static RosterChange Between(
        Roster before,
        Roster after,
        IReadOnlyList<Placement> running,
        IReadOnlyList<Placement> wanted
    )
    {
        var run = running.ToDictionary(one => one.User, StringComparer.Ordinal);
        var want = wanted.Select(one => one.User).ToHashSet(StringComparer.Ordinal);
        var logins = before.Users.ToDictionary(user => user.Name, user => user.Login, StringComparer.Ordinal);
        var kept = wanted.Where(one => run.ContainsKey(one.User)).ToLookup(one => one.RunsAs(run[one.User]));
        return new RosterChange(
            [.. wanted.Where(one => !run.ContainsKey(one.User))],
            running
                .Where(one => !want.Contains(one.User))
                .ToDictionary(one => one.User, one => Why(after, one.User), StringComparer.Ordinal),
            [.. kept[false]],
            [.. kept[true]],
            [.. kept[true].Where(one => one.Cap != run[one.User].Cap)],
            [
                .. after
                    .Users.Where(user => logins.TryGetValue(user.Name, out var login) && login != user.Login)
                    .Select(user => user.Name),
            ]
        );
    }

    /// <returns>One line of what it does, such as "starts carol; stops bob".</returns>
    public override string ToString()
    {
        string[] parts =
        [
            Part("starts", Starts.Select(one => one.User)),
            Part("stops", Stops.Keys),
            Part("restarts", Restarts.Select(one => one.User)),
            Part("another cap for", Caps.Select(one => one.User)),
            Part("another login for", Logins),
        ];
        var said = string.Join("; ", parts.Where(part => part.Length > 0));
        return said.Length > 0 ? said : "no server changes";
    }

    private static string Part(string verb, IEnumerable<string> people)
    {
        var names = string.Join(", ", people);
        return names.Length > 0 ? $"{verb} {names}" : "";
    }

    private static string Why(Roster after, string name) =>
        after.Users.FirstOrDefault(user => user.Name == name) switch
        {
            null => "no longer in the roster",
            { Removed: true } => "removed",
            { Parked: true } => "parked",
            { Server: null } => "has no server any more",
            _ => "no port is left in the range of their server",
        };
}
