namespace Berth.Rosters;

/// <summary><c>defaults:</c> as read: what it says, and what it leaves to each user.</summary>
/// <param name="Settings">With the built-in defaults filled in.</param>
/// <param name="Session">The session cap, where the roster gives one; else each user's follows their own memory.</param>
/// <param name="Pane">The pane cap, where the roster gives one; else each user's follows their session cap.</param>
/// <param name="NamesServer">Whether users who name no server were provided for, be it with <c>none</c>.</param>
internal sealed record DefaultValues(DefaultSettings Settings, Size? Session, Size? Pane, bool NamesServer)
{
    private static readonly Size s_quarter = new(0, 25);

    public static DefaultValues Read(Section section, ServerReading servers)
    {
        var only = servers.Names.Count == 1 ? servers.Settings.Keys.FirstOrDefault() : null;
        var server = section.Has("server") ? servers.Named(section, "defaults") : only;
        var memory = section.Cap("memory") ?? s_quarter;
        var session = section.Cap("session-memory");
        var pane = section.Cap("pane-memory");
        var sessions = session ?? memory;
        if (pane is { } panes && panes.Exceeds(sessions))
            section.Report(
                "pane-memory",
                $"defaults: pane-memory {panes} is more than {(session is null ? "memory" : "session-memory")} {sessions}",
                "a pane cannot have more than all sessions together"
            );
        return new DefaultValues(
            new DefaultSettings(server, memory, sessions, pane ?? sessions)
            {
                TokenFile = TokenFilePath.Read(section),
                KillsLeaf = section.Choice("on-stall") is "kill-leaf",
                Watched = section.Flag("watchdog") ?? true,
            },
            session,
            pane,
            section.Has("server") || servers.Names.Count < 2
        );
    }
}
