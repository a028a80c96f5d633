using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>The calls below a mount of KV version 2.</summary>
internal sealed class KvCalls(TimeProvider clock, Lax lax)
{
    /// <summary>Said to those who talk to version 2 as if it were version 1.</summary>
    private const string OldPath =
        "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. "
        + "If using the Vault CLI, use 'vault kv put' for this operation.";

    /// <summary>The entry is there already: a write needs <c>update</c> instead of <c>create</c>.</summary>
    public static bool Exists(KvMount mount, string rest)
    {
        var (room, path) = Split(rest);
        return room is not ("data" or "metadata") || mount.Entries.ContainsKey(path);
    }

    public Answer Answer(Call call, KvMount mount, string rest)
    {
        var (room, path) = Split(rest);
        return (room, call.Method) switch
        {
            ("data", "GET") => Read(call, mount, path),
            ("data", "POST" or "PUT") => Write(call, mount, path),
            ("data", "PATCH") => Patch(call, mount, path),
            ("data", "DELETE") => Delete(mount, path),
            ("metadata", "GET") => mount.Entries.TryGetValue(path, out var entry)
                ? Vault.Answer.Data(entry.Describe())
                : Missing(),
            ("metadata", "POST" or "PUT") => Settings(call, mount, path),
            ("metadata", "DELETE") => Forget(mount, path),
            ("metadata", "LIST") => List(mount, path),
            ("delete" or "undelete" or "destroy", "POST" or "PUT") => Change(call, mount, room, path),
            ("data" or "metadata" or "delete" or "undelete" or "destroy", _) => Vault.Answer.NoSuchMethod,
            ("config" or "subkeys", _) => Vault.Answer.NoSuchPath,
            _ => Old(),
        };
    }

    private static (string Room, string Path) Split(string rest)
    {
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
    }

    private static Answer Old()
    {
        var answer = Vault.Answer.Data(null, 404);
        answer.Body!["warnings"] = new JsonArray(OldPath);
        return answer with { Modelled = false };
    }

    private Answer Missing() =>
        lax.HasFlag(Lax.Missing) ? new Answer(404, null) { Text = "not found" } : Vault.Answer.Missing;

    private Answer Read(Call call, KvMount mount, string path)
    {
        var number = 0L;
        if (
            call.Query.TryGetValue("version", out var asked)
            && !long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        )
            return Vault.Answer.Errors(400, "error converting input for field \"version\"");
        if (!mount.Entries.TryGetValue(path, out var entry))
            return Missing();
        if (number == 0)
            number = entry.Current;
        if (!entry.Versions.TryGetValue(number, out var version))
            return Missing();
        var readable = version.Readable(clock.GetUtcNow());
        if (!readable && lax.HasFlag(Lax.Missing))
            return Missing();
        var data = new JsonObject
        {
            ["data"] = readable ? version.Fields!.DeepClone() : null,
            ["metadata"] = entry.Metadata(number),
        };
        return Vault.Answer.Data(data, readable ? 200 : 404);
    }

    /// <summary>Why a write may not be done, from its <c>cas</c>.</summary>
    private Answer? Conflict(Call call, Entry? entry)
    {
        if (lax.HasFlag(Lax.CheckAndSet))
            return null;
        if (call.Body["options"] is not JsonObject options || !options.TryGetPropertyValue("cas", out var cas))
            return entry?.CasRequired == true
                ? Vault.Answer.Errors(400, "check-and-set parameter required for this call")
                : null;
        long? version = cas switch
        {
            JsonValue value when value.TryGetValue<long>(out var number) => number,
            JsonValue value
                when value.TryGetValue<string>(out var text)
                    && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
        if (version is null)
            return Vault.Answer.Errors(400, "error parsing check-and-set parameter");
        return version == (entry?.Current ?? 0)
            ? null
            : Vault.Answer.Errors(400, "check-and-set parameter did not match the current version");
    }

    private Answer Write(Call call, KvMount mount, string path)
    {
        if (path.Length == 0)
            return Vault.Answer.Errors(400, "missing path");
        if (call.Body["data"] is not JsonObject fields)
            return Vault.Answer.Errors(400, "no data provided");
        if (Conflict(call, mount.Entries.GetValueOrDefault(path)) is { } conflict)
            return conflict;
        var entry = mount.Ensure(path);
        entry.Add(fields.DeepClone().AsObject(), clock.GetUtcNow());
        return Vault.Answer.Data(entry.Metadata(entry.Current));
    }

    private Answer Patch(Call call, KvMount mount, string path)
    {
        if (call.Body["data"] is not JsonObject change)
            return Vault.Answer.Errors(400, "no data provided");
        // Here Vault answers with nothing at all, not even an empty list of errors.
        if (!mount.Entries.TryGetValue(path, out var entry))
            return new Answer(404, null);
        if (Conflict(call, entry) is { } conflict)
            return conflict;
        if (!entry.Versions.TryGetValue(entry.Current, out var version))
            return new Answer(404, null);
        var now = clock.GetUtcNow();
        if (!version.Readable(now))
            return Vault.Answer.Data(entry.Metadata(entry.Current), 404);
        entry.Add(Merged(version.Fields!, change), now);
        return Vault.Answer.Data(entry.Metadata(entry.Current));
    }

    /// <summary>RFC 7396: null takes a member away, an object is merged, all else replaces.</summary>
    private static JsonObject Merged(JsonObject into, JsonObject change)
    {
        var result = into.DeepClone().AsObject();
        foreach (var (name, value) in change)
        {
            if (value is null)
                result.Remove(name);
            else if (value is JsonObject inner)
                result[name] = Merged(result[name] as JsonObject ?? [], inner);
            else
                result[name] = value.DeepClone();
        }
        return result;
    }

    private Answer Delete(KvMount mount, string path)
    {
        var now = clock.GetUtcNow();
        if (
            mount.Entries.TryGetValue(path, out var entry)
            && entry.Versions.TryGetValue(entry.Current, out var version)
            && version.Readable(now)
        )
            version.Deleted = now;
        return Vault.Answer.NoContent;
    }

    private Answer Change(Call call, KvMount mount, string room, string path)
    {
        if (call.Body["versions"] is not JsonArray { Count: > 0 } asked)
            return Vault.Answer.Errors(400, "no version number provided");
        var numbers = new List<long>();
        foreach (var item in asked)
        {
            if (item is JsonValue value && value.TryGetValue<long>(out var number))
                numbers.Add(number);
            else if (
                item is JsonValue word
                && word.TryGetValue<string>(out var text)
                && long.TryParse(text, out number)
            )
                numbers.Add(number);
            else
                return Vault.Answer.Errors(400, "error converting input for field \"versions\"");
        }
        if (!mount.Entries.TryGetValue(path, out var entry))
            return Vault.Answer.NoContent;
        var now = clock.GetUtcNow();
        foreach (var version in numbers.Where(entry.Versions.ContainsKey).Select(number => entry.Versions[number]))
        {
            if (room == "destroy")
                (version.Destroyed, version.Fields) = (true, null);
            else if (room == "delete" && version.Readable(now))
                version.Deleted = now;
            else if (room == "undelete" && !version.Destroyed)
                version.Deleted = entry.DeletionTime(now);
        }
        return Vault.Answer.NoContent;
    }

    private static Answer Settings(Call call, KvMount mount, string path)
    {
        if (path.Length == 0)
            return Vault.Answer.Errors(400, "missing path");
        var body = call.Body;
        long? most = null;
        if (body["max_versions"] is { } count)
        {
            if (count is not JsonValue value || !value.TryGetValue<long>(out var number) || number < 0)
                return Vault.Answer.Errors(400, "error converting input for field \"max_versions\"");
            most = number;
        }
        bool? cas = null;
        if (body["cas_required"] is { } required)
        {
            if (required.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
                return Vault.Answer.Errors(400, "error converting input for field \"cas_required\"");
            cas = required.GetValue<bool>();
        }
        if (Durations.Parse(body["delete_version_after"]) is not { } after || after < TimeSpan.Zero)
            return Vault.Answer.Errors(400, "error converting input for field \"delete_version_after\"");
        if (body["custom_metadata"] is JsonObject custom && custom.Any(pair => pair.Value is not JsonValue))
            return Vault.Answer.Errors(400, "custom_metadata validation failed");
        if (most is null && cas is null && body["delete_version_after"] is null && body["custom_metadata"] is null)
            return Vault.Answer.NoContent;
        var entry = mount.Ensure(path);
        entry.MaxVersions = most ?? entry.MaxVersions;
        entry.CasRequired = cas ?? entry.CasRequired;
        if (body["delete_version_after"] is not null)
            entry.DeleteAfter = after;
        if (body["custom_metadata"] is JsonObject given)
            entry.CustomMetadata = given.DeepClone().AsObject();
        return Vault.Answer.NoContent;
    }

    private static Answer Forget(KvMount mount, string path)
    {
        mount.Entries.Remove(path);
        return Vault.Answer.NoContent;
    }

    private Answer List(KvMount mount, string path)
    {
        var folder = path.Length == 0 || path.EndsWith('/') ? path : path + "/";
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var key in mount.Entries.Keys.Where(key => key.StartsWith(folder, StringComparison.Ordinal)))
        {
            var slash = key.IndexOf('/', folder.Length);
            names.Add(slash < 0 ? key[folder.Length..] : key[folder.Length..(slash + 1)]);
        }
        return names.Count == 0
            ? Missing()
            : Vault.Answer.Data(new JsonObject { ["keys"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) });
    }
}
