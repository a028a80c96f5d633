using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Berth.Units;

namespace Berth.Host;

/// <summary>What systemd hands to a service and wants to hear from it: sd_listen_fds(3), sd_notify(3),
/// sd_watchdog_enabled(3).</summary>
internal static partial class ServiceManager
{
    private const int SetFlags = 2; // F_SETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    /// <summary>The sockets that systemd opened for this process, by name.</summary>
    public static IReadOnlyList<(string Name, int Descriptor)> Inherited()
    {
        var handed = InheritedSockets.Parse(
            Environment.ProcessId,
            Environment.GetEnvironmentVariable("LISTEN_PID"),
            Environment.GetEnvironmentVariable("LISTEN_FDS"),
            Environment.GetEnvironmentVariable("LISTEN_FDNAMES")
        );
        // A command that this process runs has no business with them.
        return [.. handed.Where(socket => Control(socket.Descriptor, SetFlags, CloseOnExec) >= 0)];
    }

    /// <summary>How often systemd wants to hear that all is well; null where it does not ask.</summary>
    public static TimeSpan? Watchdog() =>
        Number("WATCHDOG_USEC") is { } microseconds and > 0 ? TimeSpan.FromMicroseconds(microseconds) : null;

    /// <summary>Tells systemd a state, such as <c>READY=1</c>; nothing happens where nobody listens.</summary>
    public static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path)
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            // An abstract address is written with an @ for its zero byte.
            socket.SendTo(
                Encoding.UTF8.GetBytes(state),
                new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path)
            );
        }
        catch (SocketException)
        {
            // It will see by the watchdog, or not at all, that nothing came.
        }
    }

    private static long? Number(string name) =>
        long.TryParse(
            Environment.GetEnvironmentVariable(name),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : null;
}
