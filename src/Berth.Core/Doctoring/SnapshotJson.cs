using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Recording;

namespace Berth.Doctoring;

/// <summary>A snapshot as a bundle: one JSON document.</summary>
public static class SnapshotJson
{
    /// <summary>64 TiB, in bytes.</summary>
    private const long MostMemory = 1L << 46;

    public static string Write(HostSnapshot snapshot) =>
        JsonSerializer.Serialize(snapshot, SnapshotContext.Default.HostSnapshot);

    /// <param name="text">A bundle.</param>
    /// <param name="snapshot">What is in it; an empty one when it cannot be read.</param>
    /// <returns>Null when it was read; else what is wrong, and where.</returns>
    public static string? Read(string text, out HostSnapshot snapshot)
    {
        snapshot = new HostSnapshot();
        try
        {
            if (JsonSerializer.Deserialize(text, SnapshotContext.Default.HostSnapshot) is not { } read)
                return "is no bundle of 'berth doctor snapshot': null";
            if (read.Format < 1)
                return "is no bundle of 'berth doctor snapshot': it has no format";
            if (read.Format > HostSnapshot.CurrentFormat)
                return $"has format {read.Format}; this berth reads up to {HostSnapshot.CurrentFormat}: use a newer one";
            if (Wrong(read) is { } wrong)
                return $"is no bundle of 'berth doctor snapshot': {wrong}";
            snapshot = read;
            return null;
        }
        catch (JsonException wrong)
        {
            return $"is no bundle of 'berth doctor snapshot' (line {wrong.LineNumber + 1}, at {Printable.Text(wrong.Path ?? "$")})";
        }
    }

    /// <summary>What a host never says, and rules do not reckon with. A bundle may be anybody's.</summary>
    private static string? Wrong(HostSnapshot read)
    {
        IEnumerable<IEnumerable<object?>> lists =
        [
            read.Controllers,
            read.Cgroups,
            read.Units,
            read.Processes,
            read.Accounts,
            read.Listeners,
            read.Fences ?? [],
            read.Tmpfs,
            read.EnvironmentFiles,
            read.Unread,
            read.Roster?.People ?? [],
            read.Roster?.Watched ?? [],
            read.Roster?.Servers ?? [],
        ];
        // A reader that is made at build time leaves null where a property is missing, whatever its type says.
        if (((object?[])[read.System, read.Kernel, read.Settings, .. lists]).Contains(null))
            return "a part that every bundle has is missing in it";
        if (
            lists.Any(list => list.Contains(null))
            || read.Accounts.Any(account => account.OpenState.Contains(null!, StringComparer.Ordinal))
        )
            return "a list in it has an empty place";
        if (read.Units.Any(unit => ((object?[])[unit.User, unit.Cgroup, unit.OomPolicy]).Contains(null)))
            return "a unit in it lacks a part that each has";
        IEnumerable<long?> amounts =
        [
            read.Memory?.Total,
            read.Memory?.Available,
            read.Memory?.Swap,
            read.Memory?.SwapUsed,
            read.Roster?.Reserve,
            .. read.Processes.Select(process => (long?)process.Rss),
            .. read.Tmpfs.Select(tmpfs => (long?)tmpfs.Size),
        ];
        IEnumerable<long?> limits = read.Cgroups.SelectMany(cgroup =>
            (long?[])[cgroup.High, cgroup.Max, cgroup.SwapMax, cgroup.PidsMax]
        );
        return
            amounts.Any(amount => amount is < 0 or > MostMemory)
            || limits.Any(limit => limit is < 0)
            || read.Processes.Any(process => process.Adj is < -1000 or > 1000)
            ? "a number in it is none that a host has"
            : null;
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(HostSnapshot))]
internal sealed partial class SnapshotContext : JsonSerializerContext;
