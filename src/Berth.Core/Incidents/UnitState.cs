namespace Berth.Incidents;

/// <summary>What <c>systemctl show</c> says of a unit, in one line.</summary>
public static class UnitState
{
    /// <param name="unit">The unit.</param>
    /// <param name="properties">ActiveState, SubState, Result and NRestarts as <c>systemctl show</c> prints them.</param>
    /// <returns>Null when it says nothing.</returns>
    public static string? Says(string unit, string properties)
    {
        var values = properties
            .Split('\n')
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0])
            .ToDictionary(group => group.Key, group => group.Last()[1].Trim(), StringComparer.Ordinal);
        if (!values.TryGetValue("ActiveState", out var active) || active.Length == 0)
            return null;
        var result = values.GetValueOrDefault("Result") switch
        {
            null or "" or "success" => "",
            "oom-kill" => ", because a process of it was killed for memory (OOMPolicy=stop)",
            var other => $", result {other}",
        };
        var restarts =
            int.TryParse(values.GetValueOrDefault("NRestarts"), out var count) && count > 0
                ? $", restarted {Words.Count(count, "time")} since it was started"
                : "";
        return $"systemd: {unit} is {active} ({values.GetValueOrDefault("SubState")}){result}{restarts}";
    }
}
