using System.IO.Hashing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Berth.Gateway;

/// <summary>An upload that is larger than any memory and made on the way: what comes out is what went in, and nobody
/// held it. Client, gateway and server are in this process, so what it holds is seen in one place.</summary>
public sealed class UploadTests
{
    private const long Size = 5L << 30;
    private const long Held = 400 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_gigabytes_stream_through_in_bounded_memory_and_arrive_whole()
    {
        var sink = new Sink();
        await using var world = new World();
        await world.ServeAsync("alice", sink.AnswerAsync);
        await world.StartAsync();
        using var alice = world.Browser("alice");
        await using var upload = new Upload(Size);
        using var answer = await alice.PostAsync("/", new StreamContent(upload), Stop);
        Assert.Equal($"{Size} {upload.Hash}", await answer.Content.ReadAsStringAsync(Stop));
        Assert.InRange(sink.Most, 1, Held);
    }

    /// <summary>The control: the same measure of a proxy that takes a request in before it sends it on.</summary>
    [Fact]
    public async Task A_proxy_that_buffers_is_seen_to_hold_what_was_sent()
    {
        const long part = 512 << 20;
        var sink = new Sink();
        await using var server = await Listening.Start(sink.AnswerAsync);
        using var onwards = new HttpClient();
        await using var proxy = await Listening.Start(async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            using var whole = new MemoryStream();
            await context.Request.Body.CopyToAsync(whole, Stop);
            whole.Position = 0;
            using var answer = await onwards.PostAsync(server.Address, new StreamContent(whole), Stop);
            await context.Response.WriteAsync(await answer.Content.ReadAsStringAsync(Stop), Stop);
        });
        using var client = new HttpClient();
        await using var upload = new Upload(part);
        using var answered = await client.PostAsync(proxy.Address, new StreamContent(upload), Stop);
        Assert.Equal($"{part} {upload.Hash}", await answered.Content.ReadAsStringAsync(Stop));
        Assert.True(sink.Most > Held, $"it held {sink.Most} bytes");
    }

    /// <summary>Counts and hashes what arrives, and looks now and then at what this process holds.</summary>
    private sealed class Sink
    {
        private const long Often = 32 << 20;

        public long Most { get; private set; }

        public async Task AnswerAsync(HttpContext context)
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            var hash = new XxHash128();
            var buffer = new byte[256 << 10];
            var (length, looked) = (0L, 0L);
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, Stop)) > 0)
            {
                hash.Append(buffer.AsSpan(0, read));
                length += read;
                if (length < looked)
                    continue;
                looked = length + Often;
                Most = Math.Max(Most, GC.GetTotalMemory(forceFullCollection: true));
            }
            await context.Response.WriteAsync($"{length} {hash.GetCurrentHashAsUInt128():x}", Stop);
        }
    }

    /// <summary>Bytes that are nowhere: each eight say where they stand.</summary>
    private sealed class Upload(long length) : MadeBody
    {
        private readonly XxHash128 _hash = new();
        private long _given;

        public string Hash => $"{_hash.GetCurrentHashAsUInt128():x}";

        public override int Read(Span<byte> buffer)
        {
            var part = buffer[..(int)Math.Min(buffer.Length & ~7, length - _given)];
            var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(part);
            for (var i = 0; i < words.Length; i++)
                words[i] = (_given + (8L * i)) * 0x1E3779B97F4A7C15L;
            _hash.Append(part);
            _given += part.Length;
            return part.Length;
        }
    }
}
