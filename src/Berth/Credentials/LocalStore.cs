using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Host;
using Berth.Planning;

namespace Berth.Credentials;

/// <summary>The embedded store: one sealed entry for each person below Berth's own state, in folders that only root may
/// enter.</summary>
public sealed class LocalStore(HostPaths paths, Files files, ProcessRunner run, string folder = LocalStore.Folder)
    : IStore,
        IAnswers
{
    public const string Folder = ManifestFile.Folder + "/credentials";

    /// <summary>Where a token of Vault's is kept for the time that Vault is away.</summary>
    public const string Copies = ManifestFile.Folder + "/copies";

    private readonly Seal _seal = new(paths, files, run, folder, user => $"berth-{user}");

    public string? Stamp(string user) => _seal.Stamp(user);

    public StoreAnswer Read(string user)
    {
        try
        {
            if (Entry(user) is not { } entry)
                return StoreAnswer.Absent(Reason.NeverSet);
            var version = (long?)entry["version"] ?? 0;
            return (string?)entry[VaultAnswer.Field] is { } token
                ? StoreAnswer.Of(token, version, (DateTimeOffset?)entry[VaultAnswer.MintedField])
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

    public StoreAnswer? Write(string user, string token, DateTimeOffset minted)
    {
        var entry = Entry(user) ?? [];
        entry["version"] = ((long?)entry["version"] ?? 0) + 1;
        entry[VaultAnswer.Field] = token;
        entry[VaultAnswer.MintedField] = minted;
        _seal.Write(user, entry.ToJsonString());
        return null;
    }

    public void Remove(string user) => _seal.Remove(user);

    private JsonObject? Entry(string user) =>
        _seal.Read(user) is { } text
            ? AgentLogin.Parse(text) ?? throw new InvalidDataException($"the entry of {user} is damaged")
            : null;
}
