using Berth.Gateway;
using Berth.Host;

namespace Berth.Planning;

/// <summary>Asks nftables what it has loaded for Berth.</summary>
internal sealed class FirewallReader(HostPaths paths, ProcessRunner run)
{
    /// <param name="asked">Whether there is, or was, something to fence.</param>
    public FirewallFact Read(bool asked)
    {
        if (!File.Exists(paths[Firewall.Program]))
            return new FirewallFact(false, null);
        if (!asked || !paths.IsLive || Native.EffectiveUser() != 0)
            return new FirewallFact(true, null);
        var said = run.Run(Firewall.Program, "-j", "list", "table", "inet", Firewall.Table);
        return new FirewallFact(
            true,
            said.Ok ? LoadedTable.Seen(said.Stdout)
                : said.Stderr.Contains("No such file", StringComparison.Ordinal) ? ""
                : null
        );
    }
}
