using System.Globalization;
using Berth.Host;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>People's accounts by passwd(5), and how open their homes are. Looks at names only, and follows none.</summary>
internal sealed class AccountLook(HostPaths paths, Files files)
{
    private const int LastPerson = 60_000;
    private const int Most = 10_000;

    /// <summary>Folders in which agents keep conversations and logins.</summary>
    private static readonly string[] s_state = [".t3", ".claude", ".codex", ".opencode"];

    private const int ReadableByOthers = 4;

    public IReadOnlyList<AccountSeen> Read() =>
        [
            .. (files.Text("/etc/passwd") ?? "")
                .Split('\n')
                .Select(line => line.Split(':'))
                .Where(fields => fields.Length >= 7)
                .Select(fields =>
                    (
                        Name: fields[0],
                        Home: fields[5],
                        Uid: int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                            ? uid
                            : -1
                    )
                )
                .Where(account => account.Uid is >= Account.FirstPerson and <= LastPerson)
                .Take(Most)
                .Select(account => One(account.Name, account.Uid, account.Home)),
        ];

    private AccountSeen One(string name, int uid, string home)
    {
        if (!home.StartsWith('/') || !Native.StatPath(paths[home], out var stat) || !stat.IsFolder)
            return new AccountSeen(name, uid, home, null, -1, []);
        var open = s_state.Where(state =>
            Native.StatPath(paths[$"{home}/{state}"], out var its) && its.IsFolder && (its.Mode & ReadableByOthers) != 0
        );
        return new AccountSeen(name, uid, home, stat.Mode, (int)stat.Uid, [.. open]);
    }
}
