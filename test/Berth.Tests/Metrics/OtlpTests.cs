using System.Collections.Concurrent;
using System.Text;
using Berth.Gateway;
using Xunit;

namespace Berth.Metrics;

public sealed class OtlpTests
{
    private static readonly MetricPage s_page = MetricPage.Parse(
        MetricPage.Head("recorder", 1)
            + "\nberth_user_memory_bytes{user=\"alice\",surface=\"server\"} 5\nberth_user_kills_total{user=\"bob\",cause=\"cap\"} 7\nberth_gateway_upstream_seconds_bucket{le=\"0.5\"} 3\n"
    )!;

    [Fact]
    public async Task The_same_numbers_go_to_where_the_standard_variable_says()
    {
        var posts = new ConcurrentQueue<(string Path, string? Type, string Body)>();
        await using var collector = await TestServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            posts.Enqueue(
                (context.Request.Path, context.Request.ContentType, Encoding.Latin1.GetString(body.ToArray()))
            );
        });
        string[] names = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        Environment.SetEnvironmentVariable(names[0], $"http://127.0.0.1:{collector.Port}");
        Environment.SetEnvironmentVariable(names[1], "http/protobuf");
        try
        {
            using var export = OtlpExport.Start(
                Environment.GetEnvironmentVariable,
                () => s_page.Samples,
                TimeProvider.System
            );
            Assert.True(export!.Flush(30_000));
        }
        finally
        {
            foreach (var name in names)
                Environment.SetEnvironmentVariable(name, null);
        }
        Assert.True(posts.TryDequeue(out var post));
        Assert.Equal(("/v1/metrics", "application/x-protobuf"), (post.Path, post.Type));
        foreach (
            var part in (string[])
                [
                    "berth_user_memory_bytes",
                    "alice",
                    "berth_user_kills_total",
                    "bob",
                    "berth_gateway_upstream_seconds_bucket",
                ]
        )
            Assert.Contains(part, post.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_sent_where_no_variable_says_where_to() =>
        Assert.Null(OtlpExport.Start(_ => null, () => [], TimeProvider.System));
}
