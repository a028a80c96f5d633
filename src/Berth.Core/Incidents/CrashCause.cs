namespace Berth.Incidents;

/// <summary>Reads why a server ended out of its last lines.</summary>
public static class CrashCause
{
    /// <summary>A cause whose end can be seen: the port is free.</summary>
    public const string PortTaken = "its port is taken by another process";

    private static readonly (string Mark, string Says)[] s_marks =
    [
        (
            "JavaScript heap out of memory",
            "Node ran out of its own heap; raise --max-old-space-size, the cap is not what it reached"
        ),
        (
            "Reached heap limit",
            "Node ran out of its own heap; raise --max-old-space-size, the cap is not what it reached"
        ),
        ("EADDRINUSE", PortTaken),
        ("address already in use", PortTaken),
        ("EACCES: permission denied", "it may not read or write a file of its own"),
        ("ENOSPC", "its disk is full"),
        ("No space left on device", "its disk is full"),
        ("SQLITE_CORRUPT", "its database is damaged"),
        ("database disk image is malformed", "its database is damaged"),
        ("database is locked", "its database is locked by another process"),
        ("migration failed", "a migration of its database failed"),
        ("MigrationError", "a migration of its database failed"),
        ("no such column", "its database is older or newer than the program"),
        ("ERR_REQUIRE_ESM", "its Node.js is too old for it"),
        ("Unsupported engine", "its Node.js is too old for it"),
        ("node: not found", "Node.js is not on its PATH"),
        ("node: No such file or directory", "Node.js is not on its PATH"),
        ("status=203/EXEC", "its program cannot be run: see the command of the server in the roster"),
        ("Cannot find module", "a part of its program is missing; install it anew"),
        ("GLIBC_", "its program was built for a newer system"),
    ];

    /// <param name="lines">The last lines of its log, oldest first.</param>
    /// <returns>Null when none of them says why.</returns>
    public static string? Of(IEnumerable<string> lines)
    {
        foreach (var line in lines.Reverse())
        {
            foreach (var (mark, says) in s_marks)
            {
                if (line.Contains(mark, StringComparison.OrdinalIgnoreCase))
                    return says;
            }
        }
        return null;
    }
}
