using System.Globalization;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>ENV-FILE-OWNER, HOME-OPEN and PRIVATE-TMP: what one person can do to another.</summary>
internal static class Ownership
{
    /// <summary>Others may list, or enter.</summary>
    private const int OpenToOthers = 5;

    public static IEnumerable<Finding> EnvironmentFiles(Landscape host)
    {
        foreach (var file in host.Snapshot.EnvironmentFiles)
        {
            var finding = Finding.Of(
                "ENV-FILE-OWNER",
                file.Unit,
                $"EnvironmentFile={file.Path}; {Kind(file)} belongs to {host.NameOf(file.Owner)}{(file.Writable ? " and others may write to it" : "")}",
                "the service manager reads it as root at each start: a link there hands this unit another person's secrets, and a FIFO there freezes PID 1, and with it every start, login and shutdown of the machine",
                "keep it in a folder of root's below /etc (berth apply: /etc/NAME-serve/USER.env), or hand it over with LoadCredential="
            );
            yield return file.Owner >= Account.FirstPerson || file.Writable
                ? finding
                : finding with
                {
                    Severity = Severity.Warning,
                };
        }
    }

    public static IEnumerable<Finding> Homes(Landscape host)
    {
        foreach (var account in host.Snapshot.Accounts.Where(account => host.IsPersonOfHost(account.Uid)))
        {
            if (account.Mode is not { } mode || (mode & OpenToOthers) == 0)
                continue;
            var open =
                account.OpenState.Count > 0 ? $"; {string.Join(", ", account.OpenState)} in it may be read by all" : "";
            yield return Finding.Of(
                "HOME-OPEN",
                account.Home,
                $"mode {Octal(mode)}{open}",
                $"every account of this host, and every agent of theirs, reads {account.Name}'s conversations and code",
                $"chmod 0700 {Fixes.Word(account.Home)}"
            );
        }
    }

    public static IEnumerable<Finding> SharedTmp(Landscape host)
    {
        var shared = host.Servers.Where(server => !server.PrivateTmp).ToList();
        if (host.Servers.Select(server => server.User).Distinct(StringComparer.Ordinal).Count() < 2)
            yield break;
        foreach (var server in shared)
            yield return Finding.Of(
                "PRIVATE-TMP",
                server.Name,
                "PrivateTmp=no",
                "people's servers share /tmp: agents write fixed names there, which another person's agent reads, or has put there first",
                Fixes.Edit(server.Name, "PrivateTmp=yes")
            );
    }

    private static string Kind(EnvironmentFileSeen file) =>
        file.At == file.Path ? $"that {file.Kind}" : $"the {file.Kind} {file.At}";

    private static string Octal(int mode) =>
        "0" + Convert.ToString(mode, 8).PadLeft(3, '0').ToString(CultureInfo.InvariantCulture);
}
