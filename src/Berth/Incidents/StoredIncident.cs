using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Berth.Incidents;

/// <summary>Reads what lies in SQLite. A page that was damaged may hold anything where a number or a text should be, and
/// SQLite hands it over: such a row is left out, and the others are told.</summary>
internal static class StoredIncident
{
    /// <summary>The row's incident; null for one that is damaged, or of a kind that a newer berth knows.</summary>
    /// <param name="row">All columns of the table <c>incident</c>.</param>
    public static Incident? Read(SqliteDataReader row)
    {
        try
        {
            return Incident.Kinds(row.GetString(1)) is not { } kind
                ? null
                : new Incident(
                    row.GetInt64(0),
                    kind,
                    row.GetString(2) is { Length: > 0 } user ? user : null,
                    row.GetString(3),
                    Time(row.GetInt64(4)),
                    row.IsDBNull(5) ? null : Time(row.GetInt64(5)),
                    Time(row.GetInt64(6)),
                    row.GetInt32(7),
                    row.GetString(8),
                    row.GetString(9),
                    row.GetString(10),
                    JsonSerializer.Deserialize(row.GetString(11), EvidenceContext.Default.ListString) ?? []
                );
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return null;
        }
    }

    /// <summary>One death; null for one that is damaged.</summary>
    public static DeathFacts? ReadDeath(SqliteDataReader row)
    {
        try
        {
            return JsonSerializer.Deserialize(row.GetString(0), EvidenceContext.Default.DeathFacts);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return null;
        }
    }

    private static bool IsDamage(Exception failure) =>
        failure
            is JsonException
                or InvalidOperationException
                or InvalidCastException
                or OverflowException
                or FormatException
                or ArgumentOutOfRangeException;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
