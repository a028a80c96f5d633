namespace Berth.Incidents;

/// <summary>How incidents lie in SQLite.</summary>
internal static class IncidentSchema
{
    /// <summary>Each one leads from the version before it to the next; what was released is never changed.</summary>
    public static IReadOnlyList<string> Migrations { get; } =
    [
        """
            CREATE TABLE incident (
                id INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                user TEXT NOT NULL,
                subject TEXT NOT NULL,
                started INTEGER NOT NULL,
                ended INTEGER,
                last INTEGER NOT NULL,
                count INTEGER NOT NULL,
                sentence TEXT NOT NULL,
                outcome TEXT NOT NULL,
                next TEXT NOT NULL,
                evidence TEXT NOT NULL,
                change INTEGER NOT NULL,
                UNIQUE (kind, user, subject, started)
            );
            CREATE INDEX incident_last ON incident (last);
            CREATE INDEX incident_change ON incident (change);
            CREATE TABLE death (
                id INTEGER PRIMARY KEY,
                incident INTEGER NOT NULL,
                facts TEXT NOT NULL
            );
            CREATE INDEX death_incident ON death (incident);
            CREATE TABLE place (name TEXT PRIMARY KEY, value TEXT NOT NULL);
            """,
    ];
}
