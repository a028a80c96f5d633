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

    public TokenBox(HostPaths paths)
    {
        _paths = paths;
        var files = new Files(paths);
        Store = new LocalStore(paths, files, ProcessRunner.Default);
        Deliveries = new Deliveries(paths, files);
        Truths = new TruthFile(files);
        Sync = new TokenSync(Store, Deliveries, Truths);
        Held = new Lazy<ILookup<int, Holder>>(() => new Holders(paths).ByUid());
        _accounts = new AccountFiles(paths, files).Read([], ProcessRunner.Default);
    }

    public LocalStore Store { get; }
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

    public int? Uid(string user) => _accounts.GetValueOrDefault(user)?.Uid;

    /// <returns>Null when this roster's store can be used, else what is missing.</returns>
    public static string? Missing(Roster roster) =>
        roster.Store switch
        {
            null => "the roster names no store: add 'store: {kind: local}', then 'berth apply'",
            { Kind: "vault" } => "this version keeps tokens in a local store only: write 'store: {kind: local}'",
            _ => null,
        };
}
