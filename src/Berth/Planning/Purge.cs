using Berth.Credentials;
using Berth.Host;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Deletes a removed person's account and home after archiving it.</summary>
public sealed class Purge(Preview preview, ProcessRunner run)
{
    public const string Archives = ManifestFile.Folder + "/archive";

    /// <summary>A whole home can take longer than any call to systemctl.</summary>
    private static readonly ProcessRunner s_patient = new(TimeSpan.FromHours(6));

    /// <returns>Null when the person may be purged; else why not, with the next step.</returns>
    public static string? Refusal(string name, Roster roster, Preview preview)
    {
        var manifest = preview.ManifestFile.Read();
        if (roster.Users.FirstOrDefault(user => user.Name == name) is { Removed: false })
            return $"{name} is still in the roster; first 'berth users remove {name}' and 'berth apply'";
        if (!manifest.Accounts.TryGetValue(name, out var account))
            return $"{Names.Shown(name)} is nobody Berth has looked after on this host";
        return account.Locked ? null : $"{name} is not locked yet; 'berth apply' first";
    }

    /// <returns>Where the archive is, or what failed. The account is deleted only after the archive is complete.</returns>
    public (string Archive, string? Failure) Run(string name, DateTimeOffset now)
    {
        if (AccountOf(name) is not { } account)
            return ("", $"there is no account {name} of a person");
        var archive = $"{Archives}/{name}-{now:yyyyMMdd-HHmmss}.tar.gz";
        preview.Files.MakeFolders(Archives, 0x1C0);
        if (Directory.Exists(account.Home) && Archive(account, archive) is { } incomplete)
            return (archive, $"the archive failed, nothing was deleted: {incomplete}");
        return (
            archive,
            Delete(name) is { } kept ? $"the archive is in {archive}, but the account stays: {kept}" : null
        );
    }

    /// <summary>Deletes an account and its home without an archive: one that holds nobody's work.</summary>
    /// <returns>Null when nothing of it is left; else why not.</returns>
    public string? Delete(string name)
    {
        if (AccountOf(name) is { } account)
        {
            Kill(account);
            if (Credentials(name) is { } kept)
                return kept;
            var deleted = s_patient.Run("userdel", "--remove", name);
            // 12: the home could not be removed, because it was gone or belongs to another; the account is deleted.
            if (!deleted.Ok && deleted.ExitCode != 12)
                return deleted.Said;
        }
        var manifest = preview.ManifestFile.Read();
        var accounts = manifest.Accounts.Where(pair => pair.Key != name).ToDictionary(StringComparer.Ordinal);
        preview.ManifestFile.Write(manifest with { Accounts = accounts });
        return null;
    }

    private Account? AccountOf(string name) =>
        new AccountFiles(HostPaths.Live, preview.Files).Read([name], run).TryGetValue(name, out var account)
        && account.Uid >= 1000
            ? account
            : null;

    private void Kill(Account account) => _ = run.Run("pkill", "--signal", "KILL", "--uid", account.Uid.ToString());

    /// <summary>Nothing of theirs runs while the home is packed. Links are archived as links: root reads nothing outside
    /// of the home; holes stay holes.</summary>
    /// <returns>Null when it is complete.</returns>
    private string? Archive(Account account, string archive)
    {
        const int changed = 1;
        for (var attempt = 1; ; attempt++)
        {
            Kill(account);
            var tar = s_patient.Run(
                "tar",
                "--create",
                "--gzip",
                "--sparse",
                "--one-file-system",
                "--file",
                archive,
                "--directory",
                account.Home,
                "."
            );
            if (tar.Ok)
                return null;
            if (tar.ExitCode != changed || attempt == 3)
                return tar.Said;
        }
    }

    /// <summary>Whoever gets this name or uid next gets none of it.</summary>
    /// <returns>Null when all of it is gone.</returns>
    private string? Credentials(string name)
    {
        var (paths, files) = (HostPaths.Live, preview.Files);
        new Deliveries(paths, files).Withdraw(name);
        new LocalStore(paths, files, run).Remove(name);
        new LocalStore(paths, files, run, LocalStore.Copies).Remove(name);
        var tokens = new StoreTokens(paths, files, run);
        if (tokens.Has(name))
        {
            tokens.Remove(name);
            // It is handed its tokens when it starts.
            _ = run.Run("systemctl", "try-restart", CredentialUnits.VaultSync);
            new VaultAnswers(files, CredentialUnits.VaultRuntime, _ => false).Remove(name);
        }
        new TruthFile(files).Remove(name);
        var logins = $"{CredentialUnits.LoginState}/{name}";
        var removed = s_patient.Run("rm", "--recursive", "--force", "--one-file-system", "--", logins);
        return removed.Ok ? null : $"{logins} cannot be removed: {removed.Said}";
    }
}
