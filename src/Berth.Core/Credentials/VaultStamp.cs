using System.Globalization;
using System.Text.Json;

namespace Berth.Credentials;

/// <summary>What an entry's metadata says, in one comparable text: as long as it is the same, the entry is, and its
/// secret need not be asked for.</summary>
public static class VaultStamp
{
    /// <summary>The entry has never been written, or has no metadata any more.</summary>
    public const string None = "none";

    /// <param name="status">Of <c>GET MOUNT/metadata/PATH</c>.</param>
    /// <param name="body">Of it.</param>
    /// <param name="now">By the store's clock: a deletion that was set for later takes effect without a new
    /// version.</param>
    /// <returns>Null when nothing was learnt.</returns>
    public static string? Of(int status, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        try
        {
            return status switch
            {
                200 => Read(body, now),
                404 when IsEmptyRefusal(body) => None,
                _ => null,
            };
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether a stamp is of a version that can be read.</summary>
    public static bool IsThere(string? stamp) => stamp?.EndsWith(" there", StringComparison.Ordinal) == true;

    private static bool IsEmptyRefusal(ReadOnlySpan<byte> body)
    {
        using var json = JsonDocument.Parse(body.ToArray());
        return json.RootElement.TryGetProperty("errors", out var errors) && errors.GetArrayLength() == 0;
    }

    /// <summary>Walks the answer without building it: five hundred of these come every few seconds.</summary>
    private static string? Read(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var json = new Utf8JsonReader(body);
        if (!Enter(ref json, "data"u8))
            return null;
        long? current = null;
        var versions = default(Utf8JsonReader);
        var has = false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var (isCurrent, isVersions) = (
                json.ValueTextEquals("current_version"u8),
                json.ValueTextEquals("versions"u8)
            );
            json.Read();
            if (isCurrent)
                current = json.GetInt64();
            else if (isVersions)
            {
                versions = json;
                has = true;
            }
            json.Skip();
        }
        if (current is not { } version || !has)
            return null;
        return $"{version.ToString(CultureInfo.InvariantCulture)} {StateOf(versions, version, now)}";
    }

    private static string StateOf(Utf8JsonReader versions, long wanted, DateTimeOffset now)
    {
        Span<byte> name = stackalloc byte[20];
        _ = wanted.TryFormat(name, out var length, default, CultureInfo.InvariantCulture);
        while (versions.Read() && versions.TokenType is JsonTokenType.PropertyName)
        {
            var same = versions.ValueTextEquals(name[..length]);
            versions.Read();
            if (same)
                return State(versions, now);
            versions.Skip();
        }
        return "gone";
    }

    private static string State(Utf8JsonReader version, DateTimeOffset now)
    {
        var (deleted, destroyed) = (false, false);
        while (version.Read() && version.TokenType is JsonTokenType.PropertyName)
        {
            var (isTime, isDestroyed) = (
                version.ValueTextEquals("deletion_time"u8),
                version.ValueTextEquals("destroyed"u8)
            );
            version.Read();
            if (isTime && !version.ValueTextEquals(""u8))
                deleted = version.GetDateTimeOffset() <= now;
            else if (isDestroyed)
                destroyed = version.GetBoolean();
            version.Skip();
        }
        return destroyed ? "destroyed"
            : deleted ? "deleted"
            : "there";
    }

    private static bool Enter(ref Utf8JsonReader json, ReadOnlySpan<byte> property)
    {
        if (!json.Read() || json.TokenType is not JsonTokenType.StartObject)
            return false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(property);
            json.Read();
            if (found)
                return json.TokenType is JsonTokenType.StartObject;
            json.Skip();
        }
        return false;
    }
}
