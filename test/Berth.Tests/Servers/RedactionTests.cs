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
