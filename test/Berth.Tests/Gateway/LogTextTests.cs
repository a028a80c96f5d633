using System.Net;
using System.Text;
using Xunit;

namespace Berth.Gateway;

public sealed class LogTextTests
{
    private static readonly AccessEntry s_entry = new(
        IPAddress.Parse("192.0.2.1"),
        "alice",
        "GET",
        "/a?x=1",
        "HTTP/1.1",
        200,
        1024,
        "https://code.example/?token=s3cret",
        "Mozilla/5.0 (X11)"
    );

    [Fact]
    public void A_line_is_in_the_combined_format() =>
        Assert.Equal(
            "192.0.2.1 - alice [10/Oct/2000:13:55:36 +0000] \"GET /a?x=1 HTTP/1.1\" 200 1024 \"https://code.example/?token=***\" \"Mozilla/5.0 (X11)\"\n",
            Line(s_entry)
        );

    [Fact]
    public void A_client_cannot_forge_a_line()
    {
        var line = Line(
            s_entry with
            {
                UserAgent = "x\" 200 0\n192.0.2.9 - bob \u001b[31m\\",
                Referer = "\u00e4\u20ac",
                User = "a b",
            }
        );
        Assert.Equal(1, line.Count(letter => letter == '\n'));
        Assert.Contains("- a\\x20b [", line);
        Assert.EndsWith(
            "\"\\xe4\\x3f\" \"x\\x22 200 0\\x0a192.0.2.9 - bob \\x1b[31m\\x5c\"\n",
            line,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Endless_parts_are_cut()
    {
        var line = Line(
            s_entry with
            {
                Target = "/" + new string('a', 20_000),
                UserAgent = new string('"', 20_000),
                Referer = new string('\n', 20_000),
                User = new string(' ', 20_000),
                Method = new string('M', 20_000),
                Protocol = new string('\0', 20_000),
                Client = null,
            }
        );
        Assert.True(line.Length <= AccessLine.MaxLength);
        Assert.StartsWith("- - \\x20", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a?b=c", "/a?b=c")]
    [InlineData("/a?token=x", "/a?token=***")]
    [InlineData("/a?b=c&wsTicket=x&d=e", "/a?b=c&wsTicket=***&d=e")]
    [InlineData("/a?code=x;password=y#f", "/a?code=***;password=***#f")]
    [InlineData("/a?CREDENTIAL=x&api_key=y", "/a?CREDENTIAL=***&api_key=***")]
    [InlineData("/a?access%5Ftoke%6e=x", "/a?access%5Ftoke%6e=***")]
    [InlineData("/a?token=&token", "/a?token=&token")]
    [InlineData("/a?x=token=y", "/a?x=token=y")]
    public void Secrets_of_a_query_are_marked(string target, string shown) =>
        Assert.Equal(shown, QuerySecrets.Redact(target));

    [Fact]
    public void The_end_of_a_WebSocket_is_told_in_one_line()
    {
        var report = new StreamReport(
            "alice",
            "/ws",
            DateTimeOffset.UnixEpoch,
            TimeSpan.FromSeconds(61.5),
            10,
            20,
            HungUp.Client,
            1001,
            TimeSpan.Zero
        );
        Assert.Equal(
            "websocket alice /ws started 1970-01-01T00:00:00Z lasted 61.5 s, 10 bytes to the server, 20 to the client, ended by the client, close code 1001",
            report.ToString()
        );
        Assert.EndsWith(
            "ended by the client, close code none, the server had stalled for 20 s",
            (report with { Code = 0, Stalled = TimeSpan.FromSeconds(20) }).ToString(),
            StringComparison.Ordinal
        );
    }

    private static string Line(AccessEntry entry)
    {
        var buffer = new byte[AccessLine.MaxLength];
        var time = AccessLine.Time(new DateTimeOffset(2000, 10, 10, 13, 55, 36, TimeSpan.Zero));
        return Encoding.ASCII.GetString(buffer, 0, AccessLine.Write(buffer, entry, time));
    }
}
