using Berth.Rosters;

namespace Berth.Drilling;

/// <summary>The people of a drill: accounts with servers of the roster's own kind, made by the same plan as everybody's,
/// and taken away after it. One's tools go wrong; the other is everybody else. A host that has accounts of these names
/// already is refused.</summary>
public static class DrillPeople
{
    public const string Victim = "drill-one";
    public const string Other = "drill-two";

    /// <summary>Cap of a server of theirs, in bytes: enough for a small server and its agents.</summary>
    public const long ServerCap = 192L << 20;

    /// <summary>Cap of a session of theirs, in bytes.</summary>
    public const long SessionCap = 96L << 20;

    /// <summary>The most that a drill holds at once, in bytes.</summary>
    public const long Most = ServerCap + SessionCap + (64L << 20);

    public static IReadOnlyList<string> Names { get; } = [Victim, Other];

    /// <summary>Whether somebody of a roster, or of what Berth remembers, is of a drill's making.</summary>
    public static bool IsOne(string name) => name is Victim or Other;

    /// <summary>The server they get: the one most people have.</summary>
    public static string? Server(Roster roster) =>
        roster
            .Users.Where(user => user.Serves)
            .GroupBy(user => user.Server!, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Key)
            .FirstOrDefault()
        ?? roster.Servers.Keys.Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>The text of their drop-in beside the roster.</summary>
    public static string DropIn(string name, string server) =>
        UserDropIn.With(
            name,
            null,
            [
                ("login", $"{name}@drill.invalid"),
                ("server", server),
                ("memory", "192M"),
                ("session-memory", "96M"),
                ("pane-memory", "96M"),
                ("watchdog", "true"),
            ]
        )!;

    /// <summary>What they hold is looked at before, in free memory, not as a promise for ever.</summary>
    public static Roster Overcommitted(Roster roster) => roster with { Host = roster.Host with { Overcommit = true } };
}
