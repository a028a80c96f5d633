using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Host;
using Berth.Planning;

namespace Berth.Credentials;

/// <summary>The embedded store: one entry for each person below Berth's own state, in folders that only root may
/// enter, encrypted with systemd-creds where the host has it. The name is bound into the encryption: one person's file
/// in the place of another's does not open.</summary>
public sealed class LocalStore(HostPaths paths, Files files, ProcessRunner run)
{
    public const string Folder = ManifestFile.Folder + "/credentials";
    private const string Field = "setup_token";
    private const string Minted = "setup_token_minted";
    private const int RootOnly = 0x180; // 0600

    /// <summary>Whether entries are encrypted at rest: systemd-creds is there and this is the running host.</summary>
    public bool Encrypts { get; } = paths.IsLive && File.Exists("/usr/bin/systemd-creds");

    /// <summary>Changes whenever the entry does: every write makes a new file. Null where there is none.</summary>
    public string? Stamp(string user) =>
        Native.StatPath(paths[Sealed(user)], out var stat) || Native.StatPath(paths[Plain(user)], out stat)
            ? $"{stat.Inode}-{stat.ChangedSeconds}.{stat.ChangedNanoseconds}"
            : null;

    public StoreAnswer Read(string user)
    {
        try
        {
            if (Entry(user) is not { } entry)
                return StoreAnswer.Absent(Reason.NeverSet);
            var version = (long?)entry["version"] ?? 0;
            return (string?)entry[Field] is { } token
                ? StoreAnswer.Of(token, version, (DateTimeOffset?)entry[Minted])
                : StoreAnswer.Absent(Reason.FieldMissing, version);
        }
        catch (Exception unreadable)
            when (unreadable
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or JsonException
                        or InvalidOperationException
                        or FormatException
            )
        {
            return StoreAnswer.Unknown(Reason.Unreadable, unreadable.Message);
        }
    }

    /// <summary>Sets the token; the empty text disables it. Everything else in the entry stays.</summary>
    /// <exception cref="IOException">Not written; the old entry stands.</exception>
    public void Write(string user, string token, DateTimeOffset now)
    {
        var entry = Entry(user) ?? [];
        entry["version"] = ((long?)entry["version"] ?? 0) + 1;
        entry[Field] = token;
        entry[Minted] = now;
        files.MakeFolders(Folder, 0x1C0);
        var text = entry.ToJsonString();
        if (!Encrypts)
        {
            files.WriteState(Plain(user), System.Text.Encoding.UTF8.GetBytes(text), RootOnly);
            return;
        }
        var outcome = run.Run("systemd-creds", ["encrypt", $"--name={Name(user)}", "-", "-"], text);
        if (!outcome.Ok)
            throw new IOException($"cannot encrypt the entry of {user}: {outcome.Said}");
        files.WriteState(Sealed(user), System.Text.Encoding.UTF8.GetBytes(outcome.Stdout), RootOnly);
        files.Remove(Plain(user));
    }

    private JsonObject? Entry(string user)
    {
        if (files.Text(Sealed(user)) is not { } text)
            return files.Text(Plain(user)) is { } plain ? Parse(user, plain) : null;
        var outcome = run.Run("systemd-creds", ["decrypt", $"--name={Name(user)}", "-", "-"], text);
        return outcome.Ok
            ? Parse(user, outcome.Stdout)
            // What it said may hold a piece of what it read: not repeated.
            : throw new InvalidDataException($"systemd-creds cannot decrypt {Sealed(user)} on this host");
    }

    private static JsonObject Parse(string user, string text) =>
        AgentLogin.Parse(text) ?? throw new InvalidDataException($"the entry of {user} is damaged");

    private static string Name(string user) => $"berth-{user}";

    private static string Sealed(string user) => $"{Folder}/{user}.cred";

    private static string Plain(string user) => $"{Folder}/{user}.json";
}
