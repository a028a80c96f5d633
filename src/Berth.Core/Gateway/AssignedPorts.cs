namespace Berth.Gateway;

/// <summary>The ports that are somebody's: nobody else's session may listen there.</summary>
public static class AssignedPorts
{
    /// <summary>systemd takes at most 128 such rules for a unit.</summary>
    private const int MostRules = 100;

    /// <summary>The values of <c>SocketBindDeny=</c> that cover every port, as few as there are runs of neighbours. Where
    /// those would be too many, the smallest gaps between them are denied as well.</summary>
    public static IReadOnlyList<string> Rules(IEnumerable<int> ports)
    {
        var runs = new List<(int First, int Last)>();
        foreach (var port in ports.Distinct().Order())
        {
            if (runs.Count > 0 && runs[^1].Last == port - 1)
                runs[^1] = (runs[^1].First, port);
            else
                runs.Add((port, port));
        }
        if (runs.Count > MostRules)
            Join(runs);
        return [.. runs.Select(run => run.First == run.Last ? $"tcp:{run.First}" : $"tcp:{run.First}-{run.Last}")];
    }

    private static void Join(List<(int First, int Last)> runs)
    {
        var gaps = Enumerable
            .Range(0, runs.Count - 1)
            .OrderBy(index => runs[index + 1].First - runs[index].Last)
            .Take(runs.Count - MostRules)
            .OrderDescending()
            .ToList();
        foreach (var index in gaps)
        {
            runs[index] = (runs[index].First, runs[index + 1].Last);
            runs.RemoveAt(index + 1);
        }
    }
}
