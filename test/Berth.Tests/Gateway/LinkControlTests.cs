using System.Net.Sockets;
using System.Text;
using Berth.Commands;
using Berth.Host;
using Berth.Rosters;
using Xunit;

namespace Berth.Gateway;

/// <summary><c>berth link</c> and the gateway, over the gateway's own socket.</summary>
public sealed class LinkControlTests : IDisposable
{
    private readonly SignInSite _site = new();
    private readonly TemporaryFolder _folder = new();

    private string Socket => Path.Join(_folder.Path, "control");

    public void Dispose()
    {
        _folder.Dispose();
        _site.Dispose();
    }

    [Fact]
    public async Task A_link_is_asked_for_listed_and_revoked()
    {
        await ServingAsync(async ask =>
        {
            var link = (await ask(new LinkOrder("issue", "alice", 900))).Link!;
            Assert.Equal(("alice", _site.Clock.Now.AddMinutes(15)), (link.User, link.Expires));
            await _site.SubmitAsync(await _site.GetAsync(link.Url));
            var listed = Assert.Single((await ask(new LinkOrder("list"))).Sessions!);
            Assert.Equal(("alice", "a browser"), (listed.User, listed.Browser));
            Assert.Equal(1, (await ask(new LinkOrder("revoke", listed.Id))).Revoked);
            Assert.Empty((await ask(new LinkOrder("list"))).Sessions!);
        });
        Assert.Contains(_site.Said, line => line.Contains("a link for alice was made", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("issue", "alcie", 900, "did you mean 'alice'?")]
    [InlineData("issue", null, 900, "nobody whom the gateway knows")]
    [InlineData("issue", "alice", 0, "one minute to seven days")]
    [InlineData("issue", "alice", 59, "one minute to seven days")]
    [InlineData("revoke", "alice", 0, "neither signed in")]
    [InlineData("revoke", null, 0, "neither signed in")]
    [InlineData("reboot", null, 0, "does not know that order")]
    public void What_cannot_be_done_is_said(string verb, string? who, long seconds, string says)
    {
        var answer = Control(_site.Desk).Answer(new LinkOrder(verb, who, seconds));
        Assert.Contains(says, answer.Error, StringComparison.Ordinal);
        Assert.Null(answer.Link);
    }

    [Fact]
    public void Where_people_sign_in_in_another_way_there_are_no_links() =>
        Assert.Contains("people sign in by jwt", Control(null).Answer(new LinkOrder("issue", "alice", 900)).Error);

    [Fact]
    public async Task A_caller_that_is_gone_or_talks_nonsense_leaves_the_socket_to_others()
    {
        await ServingAsync(async ask =>
        {
            foreach (var line in new[] { "", "\n", "{\n", "null\n", "{}\n", new string('x', 9_000) + "\n", "\0\n" })
            {
                using var socket = Connect();
                await socket.SendAsync(Encoding.UTF8.GetBytes(line));
                socket.Shutdown(SocketShutdown.Send);
                Assert.Contains("that is no order", await LinkControl.LineAsync(socket, 4096, Stop));
            }
            Connect().Dispose();
            Assert.Null((await ask(new LinkOrder("list"))).Error);
        });
    }

    [Fact]
    public async Task The_caller_is_known_by_the_kernel()
    {
        using var listener = LinkControl.Listen(Socket);
        using var client = Connect();
        using var caller = await listener.AcceptAsync(Stop);
        Assert.Equal(Native.EffectiveUser(), LinkControl.UidOf(caller));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
    }

    [Fact]
    public async Task A_caller_who_is_somebody_else_is_refused()
    {
        var me = Native.EffectiveUser();
        foreach (var (uid, isAnswered) in new[] { (0u, true), (me, true), (me + 4_000, false), (uint.MaxValue, false) })
            Assert.Equal(isAnswered, LinkControl.MayAsk(uid, me));
        await ServingAsync(async ask => Assert.Null((await ask(new LinkOrder("list"))).Error));
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_a_socket_that_nobody_answers() =>
        await Assert.ThrowsAsync<SocketException>(() => LinkCommand.SendAsync(Socket, new LinkOrder("list"), Stop));

    [Theory]
    [InlineData(80)]
    public void Who_is_signed_in_fits_the_terminal(int width)
    {
        var now = new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
        ListedSession Session(string user, string browser) =>
            new("0123456789ab", user, browser, now, now.AddHours(2), now.AddDays(30));
        var lines = Shown.Lines(
            LinkCommand.Table([
                Session("alice", "Firefox on Linux"),
                Session("maximiliana-von-und-zu-hohenfels", "Samsung Internet on Android"),
                Session("bob", "[red]x"),
            ]),
            width
        );
        Assert.Equal(3, lines.Count(line => line.StartsWith("0123456789ab ", StringComparison.Ordinal)));
        Assert.Contains(
            lines,
            line =>
                line.Contains("alice", StringComparison.Ordinal)
                && line.Contains("Firefox on Linux", StringComparison.Ordinal)
        );
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private LinkControl Control(SignInDesk? desk) => new(desk, desk is null ? "jwt" : "link", _site.Said.Add);

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    private async Task ServingAsync(Func<Func<LinkOrder, Task<LinkAnswer>>, Task> visit)
    {
        using var listener = LinkControl.Listen(Socket);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var serving = Control(_site.Desk).RunAsync(listener, end.Token);
        await visit(order => LinkCommand.SendAsync(Socket, order, Stop));
        await end.CancelAsync();
        await serving;
    }
}
