using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Doubles;

/// <summary>An agent server in miniature: one thread answers one request after the other, as Node's event loop does,
/// and every answer to <c>/work</c> takes and frees fresh memory, so that a throttled cgroup shows as a gap.</summary>
internal static class Server
{
    private const nint Working = 8 << 20;

    /// <summary>How it has been wounded: <c>POST /wound?NAME</c>.</summary>
    private static string s_wound = "";

    /// <summary>Connections that will never be answered stay open.</summary>
    private static readonly List<Socket> s_muted = [];

    public static int Run(string host, int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Parse(host), port));
        listener.Listen(128);
        Console.WriteLine($"standin of uid {Memory.User()} listens on {host}:{port}");
        while (true)
        {
            if (s_wound is "closed")
            {
                listener.Close();
                Thread.Sleep(Timeout.Infinite);
            }
            // The event loop spins, and takes nothing any more.
            while (s_wound is "spin") { }
            if (s_wound is "mute")
            {
                s_muted.Add(listener.Accept());
                continue;
            }
            using var client = listener.Accept();
            client.ReceiveTimeout = 2000;
            try
            {
                Answer(client, port);
            }
            catch (SocketException)
            {
                // A client that went away is its own affair.
            }
        }
    }

    private static void Answer(Socket client, int port)
    {
        var buffer = new byte[8192];
        var length = 0;
        int end;
        while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = client.Receive(buffer.AsSpan(length));
            if (read == 0)
                return;
            length += read;
        }
        var line = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan(0, length).IndexOf("\r\n"u8)).Split(' ');
        var (status, body) = (line[0], line[1]) switch
        {
            ("POST", var path) when path.StartsWith("/wound?", StringComparison.Ordinal) => (
                200,
                $"{{\"wound\":\"{s_wound = path["/wound?".Length..]}\"}}"
            ),
            ("GET", "/ready") when s_wound is "wrong" => (500, "{}"),
            ("GET", "/ready") when s_wound is "late" => Late(),
            ("GET", "/ready") => (
                200,
                $"{{\"standin\":true,\"pid\":{Environment.ProcessId},\"uid\":{Memory.User()},\"port\":{port}}}"
            ),
            ("GET", "/work") => (200, Work()),
            ("POST", var path) when path.StartsWith("/spawn?", StringComparison.Ordinal) => (
                200,
                Spawn(Uri.UnescapeDataString(path["/spawn?".Length..]))
            ),
            _ => (404, "{}"),
        };
        client.Send(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"
            )
        );
        client.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Busy: what it answers is right and takes a while.</summary>
    private static (int, string) Late()
    {
        Thread.Sleep(5_000);
        return (200, "{}");
    }

    private static string Work()
    {
        Memory.Free(Memory.Take(Working), Working);
        return "{\"done\":true}";
    }

    /// <summary>Starts a shell command as a child of this server: in its unit, in its cgroup.</summary>
    private static string Spawn(string command)
    {
        var child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { UseShellExecute = false })!;
        return $"{{\"pid\":{child.Id}}}";
    }
}
