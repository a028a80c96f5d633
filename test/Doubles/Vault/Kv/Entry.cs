using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>One version of an entry. Its fields are gone once it is destroyed.</summary>
internal sealed class EntryVersion
{
    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Deleted { get; set; }
    public bool Destroyed { get; set; }
    public JsonObject? Fields { get; set; }

    /// <summary>A deletion in the future has not happened.</summary>
    public bool Readable(DateTimeOffset now) => !Destroyed && !(Deleted < now);

    public JsonObject Describe() =>
        new()
        {
            ["created_time"] = Durations.Moment(Created),
            ["deletion_time"] = Durations.Moment(Deleted),
            ["destroyed"] = Destroyed,
        };
}

/// <summary>An entry of KV version 2 with its versions and settings.</summary>
internal sealed class Entry(DateTimeOffset created)
{
    /// <summary>How many versions are kept where nothing else is said.</summary>
    private const int Kept = 10;

    public SortedDictionary<long, EntryVersion> Versions { get; } = [];
    public long Current { get; private set; }

    /// <summary>0 until a version had to make room.</summary>
    public long Oldest { get; private set; }
    public long MaxVersions { get; set; }
    public bool CasRequired { get; set; }
    public TimeSpan DeleteAfter { get; set; }
    public JsonObject? CustomMetadata { get; set; }
    public DateTimeOffset Created { get; } = created;
    public DateTimeOffset Updated { get; private set; } = created;

    public EntryVersion Add(JsonObject fields, DateTimeOffset now)
    {
        var version = new EntryVersion
        {
            Created = now,
            Deleted = DeletionTime(now),
            Fields = fields,
        };
        Versions[++Current] = version;
        Updated = now;
        var spare = Current - (MaxVersions > 0 ? MaxVersions : Kept);
        foreach (var number in Versions.Keys.Where(number => number <= spare).ToList())
            Versions.Remove(number);
        if (spare > 0)
            Oldest = spare + 1;
        return version;
    }

    public DateTimeOffset? DeletionTime(DateTimeOffset now) => DeleteAfter > TimeSpan.Zero ? now + DeleteAfter : null;

    /// <summary>What goes with a version's fields.</summary>
    public JsonObject Metadata(long number)
    {
        var metadata = Versions[number].Describe();
        metadata["custom_metadata"] = CustomMetadata?.DeepClone();
        metadata["version"] = number;
        return metadata;
    }

    public JsonObject Describe()
    {
        var versions = new JsonObject();
        foreach (var (number, version) in Versions)
            versions[number.ToString()] = version.Describe();
        return new JsonObject
        {
            ["cas_required"] = CasRequired,
            ["created_time"] = Durations.Moment(Created),
            ["current_version"] = Current,
            ["custom_metadata"] = CustomMetadata?.DeepClone(),
            ["delete_version_after"] = Durations.Go(DeleteAfter),
            ["max_versions"] = MaxVersions,
            ["oldest_version"] = Oldest,
            ["updated_time"] = Durations.Moment(Updated),
            ["versions"] = versions,
        };
    }
}

/// <summary>A mount of KV version 2: entries by path.</summary>
internal sealed class KvMount(TimeProvider clock)
{
    public SortedDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

    public Entry Ensure(string path)
    {
        if (!Entries.TryGetValue(path, out var entry))
            Entries[path] = entry = new Entry(clock.GetUtcNow());
        return entry;
    }
}
