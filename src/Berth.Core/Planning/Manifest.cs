namespace Berth.Planning;

/// <summary>What Berth made on this host, so that it can recognise its own work, show drift, and take it away again.
/// Kept at <c>/var/lib/berth/manifest.json</c>; holds no secret.</summary>
/// <param name="Files">Every file Berth wrote, by path.</param>
/// <param name="Folders">Folders Berth made; removed with the last file in them.</param>
/// <param name="Ports">Sticky ports by <see cref="PortAllocator.Key"/>.</param>
/// <param name="Accounts">Users Berth has looked after, by name.</param>
/// <param name="Launched">By unit: hash of what a running server was started with.</param>
/// <param name="Unfinished">An apply began and has not ended: activation is repeated.</param>
public sealed record Manifest(
    IReadOnlyDictionary<string, ManagedFile> Files,
    IReadOnlyList<string> Folders,
    IReadOnlyDictionary<string, int> Ports,
    IReadOnlyDictionary<string, ManagedAccount> Accounts,
    IReadOnlyDictionary<string, string> Launched,
    bool Unfinished
)
{
    /// <summary>System accounts that Berth made.</summary>
    public IReadOnlyList<string> SystemAccounts { get; init; } = [];

    public static Manifest Empty { get; } =
        new(
            new Dictionary<string, ManagedFile>(StringComparer.Ordinal),
            [],
            new Dictionary<string, int>(StringComparer.Ordinal),
            new Dictionary<string, ManagedAccount>(StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal),
            false
        );

    public bool IsEmpty => Files.Count == 0 && Accounts.Count == 0 && SystemAccounts.Count == 0 && !Unfinished;
}

/// <param name="Kind">How the path is kept.</param>
/// <param name="Hashes">Hash of what Berth wrote: one, or two while an apply is under way.</param>
/// <param name="Original">Whether a copy of what stood there before is kept, to be put back by uninstall.</param>
/// <param name="User">Whose it is; null for the host's.</param>
public sealed record ManagedFile(FileKind Kind, IReadOnlyList<string> Hashes, bool Original, string? User);

/// <param name="Created">Berth made this account.</param>
/// <param name="Locked">Berth locked it by an expiry date.</param>
public sealed record ManagedAccount(bool Created, bool Locked);
