using Berth.Units;

namespace Berth.Containment;

/// <summary>The unit that reads the servers' programs into memory before anybody's server does. The kernel charges a
/// page of a file to the cgroup that reads it first: without this, the program that all servers share would be charged
/// to whoever starts first, and a hog at that person's cap would evict everybody's code before it dies
/// (docs/adr/0005: gaps of about 1 s, against about 0.1 s with it).</summary>
public static class Preload
{
    public const string Service = "berth-preload.service";

    public static string Path => $"{ServerUnits.SystemFolder}/{Service}";

    /// <summary>Reads a program and, where it is linked dynamically, its libraries. ldd tells a static program apart,
    /// and runs none.</summary>
    private const string Script = "cat \"$$0\" $$(ldd \"$$0\" 2>/dev/null | grep -o '/[^ )]*') >/dev/null";

    /// <param name="programs">Files to read: programs, and scripts with their interpreters.</param>
    public static string Unit(IEnumerable<string> programs)
    {
        var unit = new UnitText()
            .Section("Unit")
            .Set("Description", "Agent servers' programs, in memory and charged to the system")
            .Section("Service")
            .Set("Type", "oneshot")
            .Set("RemainAfterExit", "yes")
            .Set("StandardError", "null");
        foreach (var program in programs.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            unit.Set("ExecStart", $"-/bin/sh -c {UnitText.Quote(Script)} {UnitText.Word(program)}");
        return unit.ToString();
    }
}
