using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Credentials;

/// <summary>What the token verbs work with on one host.</summary>
public sealed class TokenBox
{
    private readonly HostPaths _paths;
    private readonly Dictionary<string, Account> _accounts;
    private readonly Lazy<Manifest> _manifest;

    /// <param name="paths">The host.</param>
    /// <param name="store">The roster's store.</param>
    public TokenBox(HostPaths paths, StoreSettings store)
    {
        _paths = paths;
        var files = new Files(paths);
        var run = ProcessRunner.Default;
        Tokens = new StoreTokens(paths, files, run);
        Deliveries = new Deliveries(paths, files);
        Truths = new TruthFile(files);
        if (store.Kind is "vault")
        {
            Vault = new VaultAnswers(files, CredentialUnits.VaultRuntime, Tokens.Has);
            Store = new VaultStore(store, Tokens);
            Sync = new TokenSync(Vault, Deliveries, Truths, new LocalStore(paths, files, run, LocalStore.Copies));
        }
        else
        {
            var local = new LocalStore(paths, files, run);
            Store = local;
            Sync = new TokenSync(local, Deliveries, Truths);
        }
        Held = new Lazy<ILookup<int, Holder>>(() => new Holders(paths).ByUid());
        _accounts = new AccountFiles(paths, files).Read([], run);
        _manifest = new Lazy<Manifest>(() => new ManifestFile(files).Read());
    }

    public IStore Store { get; }

    /// <summary>What berth-sync was told; null for a local store.</summary>
    public VaultAnswers? Vault { get; }

    public StoreTokens Tokens { get; }
    public Deliveries Deliveries { get; }
    public TruthFile Truths { get; }
    public TokenSync Sync { get; }
    public Lazy<ILookup<int, Holder>> Held { get; }

    /// <returns>The person's running server unit in which no process has this generation; null for none.</returns>
    public string? ServerWithout(string user, int uid, int generation)
    {
        var folder = _paths[$"{SurfaceReader.Tree}/{ServerUnits.SliceFolder}"];
        if (!Directory.Exists(folder))
            return null;
        return Directory
            .EnumerateDirectories(folder, $"*-serve@{user}.service")
            .Select(path => Path.GetFileName(path))
            .FirstOrDefault(unit =>
                !Held.Value[uid].Any(holder => holder.Unit == unit && holder.Generation == generation)
            );
    }

    /// <summary>Whether the last apply served this person.</summary>
    public bool IsApplied(string user) => _manifest.Value.Files.ContainsKey(CredentialUnits.LoginWantsPath(user));

    public int? Uid(string user) => _accounts.GetValueOrDefault(user)?.Uid;

    /// <summary>Why a verb that needs a store has none.</summary>
    public const string Missing = "the roster names no store: add 'store: {kind: local}', then 'berth apply'";
}
