using Berth.Rosters;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Looks whether the kernel holds what the files say. A containment that was only written to a file is not
/// in force.</summary>
public static class LiveCaps
{
    /// <summary>One line for each running surface whose cap is not the wanted one, after an apply.</summary>
    public static IReadOnlyList<string> Overridden(Roster roster, Planned after)
    {
        var lines = new List<string>();
        var (facts, surfaces) = (after.Facts, after.Facts.Surfaces);
        foreach (var user in roster.Users)
        {
            if (
                user.Server is { } server
                && surfaces.Servers.TryGetValue(ServerUnits.UnitName(server, user.Name), out var running)
            )
                Compare(lines, ServerUnits.UnitName(server, user.Name), user.Memory.On(facts.Ram), running.Cap);
            if (
                facts.Accounts.TryGetValue(user.Name, out var account)
                && surfaces.Slices.TryGetValue(account.Uid, out var cap)
            )
                Compare(lines, Containment.SessionUnits.SliceName(account.Uid), user.SessionMemory.On(facts.Ram), cap);
        }
        return lines;
    }

    private static void Compare(List<string> lines, string unit, long wanted, long live)
    {
        if (wanted == live)
            return;
        var holds = live == HostFacts.Unlimited ? "no cap" : Size.Show(live);
        lines.Add(
            $"{unit}: the kernel holds {holds} where the roster says {Size.Show(wanted)}; another drop-in overrides it ('systemctl cat {unit}' shows which)"
        );
    }
}
