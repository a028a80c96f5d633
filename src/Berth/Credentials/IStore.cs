namespace Berth.Credentials;

/// <summary>Where people's tokens live and are set: <see cref="LocalStore"/> or <see cref="VaultStore"/>.</summary>
public interface IStore
{
    StoreAnswer Read(string user);

    /// <summary>Sets the token; the empty text disables it. Whatever else is in the person's entry stays.</summary>
    /// <returns>Null when it was written, else why not.</returns>
    /// <exception cref="IOException">Not written; the old entry stands.</exception>
    StoreAnswer? Write(string user, string token, DateTimeOffset minted);
}

/// <summary>What root delivers from, without a network: the local store itself, or what berth-sync was told by Vault
/// (<see cref="VaultAnswers"/>).</summary>
public interface IAnswers
{
    /// <summary>Changes whenever the answer may have; null where there is none.</summary>
    string? Stamp(string user);

    StoreAnswer Read(string user);
}
