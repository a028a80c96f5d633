namespace Berth.Incidents;

/// <summary>A server that ends again and again. It is called a loop when it has ended so often within a window; a long
/// life ends it.</summary>
/// <param name="most">Ends within the window that are one too many.</param>
/// <param name="window">The window.</param>
public sealed class CrashLoop(int most, TimeSpan window)
{
    private readonly Queue<DateTimeOffset> _ends = new();

    public static CrashLoop Usual() => new(5, TimeSpan.FromMinutes(10));

    /// <summary>How often it has ended within the window.</summary>
    public int Count => _ends.Count;

    /// <summary>The server ended and was not told to.</summary>
    /// <returns>Whether that makes it a loop.</returns>
    public bool Ended(DateTimeOffset now)
    {
        Forget(now);
        _ends.Enqueue(now);
        while (_ends.Count > most * 4)
            _ends.Dequeue();
        return _ends.Count >= most;
    }

    /// <summary>Whether it is one now.</summary>
    public bool Goes(DateTimeOffset now)
    {
        Forget(now);
        return _ends.Count >= most;
    }

    public Report Report(string user, string unit, string? cause) =>
        new(
            IncidentKind.CrashLoop,
            user,
            unit,
            $"{user}'s server ended {_ends.Count} times within {Words.Time(window)}"
                + (cause is null ? ", and its log does not say why in words that Berth knows" : $": {cause}"),
            "it goes on",
            cause is null
                ? $"read its log: journalctl -u {unit} -n 100"
                : "remove the cause; the server is then started again",
            [$"unit: {unit}"]
        )
        {
            Lasting = true,
            Count = Math.Max(1, _ends.Count),
        };

    private void Forget(DateTimeOffset now)
    {
        // A clock that was set back makes ends that are still to come: those count as now.
        while (_ends.TryPeek(out var first) && now - first > window)
            _ends.Dequeue();
    }
}

/// <summary>Reads why a server ended out of its last lines.</summary>
public static class CrashCause
{
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
        ("EADDRINUSE", "its port is taken by another process"),
        ("address already in use", "its port is taken by another process"),
        ("EACCES: permission denied", "it may not read or write a file of its own"),
        ("ENOSPC", "its disk is full"),
        ("No space left on device", "its disk is full"),
        ("SQLITE_CORRUPT", "its database is damaged"),
        ("database disk image is malformed", "its database is damaged"),
        ("database is locked", "its database is locked by another process"),
        ("migration failed", "a migration of its database failed"),
        ("Migration failed", "a migration of its database failed"),
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
                if (line.Contains(mark, StringComparison.Ordinal))
                    return says;
            }
        }
        return null;
    }
}
