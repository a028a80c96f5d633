using Xunit;

namespace Berth.Rosters;

public sealed class SizeTests
{
    [Theory]
    [InlineData("16G", 16L << 30)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("4GB", 4L << 30)]
    [InlineData("8k", 8192)]
    public void An_amount_is_read_in_powers_of_1024(string text, long bytes)
    {
        Assert.True(Size.TryParse(text, out var size));
        Assert.Equal(bytes, size.On(0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("16")]
    [InlineData("G")]
    [InlineData("-1G")]
    [InlineData("0G")]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("1e3G")]
    [InlineData("999999999999T")]
    [InlineData("16 apples")]
    [InlineData("NaN%")]
    [InlineData("NaNG")]
    [InlineData("InfinityT")]
    [InlineData("1.2.3G")]
    [InlineData(".G")]
    [InlineData("%")]
    [InlineData("+1G")]
    public void Nonsense_is_no_size(string text) => Assert.False(Size.TryParse(text, out _));

    [Fact]
    public void A_share_is_taken_of_the_hosts_memory_in_whole_pages()
    {
        Assert.True(Size.TryParse("25%", out var size));
        Assert.Equal(Size.Page * 2, size.On(Size.Page * 11));
        Assert.Equal("25%", size.ToString());
    }

    [Theory]
    [InlineData(16L << 30, "16G", "16G")]
    [InlineData(3L << 29, "1.5G", "1536M")]
    [InlineData(4096, "4K", "4K")]
    public void It_is_shown_short_and_written_exactly(long bytes, string shown, string directive)
    {
        Assert.Equal(shown, Size.Show(bytes));
        Assert.Equal(directive, Size.Directive(bytes));
    }
}
