using System.Buffers;

namespace Berth.Doctoring;

/// <summary>Commands that set things right. A person copies them to a shell, often root's: names in them are quoted, and a
/// unit is only what the service manager made, never a cgroup that somebody called so.</summary>
public static class Fixes
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-"
    );

    /// <summary>Sets a property of the unit whose cgroup this is, live and for good.</summary>
    public static string Set(string cgroup, string property) =>
        UnitOf(cgroup) switch
        {
            ({ } unit, true) => $"as the person: systemctl --user set-property {Argument(unit)} {property}",
            ({ } unit, false) => $"systemctl set-property {Argument(unit)} {property}",
            _ => $"in the cgroup {cgroup}, by what made it: {property}",
        };

    /// <summary>A directive that a running unit takes only from its file.</summary>
    public static string Edit(string unit, string directive) =>
        $"systemctl edit {Argument(unit)}, [{(unit.EndsWith(".scope", StringComparison.Ordinal) ? "Scope" : "Service")}] {directive}; then systemctl restart {Argument(unit)} when nobody works in it";

    /// <summary>Writes to a file of a cgroup.</summary>
    public static string Write(string cgroup, string file, int value) =>
        $"echo {value} > {Word($"/sys/fs/cgroup/{cgroup}/{file}")}";

    /// <summary>A name as one word of a shell.</summary>
    public static string Word(string name) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_plain)
            ? name
            : $"'{name.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The unit whose own cgroup this is, and whether it is a person's manager's; null for a cgroup that something
    /// within a unit made.</summary>
    public static (string? Unit, bool Personal) UnitOf(string cgroup)
    {
        var parts = cgroup.Split('/');
        var at = FirstOther(parts, 0);
        var personal = at < parts.Length - 1 && IsManager(parts[at]);
        if (personal)
            at = FirstOther(parts, at + 1);
        return at == parts.Length - 1 && IsUnit(parts[at]) ? (parts[at], personal) : (null, false);
    }

    /// <summary>Slices hold slices; the first that is none is a unit, or the last slice itself.</summary>
    private static int FirstOther(string[] parts, int from)
    {
        while (from < parts.Length - 1 && parts[from].EndsWith(".slice", StringComparison.Ordinal))
            from++;
        return from;
    }

    private static bool IsManager(string name) =>
        name.StartsWith("user@", StringComparison.Ordinal) && name.EndsWith(".service", StringComparison.Ordinal);

    /// <summary>A name that begins with a dash, such as that of the topmost slice, is no option.</summary>
    private static string Argument(string unit) => unit.StartsWith('-') ? $"-- {Word(unit)}" : Word(unit);

    private static bool IsUnit(string name) =>
        name.EndsWith(".service", StringComparison.Ordinal)
        || name.EndsWith(".slice", StringComparison.Ordinal)
        || name.EndsWith(".scope", StringComparison.Ordinal);
}
