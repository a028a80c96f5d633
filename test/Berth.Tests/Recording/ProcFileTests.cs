using System.Text;
using CsCheck;
using Xunit;

namespace Berth.Recording;

public sealed class ProcFileTests
{
    private const string Rest = "12 12 0 -1 4194304 1 0 0 0 3 4 0 0 20 0 2 0 100 2000 25 18446744073709551615";

    [Theory]
    [InlineData($"12 (sh) S 1 {Rest}\n", 12, 1, 'S')]
    [InlineData($"12 (a) b) R (c) S 7 {Rest}\n", 12, 7, 'S')]
    [InlineData($"12 (a\nb) S 7 {Rest}\n", 12, 7, 'S')]
    [InlineData($"9 () Z 3 {Rest}\n", 9, 3, 'Z')]
    [InlineData($"9 () R 1 (x) S 3 {Rest}\n", 9, 3, 'S')]
    public void A_name_with_brackets_does_not_mislead(string line, int pid, int parent, char state)
    {
        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes(line), out var stat));
        Assert.Equal(new ProcStat(pid, parent, state, 25, 100, 7, 2) { Session = 12 }, stat);
    }

    [Fact]
    public void No_line_makes_the_parser_throw() =>
        Gen
            .Byte.Array[0, 400]
            .Sample(line =>
            {
                _ = ProcStat.TryParse(line, out _);
                _ = ProcStatus.TryParse(line, out _);
                _ = ProcStatm.TryParse(line, out _);
            });

    [Fact]
    public void A_line_that_was_cut_before_its_last_number_is_none()
    {
        var line = Encoding.UTF8.GetBytes($"12 (sh) S 1 {Rest}\n");
        var last = Encoding.UTF8.GetString(line).IndexOf(" 25 ", StringComparison.Ordinal);
        for (var length = 0; length <= last; length++)
            Assert.False(ProcStat.TryParse(line.AsSpan(0, length), out _));
    }

    [Fact]
    public void Whatever_a_process_calls_itself_its_numbers_are_read() =>
        Gen
            .Byte.Array[0, 15]
            .Where(name => !name.Contains((byte)0))
            .Sample(name =>
            {
                byte[] line = [.. "77 ("u8, .. name, .. ") R 5 "u8, .. Encoding.UTF8.GetBytes(Rest), (byte)'\n'];
                Assert.True(ProcStat.TryParse(line, out var stat));
                Assert.Equal((77, 5, 25L), (stat.Pid, stat.Parent, stat.RssPages));
            });

    [Fact]
    public void Status_tells_user_and_memory()
    {
        var text =
            "Name:\tUid:\\t0\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t1000\t0\t0\t0\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nVmSwap:\t       4 kB\n"u8;
        Assert.True(ProcStatus.TryParse(text, out var status));
        Assert.Equal(new ProcStatus(1000, 0, 2 << 20, 1 << 20, 4096), status);
        Assert.False(ProcStatus.TryParse("Name:\tx\n"u8, out _));
    }

    [Fact]
    public void Statm_tells_pages()
    {
        Assert.True(ProcStatm.TryParse("2048 100 60 1 0 300 0\n"u8, out var statm));
        Assert.Equal(new ProcStatm(2048, 100, 60), statm);
        Assert.False(ProcStatm.TryParse("2048 100 60"u8, out _));
    }
}

public sealed class ArgvTests
{
    private static string Line(ReadOnlySpan<byte> cmdline) => Argv.Line(Argv.Words(cmdline));

    [Fact]
    public void Words_are_shown_as_a_shell_would_take_them() =>
        Assert.Equal("ugrep -o 'a b' '' 'it'\\''s'", Line("ugrep\0-o\0a b\0\0it's\0"u8));

    [Fact]
    public void Newlines_controls_and_bytes_that_are_no_text_stay_on_one_line() =>
        Assert.Equal("sh a\\nb \\x1b[31m \\xff\\xfe \\u{202e}x é", Line(Raw()));

    private static byte[] Raw() => [.. "sh\0a\nb\0"u8, 0x1b, .. "[31m\0"u8, 0xff, 0xfe, 0, .. "\u202ex\0é\0"u8];

    [Fact]
    public void An_argv_of_two_megabytes_is_looked_at_as_far_as_needed()
    {
        var huge = new byte[2 << 20];
        Array.Fill(huge, (byte)'x');
        Assert.Equal(Argv.LongestLine, Line(huge).Length);
        Array.Fill(huge, (byte)0);
        Assert.True(Argv.Words(huge).Count <= 256);
    }

    [Fact]
    public void Nothing_is_an_empty_line() => Assert.Equal("", Line([]));

    [Fact]
    public void Whatever_the_bytes_are_the_line_is_short_and_printable() =>
        Gen
            .Byte.Array[0, 2000]
            .Sample(bytes =>
            {
                var line = Line(bytes);
                Assert.True(line.Length <= Argv.LongestLine);
                Assert.DoesNotContain(line, char.IsControl);
                // What can be shown is valid: no half characters.
                Assert.Equal(line, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(line)));
            });

    [Fact]
    public void No_bearer_of_an_agent_is_kept() =>
        Assert.Equal(
            "claude --mcp-config '{\"headers\":{\"Authorization\":\"[redacted]\"}}' --session-id 3f2",
            Line(
                "claude\0--mcp-config\0{\"headers\":{\"Authorization\":\"Bearer s3cret-bearer\"}}\0--session-id\0\u0033f2\0"u8
            )
        );
}
