using Berth.Host;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Reads passwd(5), group(5) and shadow(5).</summary>
internal sealed class AccountFiles(HostPaths paths, Files files)
{
    private readonly Dictionary<string, string> _groupNames = new(StringComparer.Ordinal);

    /// <summary>Members of each group, primary membership not counted.</summary>
    public Dictionary<string, IReadOnlySet<string>> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Accounts by name, and those of <paramref name="wanted"/> that only a directory service knows.</summary>
    public Dictionary<string, Account> Read(IEnumerable<string> wanted, ProcessRunner run)
    {
        foreach (var line in Lines("/etc/group"))
        {
            if (line.Split(':') is [var name, _, var gid, var members, ..])
            {
                _groupNames[gid] = name;
                Groups[name] = members
                    .Split(',', StringSplitOptions.RemoveEmptyEntries)
                    .ToHashSet(StringComparer.Ordinal);
            }
        }
        var expired = Expired();
        var accounts = new Dictionary<string, Account>(StringComparer.Ordinal);
        foreach (var line in Lines("/etc/passwd"))
            Add(accounts, line, expired);
        var missing = wanted.Where(name => !accounts.ContainsKey(name)).ToArray();
        if (missing.Length > 0 && paths.IsLive && NamesElsewhere())
        {
            foreach (var line in run.Run("getent", ["passwd", .. missing]).Stdout.Split('\n'))
                Add(accounts, line, expired);
        }
        return accounts;
    }

    /// <summary>Gids by name.</summary>
    public Dictionary<string, int> GroupIds()
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in Lines("/etc/group"))
            if (line.Split(':') is [var name, _, var id, ..] && int.TryParse(id, out var gid))
                ids.TryAdd(name, gid);
        return ids;
    }

    private void Add(Dictionary<string, Account> accounts, string line, Dictionary<string, bool>? expired)
    {
        if (
            line.Split(':') is not [var name, _, var id, var gid, _, var home, var shell]
            || !int.TryParse(id, out var uid)
        )
            return;
        bool? locked = expired is null ? null : expired.GetValueOrDefault(name);
        accounts.TryAdd(name, new Account(name, uid, _groupNames.GetValueOrDefault(gid, gid), home, shell, locked));
    }

    /// <summary>Whether an expiry date has passed, by name; null when shadow(5) may not be read.</summary>
    private Dictionary<string, bool>? Expired()
    {
        try
        {
            var today = (long)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays;
            return Lines("/etc/shadow")
                .Select(line => line.Split(':'))
                .Where(fields => fields.Length > 7)
                .ToDictionary(
                    fields => fields[0],
                    fields => long.TryParse(fields[7], out var day) && day <= today,
                    StringComparer.Ordinal
                );
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether accounts come from anywhere but the files, so that asking getent(1) can find more.</summary>
    private bool NamesElsewhere() =>
        Lines("/etc/nsswitch.conf")
            .Where(line => line.StartsWith("passwd:", StringComparison.Ordinal))
            .SelectMany(line => line["passwd:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(source => source is not ("files" or "systemd" or "compat"));

    private string[] Lines(string path) => files.Text(path)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
