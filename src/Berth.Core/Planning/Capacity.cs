using Berth.Rosters;

namespace Berth.Planning;

/// <summary>One cap in the sum.</summary>
/// <param name="Kind"><c>server</c>, <c>sessions</c> or <c>containers</c>.</param>
/// <param name="Owner">User name; <c>host</c> for the containers.</param>
public sealed record CapacityRow(string Kind, string Owner, long Cap);

/// <summary>The arithmetic of a plan: every cap that can be reached at once, and the reserve, against the RAM.</summary>
/// <param name="Ram">MemTotal in bytes.</param>
/// <param name="Reserve">Memory kept for the system, in bytes.</param>
/// <param name="Rows">Every cap, largest first.</param>
/// <param name="Backstop">Whether earlyoom stands behind the caps.</param>
public sealed record Capacity(long Ram, long Reserve, IReadOnlyList<CapacityRow> Rows, bool Backstop)
{
    public long Caps { get; } = Rows.Sum(row => row.Cap);

    /// <summary>Caps and reserve as a share of the RAM: above 1 the box is over-committed.</summary>
    public double Ratio => (Caps + Reserve) / (double)Ram;

    public bool Overcommitted => Caps + Reserve > Ram;

    /// <summary>Caps so near the RAM that the kernel runs out of memory before they bind.</summary>
    public IEnumerable<CapacityRow> NeverBinding => Rows.Where(row => row.Cap > Ram - Reserve);

    public static Capacity Of(Roster roster, HostFacts facts)
    {
        var rows = new List<CapacityRow>();
        foreach (var user in roster.Users.Where(user => !user.Removed))
        {
            if (user.Serves)
                rows.Add(new CapacityRow("server", user.Name, user.Memory.On(facts.Ram)));
            rows.Add(new CapacityRow("sessions", user.Name, user.SessionMemory.On(facts.Ram)));
        }
        if (facts.Docker)
            rows.Add(new CapacityRow("containers", "host", DesiredFiles.ContainerCap(roster.Host, facts.Ram)));
        rows.Sort((a, b) => b.Cap.CompareTo(a.Cap) is var by and not 0 ? by : string.CompareOrdinal(a.Owner, b.Owner));
        return new Capacity(
            facts.Ram,
            DesiredFiles.Reserve(roster.Host, facts.Ram),
            rows,
            roster.Host.Backstop && facts.Earlyoom is not null
        );
    }

    /// <summary>What happens when everybody runs to their caps at once, in a sentence or two.</summary>
    public string WorstCase()
    {
        if (Rows.Count == 0)
            return "Nobody has a cap to reach.";
        if (!Overcommitted)
            return "Worst case: every surface at its cap at once still leaves the reserve free; each runaway dies at its own cap and nobody else does.";
        var missing = Size.Show(Caps + Reserve - Ram);
        var first = string.Join(", ", Rows.Take(3).Select(row => $"{row.Owner}'s {row.Kind} ({Size.Show(row.Cap)})"));
        return Backstop
            ? $"Worst case: with every surface at its cap the box is short of {missing}; before that, at half of the reserve, earlyoom ends the process with the most resident memory, most likely in {first}."
            : $"Worst case: with every surface at its cap the box is short of {missing}, and without earlyoom the kernel picks the victim, most likely in {first}.";
    }
}
