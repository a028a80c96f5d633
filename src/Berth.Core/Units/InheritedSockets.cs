using System.Globalization;

namespace Berth.Units;

/// <summary>Listening sockets that the service manager opened and handed over (sd_listen_fds(3)): a restart of the
/// gateway refuses nobody, and a privileged port needs no privilege.</summary>
public static class InheritedSockets
{
    private const int First = 3; // SD_LISTEN_FDS_START

    /// <param name="own">Id of this process.</param>
    /// <param name="pid">LISTEN_PID.</param>
    /// <param name="count">LISTEN_FDS.</param>
    /// <param name="names">LISTEN_FDNAMES.</param>
    /// <returns>Name and descriptor of each; none when they were meant for another process.</returns>
    public static IReadOnlyList<(string Name, int Descriptor)> Parse(int own, string? pid, string? count, string? names)
    {
        if (
            !int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var meant)
            || meant != own
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > 64
        )
            return [];
        var given = names?.Split(':') ?? [];
        return
        [
            .. Enumerable
                .Range(0, number)
                .Select(index => (index < given.Length ? given[index] : "unknown", First + index)),
        ];
    }
}
