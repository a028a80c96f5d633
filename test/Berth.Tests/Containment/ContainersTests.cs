using Xunit;

namespace Berth.Containment;

public sealed class ContainersTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"log-driver\": \"journald\"}")]
    public void Our_key_is_added_and_the_rest_stays_and_comes_back(string? before)
    {
        Assert.Null(Containers.Merge(before, out var merged));
        Assert.Contains("\"cgroup-parent\": \"berth-containers.slice\"", merged, StringComparison.Ordinal);
        if (before?.Contains("journald", StringComparison.Ordinal) == true)
            Assert.Contains("journald", merged, StringComparison.Ordinal);
        Assert.Null(Containers.Merge(merged, out var again));
        Assert.Equal(merged, again);
        var after = Containers.Unmerge(merged)!;
        Assert.DoesNotContain("cgroup-parent", after, StringComparison.Ordinal);
        Assert.Equal(before?.Contains("journald", StringComparison.Ordinal) == true, after.Length > 0);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{broken")]
    [InlineData("{\"cgroup-parent\": \"mine.slice\"}")]
    public void A_configuration_that_says_otherwise_is_left_alone(string before)
    {
        Assert.NotNull(Containers.Merge(before, out _));
        Assert.Null(Containers.Unmerge(before));
    }

    [Fact]
    public void Earlyoom_goes_by_resident_memory_where_it_can_and_never_waits_for_swap()
    {
        Assert.Equal(
            "-r 3600 -M 2097152,1048576 -s 100,100 -p --sort-by-rss",
            string.Join(' ', Backstop.Arguments(4L << 30, true))
        );
        Assert.DoesNotContain("--sort-by-rss", Backstop.Arguments(4L << 30, false));
    }
}
