using Berth.Planning;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Containment;

/// <summary>The two cgroups below a server's unit: <c>server</c> with the server's own process, <c>agents</c> with whatever
/// it starts, capped a little below the unit. A hog among the agents then reaches the agents' cap and not the unit's, and
/// the kernel looks for its victim among the agents alone. Without it the server may be killed with the hog: while a
/// killed process is still giving its memory back it is no longer seen as a victim, and whoever allocates in that moment
/// makes the kernel choose a second one (docs/adr/0009: 3 of 12 hogs took their server along).</summary>
public static class AgentCgroup
{
    public const string Server = "server";
    public const string Agents = "agents";

    private const long LeastRoom = 32L << 20;
    private const long MostRoom = 512L << 20;

    /// <summary>What is kept for the server itself: a sixteenth of the unit's cap, 32 MiB to 512 MiB, and never more than
    /// a quarter of it.</summary>
    public static long Room(long cap) => Math.Min(Math.Clamp(cap / 16, LeastRoom, MostRoom), cap / 4);

    /// <summary>Cap of the agents, in bytes, in whole pages.</summary>
    public static long Cap(long unit) =>
        unit == HostFacts.Unlimited ? HostFacts.Unlimited : (unit - Room(unit)) / Size.Page * Size.Page;

    /// <summary>The server unit in a line of <c>/proc/PID/cgroup</c>; null when the process is in none.</summary>
    /// <param name="cgroup">The file's text.</param>
    public static string? UnitOf(ReadOnlySpan<char> cgroup)
    {
        const string prefix = "0::/" + ServerUnits.SliceFolder + "/";
        if (!cgroup.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var rest = cgroup[prefix.Length..].Trim();
        var slash = rest.IndexOf('/');
        var unit = slash < 0 ? rest : rest[..slash];
        // What else runs in the slice for a moment (a pairing command) is no server.
        return
            unit.EndsWith(".service", StringComparison.Ordinal)
            && unit.Contains(ServerUnits.InstanceMark, StringComparison.Ordinal)
            ? unit.ToString()
            : null;
    }
}
