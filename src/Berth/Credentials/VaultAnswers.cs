using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>What Vault said about each person: written by berth-sync, which speaks to the network and may write nothing
/// else, read by root, which believes it about tokens alone and looks at every character again.</summary>
/// <param name="files">The files.</param>
/// <param name="folder">berth-sync's runtime folder, which only it and root may enter.</param>
/// <param name="isConnected">Whether a person has a store token on this host.</param>
public sealed class VaultAnswers(Files files, string folder, Func<string, bool> isConnected) : IAnswers
{
    private const int Largest = 16 << 10;
    private const int OwnerOnly = 0x180; // 0600

    public string? Stamp(string user) => files.Stamp(Path(user));

    public StoreAnswer Read(string user)
    {
        if (!isConnected(user))
            return StoreAnswer.Unknown(Reason.NotConnected);
        if (files.Untrusted(Path(user), Largest) is not { } text)
            return StoreAnswer.Unknown(Reason.NotAsked);
        try
        {
            return JsonSerializer.Deserialize(text, AnswerContext.Default.StoreAnswer) switch
            {
                null => StoreAnswer.Unknown(Reason.Unreadable),
                { Verdict: Verdict.Present } present => StoreAnswer.Of(
                    present.Token ?? "?",
                    present.Version,
                    present.MintedAt
                ),
                var other => new StoreAnswer(
                    other.Verdict,
                    other.Reason,
                    other.Version,
                    Detail: other.Detail is { } detail ? Holders.Plain(detail) : null,
                    Proofs: Math.Clamp(other.Proofs, 1, 2)
                ),
            };
        }
        catch (JsonException)
        {
            return StoreAnswer.Unknown(Reason.Unreadable);
        }
    }

    /// <summary>Berth-sync's side.</summary>
    public void Write(string user, StoreAnswer answer) =>
        files.WriteState(
            Path(user),
            JsonSerializer.SerializeToUtf8Bytes(answer, AnswerContext.Default.StoreAnswer),
            OwnerOnly
        );

    /// <summary>Tells root that there is something to deliver. A file that is there until it is dealt with, so that a
    /// word spoken while root is at work is not lost.</summary>
    public void Tell() => files.WriteState(Changed, [], OwnerOnly);

    /// <summary>What was answered about somebody who is not asked about any more.</summary>
    public void Remove(string user) => files.Remove(Path(user));

    /// <summary>The people about whom something was answered.</summary>
    public IEnumerable<string> People() => files.Names($"{folder}/answers").Select(name => name.Split('.')[0]);

    private string Changed => $"{folder}/changed";

    private string Path(string user) => $"{folder}/answers/{user}.json";
}

[JsonSerializable(typeof(StoreAnswer))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true
)]
internal sealed partial class AnswerContext : JsonSerializerContext;
