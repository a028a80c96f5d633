using Berth.Host;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Credentials;

/// <summary>Vault or OpenBao, as a verb on the command line uses it: with each person's own scoped token.</summary>
public sealed class VaultStore(StoreSettings settings, StoreTokens tokens) : IStore
{
    public StoreAnswer Read(string user) =>
        tokens.Read(user) is { } own
            ? Ask(client => client.ReadAsync(user, own, CancellationToken.None)).Answer
            : StoreAnswer.Unknown(Reason.NotConnected);

    public StoreAnswer? Write(string user, string token, DateTimeOffset minted) =>
        tokens.Read(user) is { } own
            ? Ask(client => client.WriteAsync(user, own, token, minted, CancellationToken.None))
            : StoreAnswer.Unknown(Reason.NotConnected);

    private T Ask<T>(Func<VaultClient, Task<T>> ask)
    {
        using var http = new VaultHttp(settings);
        return ask(new VaultClient(settings, Environment.MachineName, http)).GetAwaiter().GetResult();
    }
}

/// <summary>Each person's scoped store token on this host, sealed. The file's name is what the service manager binds
/// the credential to when it hands the folder to berth-sync.</summary>
public sealed class StoreTokens(HostPaths paths, Files files, ProcessRunner run)
{
    private const string Credential = CredentialUnits.StoreCredential;

    private readonly Seal _seal = new(
        paths,
        files,
        run,
        CredentialUnits.StoreTokens,
        user => $"{Credential}_{user}.cred"
    );

    public bool Has(string user) => _seal.Stamp(user) is not null;

    public string? Read(string user) => _seal.Read(user);

    public void Write(string user, string token) => _seal.Write(user, token);

    public void Remove(string user) => _seal.Remove(user);

    /// <summary>Takes aside what does not open on this host (it was restored from another one): one such file, and the
    /// service manager starts nobody's sync.</summary>
    /// <returns>The people whose it was.</returns>
    public IReadOnlyList<string> TakeBrokenAside()
    {
        var sealedFiles = files
            .Names(CredentialUnits.StoreTokens)
            .Where(name => name.EndsWith(".cred", StringComparison.Ordinal))
            .ToList();
        var broken = sealedFiles.Where(name => TryRead(Path.GetFileNameWithoutExtension(name)) is null).ToList();
        // Where none opens it is not the files that are broken.
        if (broken.Count == sealedFiles.Count)
            return [];
        foreach (var name in broken)
        {
            files.MakeFolders(Aside, 0x1C0);
            File.Move(paths[$"{CredentialUnits.StoreTokens}/{name}"], Path.Join(paths[Aside], name), overwrite: true);
        }
        return [.. broken.Select(name => Path.GetFileNameWithoutExtension(name))];
    }

    private const string Aside = CredentialUnits.StoreTokens + "-broken";

    /// <returns>Null where there is none, or none that opens on this host.</returns>
    public string? TryRead(string user)
    {
        try
        {
            return Read(user);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>What the service manager made of the folder for berth-sync: by person, the token.</summary>
    /// <param name="folder">Its <c>CREDENTIALS_DIRECTORY</c>.</param>
    public static Dictionary<string, string> Handed(string folder)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, $"{Credential}_*"))
        {
            var name = Path.GetFileNameWithoutExtension(path)[(Credential.Length + 1)..];
            if (Names.WrongUser(name) is null)
                tokens[name] = File.ReadAllText(path).Trim();
        }
        return tokens;
    }
}
