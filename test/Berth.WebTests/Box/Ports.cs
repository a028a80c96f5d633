using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Berth.WebTests.Box;

/// <summary>Ports that nobody has at this moment.</summary>
internal static class Ports
{
    public static int[] Free(int count)
    {
        // All at once, so that none is given twice.
        var held = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        held.ForEach(one => one.Start());
        var ports = held.Select(one => ((IPEndPoint)one.LocalEndpoint).Port).ToArray();
        held.ForEach(one => one.Dispose());
        return ports;
    }

    /// <summary>The process that listens on a port of loopback, or everywhere.</summary>
    public static int Listener(int port)
    {
        var hex = port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = File.ReadLines("/proc/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[1].EndsWith($":{hex}", StringComparison.Ordinal) && words[3] == "0A")
            .Select(words => $"socket:[{words[9]}]")
            .ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                if (
                    Directory
                        .EnumerateFiles($"{folder}/fd")
                        .Any(file => new FileInfo(file).LinkTarget is { } to && sockets.Contains(to))
                )
                    return pid;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended, or is somebody else's.
            }
        }
        throw new InvalidOperationException($"nobody listens on port {port}");
    }
}
