using Xunit;

namespace Berth.Rosters;

public sealed class NearestTests
{
    private static readonly string[] s_words = ["memory", "session-memory", "pane-memory", "admin", "parked", "port"];

    [Theory]
    [InlineData("memroy", "memory")]
    [InlineData("MEMORY", "memory")]
    [InlineData("pane_memory", "pane-memory")]
    [InlineData("adminn", "admin")]
    [InlineData("prot", "port")]
    public void A_slip_of_the_finger_is_understood(string word, string meant) =>
        Assert.Equal(meant, Nearest.To(word, s_words));

    [Theory]
    [InlineData("shell")]
    [InlineData("x")]
    [InlineData("")]
    public void Another_word_is_not_guessed_at(string word) => Assert.Null(Nearest.To(word, s_words));
}
