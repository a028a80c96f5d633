using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Doubles;

/// <summary>Asks a server in a loop and measures how long it went without an answer. A refused or broken connection
/// is time without an answer as well.</summary>
internal static class Probe
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    public static int Run(Arguments options)
    {
        var (port, seconds, path) = (
            options.Number("port", 0),
            options.Number("seconds", 10),
            options.Text("path", "/work")
        );
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var clock = Stopwatch.StartNew();
        var took = new List<double>();
        var (failures, longest, answered) = (0, 0.0, 0.0);
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var begun = clock.Elapsed.TotalMilliseconds;
            if (Ask(port, request))
            {
                var now = clock.Elapsed.TotalMilliseconds;
                took.Add(now - begun);
                // The pause between two questions is ours, not the server's.
                longest = Math.Max(longest, now - Math.Max(answered + s_pause.TotalMilliseconds, 0));
                answered = now;
            }
            else
            {
                failures++;
            }
            Thread.Sleep(s_pause);
        }
        longest = Math.Max(longest, clock.Elapsed.TotalMilliseconds - answered);
        took.Sort();
        double At(double share) => took.Count == 0 ? -1 : took[(int)(share * (took.Count - 1))];
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"count\":{took.Count},\"failures\":{failures},\"longestGapMs\":{longest:0.0},\"p50Ms\":{At(0.5):0.0},\"p99Ms\":{At(0.99):0.0}}}"
            )
        );
        return 0;
    }

    private static bool Ask(int port, byte[] request)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.ReceiveTimeout = 60_000;
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(request);
            var buffer = new byte[1024];
            var (read, whole) = (0, 0);
            while ((read = socket.Receive(buffer)) > 0)
                whole += read;
            return whole > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
