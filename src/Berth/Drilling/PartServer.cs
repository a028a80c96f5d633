using System.Net;
using System.Net.Sockets;
using Berth.Host;

namespace Berth.Drilling;

/// <summary>The server of a drill's person, in place of the real program: one thread answers one request after the other,
/// and each answer takes and gives back fresh memory, so that a surface that is held back shows as a gap. It answers
/// every ready check that Berth knows.</summary>
internal static class PartServer
{
    public const string Connected = "connected";
    public const string Refused = "refused";
    private const int Working = 1 << 20;
    private const string Body = """{"environmentId":"berth-drill","healthy":true,"status":"ok","version":"drill"}""";

    private static readonly byte[] s_answer = System.Text.Encoding.ASCII.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}"
    );

    /// <param name="address">Where it listens; on port 0 it takes a free one, and says which.</param>
    public static int Serve(IPEndPoint address)
    {
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(address);
        listener.Listen(128);
        if (address.Port == 0)
            Console.Out.WriteLine($"port {((IPEndPoint)listener.LocalEndPoint!).Port}");
        var buffer = new byte[8192];
        while (true)
        {
            using var client = listener.Accept();
            client.ReceiveTimeout = client.SendTimeout = 2000;
            try
            {
                if (client.Receive(buffer) == 0)
                    continue;
                PartMemory.Free(PartMemory.Take(Working));
                client.Send(s_answer);
                client.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // A client that went away is its own affair.
            }
        }
    }

    /// <summary>Takes somebody's port and writes down what arrives there: nothing should.</summary>
    public static int Squat(IPEndPoint address)
    {
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            listener.Bind(address);
        }
        catch (SocketException refused)
        {
            Console.Out.WriteLine($"refused {refused.SocketErrorCode}");
            return ExitCodes.Ok;
        }
        listener.Listen(16);
        Console.Out.WriteLine("listens");
        var buffer = new byte[4096];
        while (true)
        {
            using var client = listener.Accept();
            client.ReceiveTimeout = 3000;
            try
            {
                var got = client.Receive(buffer);
                var line = buffer.AsSpan(0, got);
                line = line[..Math.Max(0, line.IndexOf((byte)'\r'))];
                if (got > 0)
                    Console.Out.WriteLine($"got {System.Text.Encoding.ASCII.GetString(line)}");
            }
            catch (SocketException)
            {
                // Closed without a word: as it should be.
            }
        }
    }

    /// <summary>Connects to somebody's server, as another person would.</summary>
    public static int Knock(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address);
            Console.Out.WriteLine(Connected);
        }
        catch (SocketException failed)
        {
            Console.Out.WriteLine(
                failed.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AccessDenied
                    ? Refused
                    : $"{failed.SocketErrorCode}"
            );
        }
        return ExitCodes.Ok;
    }
}
