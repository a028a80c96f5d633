using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Doubles;

/// <summary>Whoever is told of incidents: writes down what is posted, one line each, and answers 200; 500 while a file
/// beside its log, with .ill at its end, is there.</summary>
internal static class Receiver
{
    /// <param name="port">Loopback port.</param>
    /// <param name="log">File that gets a line for each post: status, path, and the body without line breaks.</param>
    public static int Run(int port, string log)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(16);
        while (true)
        {
            using var client = listener.Accept();
            using var stream = new NetworkStream(client);
            try
            {
                Take(stream, log);
            }
            catch (IOException)
            {
                // Gone in the middle: it comes again.
            }
        }
    }

    private static void Take(NetworkStream stream, string log)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var path = reader.ReadLine()?.Split(' ').ElementAtOrDefault(1);
        var length = 0;
        while (reader.ReadLine() is { Length: > 0 } line)
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line["Content-Length:".Length..]);
        var body = new StringBuilder();
        while (Encoding.UTF8.GetByteCount(body.ToString()) < length && reader.Read() is >= 0 and var letter)
            body.Append((char)letter);
        var status = File.Exists(log + ".ill") ? 500 : 200;
        File.AppendAllText(log, $"{status} {path} {body.Replace('\n', ' ')}\n");
        stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    }
}
