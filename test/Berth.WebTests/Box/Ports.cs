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
}
