using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Hooks;
using Microsoft.Data.Sqlite;

namespace Berth.Incidents;

/// <summary>Which incidents are asked for; every part that is null asks for all.</summary>
/// <param name="Since">Those that ended after it, or go on.</param>
/// <param name="User">Of this person.</param>
/// <param name="Kind">Of this kind.</param>
/// <param name="After">Those that were written or changed after this change.</param>
/// <param name="Most">At most so many, the newest.</param>
public sealed record IncidentQuery(
    DateTimeOffset? Since = null,
    string? User = null,
    IncidentKind? Kind = null,
    long? After = null,
    int Most = 200
);

/// <summary>The incidents on disk: one SQLite file, which readers and the one writer share. A file that is damaged is set
/// aside and a new one begun: an old incident is worth less than the next.</summary>
public sealed class IncidentStore : IDisposable
{
    public const string Path = "/var/lib/berth/recorder/incidents.db";

    /// <summary>Older ones are forgotten.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    /// <summary>So many are kept, whatever their age.</summary>
    public const int Most = 20_000;

    private readonly SqliteConnection _connection;

    private IncidentStore(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the store to write, and makes or renews it where needed.</summary>
    /// <param name="file">The real path.</param>
    /// <param name="now">Names what is set aside.</param>
    /// <param name="say">Says what was set aside.</param>
    /// <exception cref="IOException">It cannot be written at all.</exception>
    public static IncidentStore Open(string file, DateTimeOffset now, Action<string> say)
    {
        Directory.CreateDirectory(
            System.IO.Path.GetDirectoryName(file)!,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        try
        {
            return Begin(file, SqliteOpenMode.ReadWriteCreate);
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is 11 or 26 or 1)
        {
            // SQLITE_CORRUPT, SQLITE_NOTADB, or a schema that is not ours.
            var aside = $"{file}.damaged-{now:yyyyMMddHHmmss}";
            SqliteConnection.ClearAllPools();
            foreach (var part in (string[])["", "-wal", "-shm"])
            {
                if (File.Exists(file + part))
                    File.Move(file + part, aside + part, overwrite: true);
            }
            say($"{file} is damaged ({damaged.Message}): it is kept as {aside}, and a new one is begun");
            return Fresh(file);
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot open {file}: {refused.Message}", refused);
        }
    }

    /// <summary>Opens the store to read.</summary>
    /// <returns>Null when there is none yet.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IncidentStore? Read(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            var connection = Connect(file, SqliteOpenMode.ReadOnly);
            return new IncidentStore(connection);
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot read {file}: {refused.Message}", refused);
        }
    }

    /// <summary>Writes incidents and where the kernel's log was read to, all or nothing.</summary>
    /// <param name="incidents">New ones, and those that have changed.</param>
    /// <param name="places">Names and values to be found again after a restart.</param>
    /// <param name="deaths">Each death and its incident.</param>
    public void Save(
        IReadOnlyCollection<Incident> incidents,
        IReadOnlyDictionary<string, string> places,
        IReadOnlyCollection<(Incident Incident, DeathFacts Facts)>? deaths = null
    )
    {
        try
        {
            using var all = _connection.BeginTransaction();
            foreach (var incident in incidents)
                Put(incident);
            foreach (var (incident, facts) in deaths ?? [])
                Put(incident, facts);
            foreach (var (name, value) in places)
                Run("INSERT OR REPLACE INTO place VALUES ($name, $value)", ("$name", name), ("$value", value));
            all.Commit();
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot write incidents: {refused.Message}", refused);
        }
    }

    /// <summary>A value that was saved; null for none.</summary>
    public string? Place(string name)
    {
        using var command = Command("SELECT value FROM place WHERE name = $name", ("$name", name));
        return command.ExecuteScalar() as string;
    }

    /// <summary>Those that had no end when the writer ended.</summary>
    public IReadOnlyList<Incident> Open() => Select("SELECT * FROM incident WHERE ended IS NULL ORDER BY started", []);

    /// <summary>Incidents, oldest first.</summary>
    public IReadOnlyList<Incident> Find(IncidentQuery query)
    {
        var (where, values) = (new List<string> { "1" }, new List<(string, object)> { ("$most", query.Most) });
        void And(string condition, string name, object value)
        {
            where.Add(condition);
            values.Add((name, value));
        }
        if (query.Since is { } since)
            And("(ended IS NULL OR last >= $since)", "$since", since.ToUnixTimeMilliseconds());
        if (query.User is { } user)
            And("user = $user", "$user", user);
        if (query.Kind is { } kind)
            And("kind = $kind", "$kind", Incident.Name(kind));
        if (query.After is { } after)
            And("change > $after", "$after", after);
        return Select(
            $"SELECT * FROM (SELECT * FROM incident WHERE {string.Join(" AND ", where)} ORDER BY last DESC, id DESC LIMIT $most) ORDER BY last, id",
            values
        );
    }

    /// <summary>What was written or changed after a change, in that order: what hooks are told from.</summary>
    /// <param name="after">Number of the last change that is known.</param>
    /// <param name="most">At most so many, the oldest.</param>
    public IReadOnlyList<IncidentChange> Changes(long after, int most) =>
        Select(
            "SELECT * FROM incident WHERE change > $after ORDER BY change LIMIT $most",
            [("$after", after), ("$most", most)],
            row => row.GetInt64(12),
            (number, incident) => new IncidentChange(number, incident)
        );

    /// <summary>The deaths that an incident tells of, as they happened.</summary>
    public IReadOnlyList<DeathFacts> Deaths(Incident incident)
    {
        using var command = Command("SELECT facts FROM death WHERE incident = $id ORDER BY id", ("$id", incident.Id));
        var deaths = new List<DeathFacts>();
        try
        {
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                if (StoredIncident.ReadDeath(row) is { } facts)
                    deaths.Add(facts);
            }
        }
        catch (SqliteException)
        {
            // Damaged from here on: the incident itself has its words.
        }
        return deaths;
    }

    /// <summary>Number of the last change; what comes after it is new.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public long LastChange()
    {
        try
        {
            using var command = Command("SELECT coalesce(max(change), 0) FROM incident");
            return Convert.ToInt64(command.ExecuteScalar());
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot read incidents: {refused.Message}", refused);
        }
    }

    /// <summary>Forgets what is too old or too much.</summary>
    /// <exception cref="IOException">It cannot be written now.</exception>
    public void Forget(DateTimeOffset now)
    {
        try
        {
            Run(
                "DELETE FROM incident WHERE ended IS NOT NULL AND (last < $old OR id <= (SELECT max(id) FROM incident) - $most)",
                ("$old", (now - Kept).ToUnixTimeMilliseconds()),
                ("$most", Most)
            );
            Run("DELETE FROM death WHERE incident NOT IN (SELECT id FROM incident)");
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot forget old incidents: {refused.Message}", refused);
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        SqliteConnection.ClearPool(_connection);
    }

    private static IncidentStore Fresh(string file)
    {
        try
        {
            return Begin(file, SqliteOpenMode.ReadWriteCreate);
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot make {file}: {refused.Message}", refused);
        }
    }

    private static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = file,
                Mode = mode,
                Pooling = false,
                // Seconds that a lock is waited for.
                DefaultTimeout = 3,
            }.ToString()
        );
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static IncidentStore Begin(string file, SqliteOpenMode mode)
    {
        var store = new IncidentStore(Connect(file, mode));
        try
        {
            store.Run("PRAGMA journal_mode = WAL");
            // A power cut may cost the last incidents, never the file.
            store.Run("PRAGMA synchronous = NORMAL");
            using (var check = store.Command("PRAGMA quick_check(1)"))
            {
                if (check.ExecuteScalar() as string is not "ok")
                    throw new SqliteException("its pages do not fit together", 11);
            }
            store.Migrate();
            if (OperatingSystem.IsLinux())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void Migrate()
    {
        // Only read where there is nothing to do: somebody else may be writing for long.
        if (Version() == IncidentSchema.Migrations.Count)
            return;
        using var all = _connection.BeginTransaction();
        Run("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        var version = Version();
        if (version > IncidentSchema.Migrations.Count)
            throw new IOException($"the incidents were written by a newer berth (version {version})");
        for (; version < IncidentSchema.Migrations.Count; version++)
        {
            Run(IncidentSchema.Migrations[(int)version]);
            Run("INSERT INTO schema_version VALUES ($version)", ("$version", version + 1));
        }
        all.Commit();
    }

    private long Version()
    {
        using var there = Command("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'");
        if (Convert.ToInt64(there.ExecuteScalar()) == 0)
            return 0;
        using var command = Command("SELECT coalesce(max(version), 0) FROM schema_version");
        return Convert.ToInt64(command.ExecuteScalar());
    }

    private void Put(Incident incident) =>
        Run(
            """
            INSERT INTO incident (kind, user, subject, started, ended, last, count, sentence, outcome, next, evidence, change)
            VALUES ($kind, $user, $subject, $started, $ended, $last, $count, $sentence, $outcome, $next, $evidence,
                (SELECT coalesce(max(change), 0) + 1 FROM incident))
            ON CONFLICT (kind, user, subject, started) DO UPDATE SET ended = excluded.ended, last = excluded.last,
                count = excluded.count, sentence = excluded.sentence, outcome = excluded.outcome, next = excluded.next,
                evidence = excluded.evidence, change = excluded.change
            """,
            ("$kind", Incident.Name(incident.Kind)),
            ("$user", incident.User ?? ""),
            ("$subject", incident.Subject),
            ("$started", incident.Start.ToUnixTimeMilliseconds()),
            ("$ended", incident.End is { } end ? end.ToUnixTimeMilliseconds() : DBNull.Value),
            ("$last", incident.Last.ToUnixTimeMilliseconds()),
            ("$count", incident.Count),
            ("$sentence", incident.Sentence),
            ("$outcome", incident.Outcome),
            ("$next", incident.NextStep),
            ("$evidence", JsonSerializer.Serialize([.. incident.Evidence], EvidenceContext.Default.ListString))
        );

    private void Put(Incident incident, DeathFacts facts) =>
        Run(
            """
            INSERT INTO death (incident, facts)
            SELECT id, $facts FROM incident WHERE kind = $kind AND user = $user AND subject = $subject AND started = $started
            """,
            ("$facts", JsonSerializer.Serialize(facts, EvidenceContext.Default.DeathFacts)),
            ("$kind", Incident.Name(incident.Kind)),
            ("$user", incident.User ?? ""),
            ("$subject", incident.Subject),
            ("$started", incident.Start.ToUnixTimeMilliseconds())
        );

    private List<Incident> Select(string text, IEnumerable<(string, object)> values) =>
        Select(text, values, _ => 0, (_, incident) => incident);

    private List<T> Select<T>(
        string text,
        IEnumerable<(string, object)> values,
        Func<SqliteDataReader, long> number,
        Func<long, Incident, T> make
    )
    {
        using var command = Command(text, [.. values]);
        try
        {
            using var row = command.ExecuteReader();
            var found = new List<T>();
            while (row.Read())
            {
                if (StoredIncident.Read(row) is { } incident)
                    found.Add(make(number(row), incident));
            }
            return found;
        }
        catch (SqliteException refused)
        {
            throw new IOException($"cannot read incidents: {refused.Message}", refused);
        }
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this file alone; what comes from outside is a value.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    private void Run(string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(text, values);
        command.ExecuteNonQuery();
    }
}

[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(DeathFacts))]
internal sealed partial class EvidenceContext : JsonSerializerContext;
