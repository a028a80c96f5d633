using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Berth.Host;

/// <summary>Who is at the other end of a unix socket, by the kernel's word (SO_PEERCRED of unix(7)).</summary>
internal static partial class PeerCredential
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(nint socket, int level, int option, out Credentials value, ref int length);

    /// <returns>The uid; null when the kernel does not say.</returns>
    public static uint? Uid(Socket socket)
    {
        var length = Marshal.SizeOf<Credentials>();
        return
            GetOption(socket.Handle, SocketLevel, PeerCredentials, out var peer, ref length) == 0
            && length == Marshal.SizeOf<Credentials>()
            ? peer.Uid
            : null;
    }

    /// <summary>struct ucred of unix(7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Credentials
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }
}
