using System.Net;
using System.Net.Sockets;
using CsCheck;
using Xunit;

namespace Berth.Watching;

/// <summary>What arrives is told by the kernel, connection by connection.</summary>
public sealed class SendingTests
{
    [Fact]
    public async Task A_server_sends_while_what_it_sends_arrives()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var sending = new Sending(port);
        // A first look has nothing to compare with; then nothing is sent.
        Assert.False(sending.Look(1_000));
        Assert.False(sending.Look(2_000));
        await server.SendAsync("late, but here"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(
            await client
                .GetStream()
                .ReadAtLeastAsync(new byte[64], 4, cancellationToken: TestContext.Current.CancellationToken) > 0
        );
        Assert.True(sending.Look(3_000));
        Assert.False(sending.Look(4_000));
        // What the client sends is none of the server's doing, and another port's is not this one's.
        await client.GetStream().WriteAsync("are you there?"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.False(sending.Look(5_000));
        Assert.False(new Sending(port + 1).Look(5_000));
    }

    [Fact]
    public void Whatever_comes_as_an_answer_is_read_without_a_fault() =>
        Gen
            .Byte.Array[0, 600]
            .Sample(bytes =>
            {
                TcpDump.Read(bytes, 2, 3773, new Dictionary<ulong, ulong>());
                // With a length and a sequence that fit, so that it is looked into.
                if (bytes.Length >= 16)
                {
                    BitConverter.TryWriteBytes(bytes, bytes.Length);
                    BitConverter.TryWriteBytes(bytes.AsSpan(4), (ushort)20);
                    BitConverter.TryWriteBytes(bytes.AsSpan(8), 2u);
                    TcpDump.Read(bytes, 2, 3773, new Dictionary<ulong, ulong>());
                }
            });
}
