using System.Text;
using CsCheck;
using Xunit;

namespace Berth.Metrics;

public sealed class MetricPageTests
{
    private const long Now = 1_795_000_000_000;

    private static string Text(Action<MetricWriter> write)
    {
        var page = new MetricWriter();
        page.Line(MetricPage.Head("recorder", Now));
        write(page);
        return Encoding.UTF8.GetString(page.Written);
    }

    [Fact]
    public void What_one_program_tells_another_reads()
    {
        var page = MetricPage.Parse(
            Text(into =>
            {
                into.Sample("berth_user_memory_bytes", 6L << 30, ("user", "alice"), ("surface", "server"));
                into.Sample("berth_user_memory_bytes", 12.5, ("user", ""), ("surface", "containers"));
                into.Sample("berth_host_caps_bytes", 0);
            })
        )!;
        Assert.Equal(("recorder", Now), (page.Source, page.At));
        Assert.Equal(
            ["user=\"alice\",surface=\"server\" 6442450944", "surface=\"containers\" 12.5", " 0"],
            page.Samples.Select(sample => $"{sample.Labels} {sample.Value}")
        );
        Assert.Equal(
            [KeyValuePair.Create("user", "alice"), KeyValuePair.Create("surface", "server")],
            page.Samples[0].Pairs()
        );
        Assert.True(page.IsFresh(Now + 59_000));
        Assert.False(page.IsFresh(Now + 61_000));
    }

    [Fact]
    public void Families_stand_together_with_what_they_are()
    {
        var samples = MetricPage
            .Parse(
                Text(into =>
                {
                    into.Sample("berth_user_kills_total", 3, ("user", "bob"), ("cause", "cap"));
                    into.Sample("berth_user_memory_bytes", 1, ("user", "alice"));
                    into.Sample("berth_user_kills_total", 4, ("user", "alice"), ("cause", "host"));
                })
            )!
            .Samples;
        var joined = new MetricWriter();
        MetricPage.Join(joined, samples);
        Assert.Equal(
            """
            # HELP berth_user_memory_bytes Memory in use now (memory.current).
            # TYPE berth_user_memory_bytes gauge
            berth_user_memory_bytes{user="alice"} 1
            # HELP berth_user_kills_total Processes that the kernel killed for want of memory: at a cap (cap), or because the machine had none left (host).
            # TYPE berth_user_kills_total counter
            berth_user_kills_total{user="bob",cause="cap"} 3
            berth_user_kills_total{user="alice",cause="host"} 4

            """,
            Encoding.UTF8.GetString(joined.Written)
        );
    }

    /// <summary>A newer recorder may tell more, a file may be cut, and no name may break out of its quotes.</summary>
    [Theory]
    [InlineData("berth_of_tomorrow 1\n")]
    [InlineData("node_load1 1\n")]
    [InlineData("berth_host_caps_bytes\n")]
    [InlineData("berth_host_caps_bytes 1")]
    [InlineData("berth_host_caps_bytes one\n")]
    [InlineData("berth_user_agents{user=\"alice\" 1\n")]
    [InlineData("berth_user_agents{user=alice} 1\n")]
    [InlineData("berth_user_agents{user=\"a\"}x 1\n")]
    [InlineData("berth_user_agents{user=\"a\\\"} 1\n")]
    [InlineData("berth_user_agents{} 1\n")]
    [InlineData("{user=\"a\"} 1\n")]
    public void A_line_that_is_not_understood_is_left_out(string line) =>
        Assert.Empty(MetricPage.Parse(MetricPage.Head("recorder", Now) + "\n" + line)!.Samples);

    [Theory]
    [InlineData("")]
    [InlineData("# berth metrics 2 recorder 5\n")]
    [InlineData("# berth metrics 1 recorder\n")]
    [InlineData("# berth metrics 1 recorder x\n")]
    [InlineData("# berth metrics 1 recorder 5")]
    public void What_is_no_page_is_none(string text) => Assert.Null(MetricPage.Parse(text));

    [Fact]
    public void A_label_of_any_text_is_one_label_and_one_line() =>
        Gen.String.Sample(text =>
        {
            var written = Text(into => into.Sample("berth_user_agents", 1, ("user", text)));
            Assert.Equal(3, written.Split('\n').Length);
            var sample = Assert.Single(MetricPage.Parse(written)!.Samples);
            Assert.Equal(text.Length == 0 ? 0 : 1, sample.Pairs().Count());
        });

    [Fact]
    public void No_text_makes_the_reader_throw_and_what_it_takes_can_be_written_again() =>
        Gen.OneOf(
                Gen.String,
                Gen.OneOf(
                        "berth_user_agents",
                        "berth_gateway_upstream_seconds_bucket",
                        "{",
                        "}",
                        "user=",
                        "\"",
                        "\\",
                        ",",
                        " ",
                        "1",
                        "1e400",
                        "\n"
                    )
                    .Array[0, 20]
                    .Select(string.Concat)
            )
            .Sample(text =>
            {
                var page = MetricPage.Parse(MetricPage.Head("recorder", Now) + "\n" + text)!;
                var again = new MetricWriter();
                again.Line(MetricPage.Head("recorder", Now));
                MetricPage.Join(again, page.Samples);
                foreach (var sample in page.Samples)
                    _ = sample.Pairs().ToList();
                Assert.Equal(
                    page.Samples.Select(sample => sample.Labels).Order(StringComparer.Ordinal),
                    MetricPage
                        .Parse(Encoding.UTF8.GetString(again.Written))!
                        .Samples.Select(sample => sample.Labels)
                        .Order(StringComparer.Ordinal)
                );
            });

    [Fact]
    public void Every_name_is_written_as_prometheus_wants_it()
    {
        foreach (var family in MetricCatalog.All)
        {
            Assert.Matches("^berth_[a-z][a-z0-9_]*$", family.Name);
            Assert.Equal(family.Type is MetricType.Counter, family.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.EndsWith(".", family.Help, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', family.Help);
            Assert.All(family.Labels, label => Assert.Matches("^[a-z]+$", label));
        }
        Assert.Equal(MetricCatalog.All.Count, MetricCatalog.All.Select(family => family.Name).Distinct().Count());
    }
}
