using System.Net.Sockets;
using System.Text;
using Berth.Control;
using Berth.Host;
using Berth.Rosters;
using Xunit;

namespace Berth.Gateway;

/// <summary>The control socket, with a real socket, a real kernel's word of who asks, and commands of the test.</summary>
public sealed class DaemonTests : IAsyncDisposable
{
    private const string Alice = "alice-secret-of-opencode";
    private readonly TemporaryFolder _root = new();
    private readonly HandClock _clock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<MintCommand> _ran = [];
    private readonly PairingRequests _requests;
    private readonly ControlServer _server;
    private readonly Socket _listener;
    private readonly Task _running;
    private Func<MintCommand, Task<BoundedOutcome>> _run = _ => Task.FromResult(new BoundedOutcome(0, "{}"));
    private uint? _peer = 0;

    public DaemonTests()
    {
        var paths = new HostPaths(_root.Path);
        var t3 = PairingFront.Route("t3", 3773, "bob");
        var parked = PairingFront.Route("opencode", 4097, "carol") with { State = RouteState.Parked };
        var config = new GatewayConfig(
            new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link),
            [PairingFront.Route("opencode", 4096), t3, parked]
        );
        _root.Write(GatewayConfig.Path[1..], config.ToJson());
        _root.Write("etc/opencode-serve/alice.secret.env", $"OPENCODE_SERVER_PASSWORD={Alice}\nOTHER=x\n");
        _root.Write("etc/opencode-serve/carol.secret.env", "OPENCODE_SERVER_PASSWORD=carols\n");
        _root.Write("etc/t3-serve/bob.secret.env", "OPENCODE_SERVER_PASSWORD=none-of-t3\n");
        _listener = ControlSocket.Open(paths);
        _requests = new PairingRequests(
            paths,
            new ServerMint(
                (_, command, _) =>
                {
                    lock (_ran)
                        _ran.Add(command);
                    return _run(command);
                }
            ),
            _clock
        );
        _server = new ControlServer(_listener, _ => _peer, uid => uid is 0 or 990, _requests.AnswerAsync, _clock);
        _running = _server.RunAsync(() => { }, TimeSpan.FromMinutes(1), _end.Token);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string SocketPath => Path.Join(_root.Path, ControlSocket.Path);

    private DaemonClient Client => new(SocketPath, _clock) { Owner = Native.EffectiveUser() };

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _server.Dispose();
        _requests.Dispose();
        _listener.Dispose();
        _end.Dispose();
        _root.Dispose();
    }

    private async Task<Socket> Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Stop);
        return socket;
    }

    /// <summary>Everything that is said until the connection ends.</summary>
    private static async Task<string> Hear(Socket socket)
    {
        var heard = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, Stop)) > 0)
                heard.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (SocketException end) when (end.SocketErrorCode is SocketError.ConnectionReset)
        {
            // It ended without having read all that was sent.
        }
        return heard.ToString();
    }

    private async Task<string> Ask(string line)
    {
        using var socket = await Connect();
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(line), Stop);
        }
        catch (SocketException)
        {
            // It was told off, and hung up on, before it could ask.
        }
        return await Hear(socket);
    }

    [Fact]
    public async Task The_gateway_gets_the_secret_of_a_persons_server()
    {
        _peer = 990;
        var alice = PairingFront.Route("opencode", 4096);
        Assert.Equal(Alice, await Client.SecretAsync(alice, "OPENCODE_SERVER_PASSWORD", Stop));
    }

    [Theory]
    [InlineData(1000u)]
    [InlineData(65534u)]
    [InlineData(null)]
    public async Task Whoever_else_asks_is_told_off_before_a_word_is_read(uint? uid)
    {
        _peer = uid;
        using var socket = await Connect();
        // Nothing has been sent, and the answer is there.
        var said = await Hear(socket);
        Assert.Contains("for the gateway and for root", said, StringComparison.Ordinal);
        // The control: the same connection of root's waits for a request and gets its answer.
        _peer = 0;
        var line = """{"ask":"secret","user":"alice","variable":"OPENCODE_SERVER_PASSWORD"}""" + "\n";
        Assert.Contains(Alice, await Ask(line), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernel_says_who_is_at_the_other_end()
    {
        using var socket = await Connect();
        Assert.Equal(Native.EffectiveUser(), PeerCredential.Uid(socket));
        using var datagram = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.NotEqual(Native.EffectiveUser(), PeerCredential.Uid(datagram) ?? uint.MaxValue);
    }

    [Theory]
    [InlineData("alice", "OTHER")]
    [InlineData("alice", "PATH")]
    [InlineData("alice", "OPENCODE_SERVER_PASSWORD=")]
    [InlineData("bob", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("carol", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("../opencode-serve/alice", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("alice/../alice", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("Alice", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("alice\u0000", "OPENCODE_SERVER_PASSWORD")]
    [InlineData("", "OPENCODE_SERVER_PASSWORD")]
    public async Task What_the_preset_does_not_name_or_nobody_has_is_not_read(string user, string variable)
    {
        var said = await Ask(new ControlRequest("secret", user, variable).ToLine());
        Assert.NotNull(ControlAnswer.Parse(said)!.Error);
        Assert.Null(ControlAnswer.Parse(said)!.Value);
        Assert.DoesNotContain("carols", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"ask":"secret"}""")]
    [InlineData("""{"ask":"secret","user":null,"variable":"OPENCODE_SERVER_PASSWORD"}""")]
    [InlineData("""{"ask":"secret","user":"alice","variable":"OPENCODE_SERVER_PASSWORD","path":"/etc/shadow"}""")]
    [InlineData("""{"ask":"run","user":"alice"}""")]
    [InlineData("""{"ask":"mint","user":"bob"}""")]
    [InlineData("""{"ask":"mint","user":"bob","kind":"Everything"}""")]
    public async Task What_is_no_request_gets_one_line_and_no_more(string line)
    {
        var said = await Ask(line + "\n");
        Assert.Single(said.TrimEnd().Split('\n'));
        Assert.NotNull(ControlAnswer.Parse(said)!.Error);
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task A_request_that_is_too_long_or_never_ends_is_cut_off_and_others_are_served()
    {
        Assert.Contains("no request", await Ask(new string('x', 2 * ControlRequest.Largest)), StringComparison.Ordinal);
        using var idle = await Connect();
        await idle.SendAsync(Encoding.UTF8.GetBytes("{\"ask\":"), Stop);
        var alice = PairingFront.Route("opencode", 4096);
        Assert.Equal(Alice, await Client.SecretAsync(alice, "OPENCODE_SERVER_PASSWORD", Stop));
        // It is being waited for, and not for ever.
        var ended = Hear(idle);
        while (!ended.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Stop);
        }
        Assert.Equal("", await ended);
    }

    [Fact]
    public async Task More_connections_than_there_is_room_for_are_told_so()
    {
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 32; i++)
                idle.Add(await Connect());
            string said;
            do said = await Ask("x\n");
            while (!said.Contains("too many", StringComparison.Ordinal));
            foreach (var socket in idle)
                socket.Dispose();
            // Those who went away make room at once.
            do said = await Ask("x\n");
            while (!said.Contains("no request", StringComparison.Ordinal));
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_persons_program_is_run_as_them_and_what_it_prints_is_handed_on()
    {
        _run = _ => Task.FromResult(new BoundedOutcome(0, """{"token":"a-bearer"}"""));
        var bob = PairingFront.Route("t3", 3773, "bob");
        var output = await Client.MintAsync(bob, MintKind.Session, Stop);
        Assert.Equal("a-bearer", MintOutput.Parse(output)!.Bearer);
        var command = Assert.Single(_ran);
        Assert.Equal("/usr/bin/t3", command.Program);
        Assert.Equal(["auth", "session", "issue", "--json", "--base-dir", "/home/bob/.t3"], command.Arguments);
    }

    [Fact]
    public async Task A_build_that_issues_no_sessions_issues_a_credential()
    {
        _run = command =>
            Task.FromResult(
                command.Arguments.Contains("pairing")
                    ? new BoundedOutcome(0, """{"credential":"ABCDEFGHJKLM"}""")
                    : new BoundedOutcome(1, "")
            );
        var bob = PairingFront.Route("t3", 3773, "bob");
        var output = await Client.MintAsync(bob, MintKind.Session, Stop);
        Assert.Equal("ABCDEFGHJKLM", MintOutput.Parse(output)!.Credential);
    }

    [Fact]
    public async Task Nobody_has_programs_run_without_end()
    {
        var bob = PairingFront.Route("t3", 3773, "bob");
        for (var time = 0; time < 10; time++)
            await Client.MintAsync(bob, MintKind.Session, Stop);
        var refused = await Assert.ThrowsAsync<PairingException>(() => Client.MintAsync(bob, MintKind.Session, Stop));
        Assert.Contains("too often", refused.Message, StringComparison.Ordinal);
        Assert.Equal(10, _ran.Count);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await Client.MintAsync(bob, MintKind.Session, Stop);
    }

    [Fact]
    public async Task One_person_has_one_program_run_at_a_time()
    {
        var go = new TaskCompletionSource();
        _run = async _ =>
        {
            await go.Task;
            return new BoundedOutcome(0, "{}");
        };
        var bob = PairingFront.Route("t3", 3773, "bob");
        var both = Task.WhenAll(
            Client.MintAsync(bob, MintKind.Session, Stop),
            Client.MintAsync(bob, MintKind.Session, Stop)
        );
        // A third request is answered while they wait: theirs have been read.
        await Client.SecretAsync(PairingFront.Route("opencode", 4096), "OPENCODE_SERVER_PASSWORD", Stop);
        while (_ran.Count == 0)
            await Task.Delay(10, Stop);
        Assert.Single(_ran);
        go.SetResult();
        await both;
        Assert.Equal(2, _ran.Count);
    }

    [Fact]
    public async Task A_socket_that_root_did_not_open_is_asked_nothing()
    {
        var foreign = new DaemonClient(SocketPath, _clock) { Owner = Native.EffectiveUser() + 1 };
        var alice = PairingFront.Route("opencode", 4096);
        var refused = await Assert.ThrowsAsync<PairingException>(() =>
            foreign.SecretAsync(alice, "OPENCODE_SERVER_PASSWORD", Stop)
        );
        Assert.Contains("not opened by root", refused.Message, StringComparison.Ordinal);
        var gone = new DaemonClient(SocketPath + ".gone", _clock);
        var away = await Assert.ThrowsAsync<PairingException>(() => gone.SecretAsync(alice, "X", Stop));
        Assert.Contains("systemctl status berth", away.Message, StringComparison.Ordinal);
    }
}
