using CsCheck;
using Xunit;

namespace Berth.Credentials;

public class TokenTextTests
{
    private static readonly string s_token = TokenText.Prefix + new string('x', 90) + "_-AA9";

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\uFEFFTOKEN", "byte order mark")]
    [InlineData("TOKEN\n", "line break")]
    [InlineData("TOKEN\r", "line break")]
    [InlineData("\"TOKEN\"", "quote")]
    [InlineData("TOKEN'", "quote")]
    [InlineData("TOKEN$(id)", "no letter")]
    [InlineData("TOKEN\\x41", "no letter")]
    [InlineData("TOKEN é", "no letter")]
    [InlineData("sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "does not start")]
    [InlineData("sk-ant-oat01-short", "characters")]
    public void What_is_no_token_is_said_without_repeating_it(string text, string says)
    {
        var wrong = TokenText.Wrong(text.Replace("TOKEN", s_token, StringComparison.Ordinal));
        Assert.Contains(says, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("xxxxx", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_accepted_and_told_apart_by_its_fingerprint()
    {
        Assert.Null(TokenText.Wrong(s_token));
        Assert.Equal(12, TokenText.Fingerprint(s_token).Length);
        Assert.NotEqual(TokenText.Fingerprint(s_token), TokenText.Fingerprint(s_token + "a"));
    }

    [Fact]
    public void The_token_is_found_in_what_setup_token_prints()
    {
        Assert.Equal(s_token, TokenText.Find($"Your token (valid for 1 year):\r\n\r\n  {s_token}\r\n\r\nStore it.\n"));
        // An 80-column terminal wraps it.
        var wrapped = $"Your token:\n\n{s_token[..80]}\n{s_token[80..]}\n\nStore this token securely.\n";
        Assert.Equal(s_token, TokenText.Find(wrapped));
        var narrow = string.Join('\n', s_token.Chunk(40).Select(part => new string(part)));
        Assert.Equal(s_token, TokenText.Find($"Your token:\r\n{narrow}\r\n\r\nStore it."));
        // What stands below it is not a piece of it; where that cannot be told, nothing is guessed.
        Assert.Equal(s_token, TokenText.Find($"{s_token}\nStore this token securely.\n"));
        Assert.Null(TokenText.Find($"{s_token}\nDone\n"));
        Assert.Null(TokenText.Find("no token here"));
        Assert.Null(TokenText.Find($"{s_token} {s_token}b"));
    }

    [Fact]
    public void The_delivered_file_is_read_back_strictly()
    {
        var text = TokenFile.Render(s_token, 3);
        Assert.Equal((s_token, 3), TokenFile.Parse(text));
        foreach (
            var bad in (string[])
                [
                    text + "X=1\n",
                    text.TrimEnd('\n'),
                    text.Replace("=3", "=-3", StringComparison.Ordinal),
                    "",
                    "export " + text,
                ]
        )
            Assert.Null(TokenFile.Parse(bad));
    }

    [Fact]
    public void No_text_is_ever_both_accepted_and_able_to_mean_more_than_a_word() =>
        Gen.String.Sample(tail =>
        {
            var text = s_token + tail;
            if (TokenText.Wrong(text) is null)
                Assert.DoesNotContain(text, c => c is ' ' or '$' or '`' or '\\' or '\n' or '"' or '\'' or ';' or '#');
        });
}
