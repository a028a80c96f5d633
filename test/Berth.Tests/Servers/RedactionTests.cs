using Xunit;

namespace Berth.Servers;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("  Token: abc123", "  Token: [redacted]")]
    [InlineData("Pairing URL: http://x/#abc", "Pairing URL: [redacted]")]
    [InlineData("█▀▀▀▀▀█ ▄▀", "[redacted QR code]")]
    [InlineData("listening on 3773", "listening on 3773")]
    [InlineData("token:", "token:")]
    public void Secrets_that_servers_print_stay_out_of_logs(string line, string kept) =>
        Assert.Equal(kept, Redaction.Line(line));
}

public sealed class ArgvRedactionTests
{
    private const string Jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

    [Theory]
    [InlineData("--token=abcdef", "--token=[redacted]")]
    [InlineData("--api-key=abc", "--api-key=[redacted]")]
    [InlineData("ANTHROPIC_API_KEY=sk-ant-oat01-abcdefgh", "ANTHROPIC_API_KEY=[redacted]")]
    [InlineData("PGPASSWORD=hunter2", "PGPASSWORD=[redacted]")]
    [InlineData("postgres://bob:hunter2@db/shop", "postgres://bob:[redacted]@db/shop")]
    [InlineData("Authorization: Bearer abcdef123", "Authorization: [redacted]")]
    [InlineData("X-Api-Key: abcdef123", "X-Api-Key: [redacted]")]
    [InlineData("please use bearer abcdef123 now", "please use bearer [redacted] now")]
    [InlineData("a sk-proj-0123456789abcdef b", "a [redacted] b")]
    [InlineData("http://127.0.0.1:3773/pair#ABCDEFGHJKLM", "http://127.0.0.1:3773/pair#[redacted]")]
    [InlineData("http://box/?token=ABCDEFGHJKLM", "http://box/?token=[redacted]")]
    [InlineData(
        """{"mcpServers":{"t3":{"type":"http","url":"http://x","headers":{"Authorization":"Bearer abc.def-ghi"}}}}""",
        """{"mcpServers":{"t3":{"type":"http","url":"http://x","headers":{"Authorization":"[redacted]"}}}}"""
    )]
    [InlineData("""{\"password\":\"hunter2\"}""", """{\"password\":\"[redacted]\"}""")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n-----END", "[redacted]")]
    public void A_secret_of_a_known_form_is_taken_out(string word, string kept) =>
        Assert.Equal(kept, Redaction.Text(word));

    [Theory]
    [InlineData("--max-tokens=4096")]
    [InlineData("--token-file=/run/berth/tokens/alice")]
    [InlineData("--output-format")]
    [InlineData("rg --json 'tokens of the parser' src")]
    [InlineData("https://example.com/a#b")]
    [InlineData("-o")]
    public void What_is_no_secret_stays(string word) => Assert.Equal(word, Redaction.Text(word));

    [Fact]
    public void A_secret_that_is_the_next_word_is_taken_out()
    {
        Assert.Equal(
            ["vault", "login", "--token", "[redacted]", "x"],
            Redaction.Argv(["vault", "login", "--token", "hvs", "x"])
        );
        Assert.Equal(["curl", "-u", "bob:[redacted]"], Redaction.Argv(["curl", "-u", "bob:hunter2"]));
        Assert.Equal(["tool", "--password", "--verbose"], Redaction.Argv(["tool", "--password", "--verbose"]));
    }

    [Fact]
    public void A_token_that_a_short_read_has_cut_is_still_taken_out()
    {
        for (var length = 12; length <= Jwt.Length; length++)
            Assert.Equal("[redacted]", Redaction.Text(Jwt[..length]));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("token")]
    [InlineData("https://")]
    [InlineData("a:")]
    [InlineData("://:")]
    [InlineData("=\"")]
    [InlineData("bearer ")]
    public void A_text_that_was_chosen_to_take_long_is_still_read_to_its_end(string piece)
    {
        // Given up, it would be one mark and nothing else.
        var text = string.Concat(Enumerable.Repeat(piece, 2048 / piece.Length)) + " end";
        Assert.EndsWith("end", Redaction.Text(text), StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_makes_it_throw_and_no_token_in_it_survives() =>
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.String[0, 200], CsCheck.Gen.String[0, 200]),
            (before, after) => Assert.DoesNotContain("eyJhbGciOiJIUzI1NiJ9", Redaction.Text($"{before} {Jwt} {after}"))
        );
}
