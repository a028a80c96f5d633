using System.Net.Sockets;
using Berth.Host;

namespace Berth.Control;

/// <summary>Where the daemon is asked: <c>/run/berth/control.sock</c>. systemd opens it, so that no request is refused
/// while the daemon starts again; by hand the daemon opens it itself.</summary>
internal static class ControlSocket
{
    public const string Path = "/run/berth/control.sock";
    private const int Waiting = 128;

    public static Socket Open(HostPaths paths)
    {
        if (ServiceManager.Inherited() is [var first, ..])
            return new Socket(new SafeSocketHandle(first.Descriptor, ownsHandle: true));
        var path = paths[Path];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        _ = Native.Unlink(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        // Everybody may connect: who it is, the kernel says.
        File.SetUnixFileMode(
            path,
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupWrite
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherWrite
        );
        socket.Listen(Waiting);
        return socket;
    }
}
