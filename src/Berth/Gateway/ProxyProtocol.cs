using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Berth.Gateway;

/// <summary>Takes the PROXY header off a connection before anything else reads it: the connection is then its
/// source's. Whoever is no trusted proxy, or sends none, is hung up on.</summary>
internal static class ProxyProtocol
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(5);

    public static void UseProxyProtocol(this IConnectionBuilder builder, Peers peers) =>
        builder.Use(next => connection => TakeAsync(connection, peers, next));

    private static async Task TakeAsync(ConnectionContext connection, Peers peers, ConnectionDelegate next)
    {
        if (!peers.Trusts((connection.RemoteEndPoint as IPEndPoint)?.Address) || !await TakeAsync(connection))
        {
            connection.Abort();
            return;
        }
        await next(connection);
    }

    private static async Task<bool> TakeAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var limit = new CancellationTokenSource(s_bound);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var start = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProxyHeader.MaxLength));
                var header = ProxyHeader.Parse(start.ToArray());
                if (header.Length > 0)
                {
                    if (header.Source is not null)
                        connection.RemoteEndPoint = header.Source;
                    input.AdvanceTo(read.Buffer.GetPosition(header.Length));
                    return true;
                }
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                    return false;
            }
        }
        catch (Exception wrong)
            when (wrong
                    is InvalidDataException
                        or OperationCanceledException
                        or IOException
                        or ConnectionAbortedException
            )
        {
            return false;
        }
    }
}
