using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Berth.Servers;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Clients that are slow, gone or many, and bodies that are large.</summary>
public sealed class ClientFaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_hangs_up_is_passed_on()
    {
        await using var world = new World();
        var gone = new TaskCompletionSource();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                context.RequestAborted.Register(() => gone.TrySetResult());
                await context.Response.WriteAsync("begin", Stop);
                await context.Response.Body.FlushAsync(Stop);
                await gone.Task;
            }
        );
        await world.StartAsync();
        using (var alice = world.Browser("alice"))
        using (var response = await alice.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Stop))
            Assert.Equal(200, (int)response.StatusCode);
        await gone.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task An_upload_is_not_read_further_than_its_server_reads()
    {
        await using var world = new World();
        var go = new TaskCompletionSource();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                await go.Task;
                await context.Request.Body.CopyToAsync(Stream.Null, Stop);
            }
        );
        await world.StartAsync();
        using var alice = world.Browser("alice");
        var source = new Zeros(1L << 30);
        var upload = alice.PostAsync("/", new StreamContent(source), Stop);
        // It comes to a rest when every buffer on the way is full.
        long before;
        do
        {
            before = source.Given;
            await Task.Delay(300, Stop);
        } while (source.Given != before || before == 0);
        Assert.True(before < 64 << 20, $"{before} bytes were taken from a client whose server reads nothing");
        source.EndNow();
        go.SetResult();
        using var answer = await upload;
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_part_of_a_file_is_a_part_of_a_file()
    {
        await using var world = new World();
        await world.ServeAsync(
            "alice",
            async context =>
            {
                Assert.Equal("bytes=2-4", context.Request.Headers.Range);
                context.Response.StatusCode = 206;
                context.Response.Headers.ContentRange = "bytes 2-4/10";
                context.Response.ContentLength = 3;
                await context.Response.WriteAsync("cde", Stop);
            }
        );
        await world.StartAsync();
        using var alice = world.Browser("alice");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/file");
        request.Headers.Add("Range", "bytes=2-4");
        using var response = await alice.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal("bytes 2-4/10", response.Content.Headers.GetValues("Content-Range").Single());
        Assert.Equal("cde", await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task Clients_that_dawdle_over_their_headers_are_hung_up_on_while_others_are_served()
    {
        await using var world = new World
        {
            Limits = new GatewayLimits(1000, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)),
        };
        await world.ServeAsync("alice", context => context.Response.WriteAsync("quick"));
        await world.StartAsync();
        var slow = new List<RawClient>();
        for (var i = 0; i < 200; i++)
        {
            slow.Add(await world.RawAsync());
            await slow[i].SendAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ");
        }
        using var alice = world.Browser("alice");
        Assert.Equal("quick", await alice.GetStringAsync("/", Stop));
        foreach (var one in slow)
        {
            // Without the limit this waits for ever.
            Assert.DoesNotContain("200 OK", await one.ReadToEndAsync());
            one.Dispose();
        }
    }

    private static bool IsWhole(string answer) => answer.EndsWith("0\r\n\r\n", StringComparison.Ordinal);

    [Fact]
    public async Task More_connections_than_the_limit_are_closed_and_the_first_ones_live()
    {
        await using var world = new World
        {
            Limits = new GatewayLimits(20, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(2)),
        };
        await world.ServeAsync("alice", context => context.Response.WriteAsync("in"));
        await world.StartAsync();
        using var first = await world.RawAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n");
        Assert.Contains("200 OK", await first.ReadUntilAsync(IsWhole));
        var held = new List<RawClient>();
        for (var i = 0; i < 40; i++)
            held.Add(await world.RawAsync());
        Assert.Equal("", await held[^1].ReadToEndAsync());
        await first.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nTest-User: alice\r\n\r\n");
        Assert.Contains("200 OK", await first.ReadUntilAsync(IsWhole));
        held.ForEach(one => one.Dispose());
    }

    /// <summary>A long body of nothing, that knows how much of it was taken.</summary>
    private sealed class Zeros(long length) : MadeBody
    {
        private long _left = length;
        private long _given;

        public long Given => Interlocked.Read(ref _given);

        public void EndNow() => Interlocked.Exchange(ref _left, 0);

        public override int Read(Span<byte> buffer)
        {
            var part = (int)Math.Min(buffer.Length, Interlocked.Read(ref _left));
            Interlocked.Add(ref _left, -part);
            Interlocked.Add(ref _given, part);
            buffer[..part].Clear();
            return part;
        }
    }
}
