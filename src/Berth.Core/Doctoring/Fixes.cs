namespace Berth.Doctoring;

/// <summary>Commands that set things right.</summary>
internal static class Fixes
{
    /// <summary>Sets a property of the unit whose cgroup this is, live and for good.</summary>
    public static string Set(string cgroup, string property)
    {
        var manager = cgroup.Split('/').FirstOrDefault(part => part.StartsWith("user@", StringComparison.Ordinal));
        var unit = cgroup[(cgroup.LastIndexOf('/') + 1)..];
        // What a person's own service manager made; it is asked through that manager.
        if (manager is not null && unit != manager)
            return $"as the person: systemctl --user set-property {unit} {property}";
        return IsUnit(unit)
            ? $"systemctl set-property {unit} {property}"
            : $"in the unit that made {cgroup}: {property}";
    }

    /// <summary>A directive that a running unit takes only from its file.</summary>
    public static string Edit(string unit, string directive) =>
        $"systemctl edit {unit}, [{(unit.EndsWith(".scope", StringComparison.Ordinal) ? "Scope" : "Service")}] {directive}; then systemctl restart {unit} when nobody works in it";

    private static bool IsUnit(string name) =>
        name.EndsWith(".service", StringComparison.Ordinal)
        || name.EndsWith(".slice", StringComparison.Ordinal)
        || name.EndsWith(".scope", StringComparison.Ordinal);
}
