using System.Net;
using System.Text;
using Berth.Units;
using Xunit;

namespace Berth.Gateway;

public sealed class ConnectionTextTests
{
    /// <summary>Answers of a real kernel (6.18): a listener, a connection that nobody accepted, the same after
    /// accept().</summary>
    private const string Listener =
        "7c000000140000000100000047030000020a0000901900007f0000010000000000000000000000000000000000000000000000000000000000000000010000000000000000000000010000008000000000000000ad120100050008000000000008000f00000000000c00150001000000000000000600160052000000";

    private const string Waiting =
        "7c000000140000000100000047030000020100009019d7107f0000010000000000000000000000007f0000010000000000000000000000000000000002000000000000000000000000000000000000000000000000000000050008000000000008000f00000000000c00150001000000000000000600160052000000";

    private const string Accepted =
        "7c000000140000000100000047030000020100009019d7107f0000010000000000000000000000007f00000100000000000000000000000000000000020000000000000000000000000000000000000000000000b1120100050008000000000008000f00000000000c00150001000000000000000600160052000000";

    [Fact]
    public void The_kernels_answers_tell_a_listener_a_waiting_and_an_accepted_connection_apart()
    {
        var listener = SocketDiag.Parse(Convert.FromHexString(Listener), 1);
        Assert.Equal((true, true, false), (listener.Exists, listener.IsListener, listener.IsAccepted));
        var waiting = SocketDiag.Parse(Convert.FromHexString(Waiting), 1);
        Assert.Equal((true, false, false), (waiting.Exists, waiting.IsListener, waiting.IsAccepted));
        var accepted = SocketDiag.Parse(Convert.FromHexString(Accepted), 1);
        Assert.Equal((true, false, true), (accepted.Exists, accepted.IsListener, accepted.IsAccepted));
        Assert.Equal(0x112b1u, accepted.Inode);
    }

    [Fact]
    public void An_owner_is_read_from_its_place()
    {
        var answer = Convert.FromHexString(Accepted);
        answer[80] = 0xE9;
        answer[81] = 0x03;
        Assert.Equal(1001, SocketDiag.Parse(answer, 1).Uid);
    }

    [Fact]
    public void No_such_socket_is_no_failure_and_everything_else_is()
    {
        var error = new byte[36];
        error[4] = 2;
        error[8] = 1;
        BitConverter.TryWriteBytes(error.AsSpan(16), -2);
        Assert.False(SocketDiag.Parse(error, 1).Exists);
        BitConverter.TryWriteBytes(error.AsSpan(16), -1);
        Assert.Throws<InvalidDataException>(() => SocketDiag.Parse(error, 1));
        Assert.Throws<InvalidDataException>(() => SocketDiag.Parse(Convert.FromHexString(Accepted), 2));
        Assert.Throws<InvalidDataException>(() => SocketDiag.Parse(Convert.FromHexString(Accepted).AsSpan(0, 60), 1));
        Assert.Throws<InvalidDataException>(() => SocketDiag.Parse([], 1));
    }

    [Fact]
    public void The_table_of_proc_tells_the_same()
    {
        const string Tcp = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 70317 1 0000000000000000 100 0 0 10 0
               1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 70318 1 0000000000000000 100 0 0 10 0
               2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 0 0 10 -1
               3: 0100007F:1F90 0100007F:C002 01 00000000:00000000 00:00000000 00000000  1001        0 70320 1 0000000000000000 20 0 0 10 -1
            """;
        const string Tcp6 = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 70319 1 0000000000000000 100 0 0 10 0
               1: 0000000000000000FFFF00000100007F:1F92 0000000000000000FFFF00000100007F:C003 01 00000000:00000000 00:00000000 00000000  1003        0 70321 1 0000000000000000 20 0 0 10 -1
               2: 00000000000000000000000001000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1004        0 70322 1 0000000000000000 100 0 0 10 0
            """;
        TcpSocket Find(int port, int peer) =>
            TcpTable.Find(
                Tcp,
                Tcp6,
                new IPEndPoint(IPAddress.Loopback, port),
                new IPEndPoint(IPAddress.Loopback, peer)
            );
        Assert.Equal(new TcpSocket(true, 1001, 70317, true), Find(8080, 0));
        Assert.Equal(new TcpSocket(true, 1002, 70318, true), Find(8081, 0));
        Assert.Equal(new TcpSocket(true, 0, 0, false), Find(8080, 0xC001));
        Assert.Equal(new TcpSocket(true, 1001, 70320, false), Find(8080, 0xC002));
        Assert.Equal(new TcpSocket(true, 1003, 70319, true), Find(8082, 0));
        Assert.Equal(new TcpSocket(true, 1003, 70321, false), Find(8082, 0xC003));
        Assert.False(Find(8083, 0).Exists);
        Assert.False(Find(8084, 0).Exists);
        Assert.Equal(
            1004,
            TcpTable
                .Find(Tcp, Tcp6, new IPEndPoint(IPAddress.IPv6Loopback, 8083), new IPEndPoint(IPAddress.IPv6Any, 0))
                .Uid
        );
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\nGET /", 41, "192.0.2.1:1234")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n", 45, "[2001:db8::1]:1234")]
    [InlineData("PROXY UNKNOWN\r\n", 15, null)]
    [InlineData("PROXY TCP4 192.0.2.1", 0, null)]
    [InlineData("PR", 0, null)]
    [InlineData("", 0, null)]
    public void A_PROXY_header_in_text_is_understood(string text, int length, string? source) =>
        Assert.Equal(
            new ProxyHeader(length, source is null ? null : IPEndPoint.Parse(source)),
            ProxyHeader.Parse(Encoding.Latin1.GetBytes(text))
        );

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 192.0.2.2 1234 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 99999 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1\r\n")]
    [InlineData(
        "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443                                                                              "
    )]
    [InlineData("\r\n\r\nGET")]
    public void Anything_else_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => ProxyHeader.Parse(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void A_PROXY_header_in_bytes_is_understood_at_every_cut()
    {
        byte[] header =
        [
            .. "\r\n\r\n\0\r\nQUIT\n"u8,
            0x21,
            0x11,
            0,
            15,
            192,
            0,
            2,
            1,
            192,
            0,
            2,
            2,
            0x04,
            0xD2,
            0x01,
            0xBB,
            1,
            2,
            3,
        ];
        for (var cut = 0; cut < header.Length; cut++)
            Assert.Equal(default, ProxyHeader.Parse(header.AsSpan(0, cut)));
        Assert.Equal(new ProxyHeader(31, IPEndPoint.Parse("192.0.2.1:1234")), ProxyHeader.Parse(header));
        header[12] = 0x20; // LOCAL: the proxy speaks for itself
        Assert.Equal(new ProxyHeader(31, null), ProxyHeader.Parse(header));
        header[12] = 0x31;
        Assert.Throws<InvalidDataException>(() => ProxyHeader.Parse(header));
    }

    [Fact]
    public void Sockets_that_were_handed_over_are_known_by_name()
    {
        Assert.Equal([("people", 3), ("control", 4)], InheritedSockets.Parse(42, "42", "2", "people:control"));
        Assert.Equal([("unknown", 3)], InheritedSockets.Parse(42, "42", "1", null));
        Assert.Empty(InheritedSockets.Parse(42, "41", "2", "people:control"));
        Assert.Empty(InheritedSockets.Parse(42, null, null, null));
        Assert.Empty(InheritedSockets.Parse(42, "42", "-1", "people"));
    }

    [Theory]
    [InlineData("127.0.0.1:3780", "127.0.0.1:3780", null)]
    [InlineData("[::1]:3780", "[::1]:3780", null)]
    [InlineData("localhost:1", "127.0.0.1:1", null)]
    [InlineData("*:443", "0.0.0.0:443", null)]
    [InlineData("unix:/run/x.sock", null, "/run/x.sock")]
    public void Where_to_listen_is_understood(string text, string? tcp, string? path) =>
        Assert.Equal(new ListenAddress(tcp is null ? null : IPEndPoint.Parse(tcp), path), ListenAddress.Parse(text));

    [Theory]
    [InlineData("example.com:80")]
    [InlineData("127.0.0.1")]
    [InlineData("unix:")]
    [InlineData("127.0.0.1:99999")]
    public void Where_to_listen_is_no_guess(string text) =>
        Assert.Throws<InvalidDataException>(() => ListenAddress.Parse(text));
}
