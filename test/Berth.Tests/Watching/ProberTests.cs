using System.Net;
using System.Net.Sockets;
using System.Text;
using Berth.Doubles.T3;
using Berth.Gateway;
using Berth.Host;
using Berth.Servers;
using Berth.Units;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Watching;

/// <summary>Real servers, asked over real connections.</summary>
public sealed class ProberTests : IDisposable
{
    private readonly KernelSockets _sockets = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _sockets.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(200, "{\"environmentId\":\"e1\"}", "")]
    [InlineData(200, "<html>T3 answers this to anything</html>", "answers something that is not its ready check")]
    [InlineData(200, "{\"ready\":true}", "answers JSON without 'environmentId'")]
    [InlineData(500, "{\"environmentId\":\"e1\"}", "answers 500")]
    public async Task A_good_answer_is_its_presets_and_never_a_bare_200(int status, string body, string said)
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        var answer = await AskAsync(server.Port, Presets.T3.Ready);
        Assert.Equal(new Answer(said.Length == 0, true, said), answer);
    }

    [Fact]
    public async Task A_server_that_takes_requests_and_never_answers_is_silent()
    {
        await using var server = new RawServer(
            (client, _) => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken)
        );
        Assert.Equal(Answer.Silence("does not answer"), await AskAsync(server.Port, Presets.T3.Ready, impatient: true));
    }

    [Fact]
    public async Task Nobody_listening_is_a_refusal()
    {
        var server = new RawServer(null);
        await server.DisposeAsync();
        Assert.Equal(Answer.Silence("refuses connections"), await AskAsync(server.Port, Presets.T3.Ready));
    }

    /// <summary>The control is the first test: the same answer of the right person is good.</summary>
    [Fact]
    public async Task What_somebody_else_answers_is_never_taken_for_it_and_no_password_is_sent_there()
    {
        var requests = 0;
        await using var server = await TestServer.StartAsync(context =>
        {
            requests++;
            return context.Response.WriteAsync("{\"healthy\":true}");
        });
        Secret("OPENCODE_SERVER_PASSWORD=hidden");
        var answer = await AskAsync(server.Port, Presets.OpenCode.Ready, uid: 4_711);
        Assert.Equal(Answer.Silence("does not have its port: another's process does"), answer);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task A_server_with_a_password_is_asked_with_it()
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            var right = $"Basic {Convert.ToBase64String("opencode:hidden"u8)}";
            context.Response.StatusCode = context.Request.Headers.Authorization == right ? 200 : 401;
            return context.Response.WriteAsync("{\"healthy\":true}");
        });
        // Without it the server asks for it: it is up.
        Assert.True((await AskAsync(server.Port, Presets.OpenCode.Ready)).Good);
        Secret("OPENCODE_SERVER_PASSWORD=wrong");
        Assert.Equal(Answer.Wrong("answers 401"), await AskAsync(server.Port, Presets.OpenCode.Ready));
        Secret("OPENCODE_SERVER_PASSWORD=hidden");
        Assert.True((await AskAsync(server.Port, Presets.OpenCode.Ready)).Good);
    }

    [Theory]
    [InlineData(null, "works")]
    [InlineData(T3Fault.NoCookie, "fails: alice's server signs in and sets no session")]
    [InlineData(T3Fault.AuthBroken, "fails: alice's server fails to sign anybody in for the moment")]
    public async Task A_server_that_signs_people_in_is_signed_in_to_from_end_to_end(T3Fault? fault, string says)
    {
        await using var server = await T3Double.Start(new T3Options { Label = "alice" });
        if (fault is { } wrong)
            server.Set(wrong);
        var route = Route(new Uri(server.Address).Port, Presets.T3.Ready, (int)Native.EffectiveUser());
        using var prober = new Prober(route with { Preset = "t3" }, _sockets.Find, new HostPaths(_folder.Path));
        var check = new PairingCheck(TestSource.Of(server), TimeProvider.System);
        Assert.Equal(says, await check.RunAsync(prober, TestContext.Current.CancellationToken));
        using var other = new Prober(route with { Preset = "custom" }, _sockets.Find, new HostPaths(_folder.Path));
        Assert.Null(await check.RunAsync(other, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_look_tells_whose_the_listener_is_and_how_many_wait_there()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(16);
        var at = (IPEndPoint)listener.LocalEndPoint!;
        using var clock = new BootClock(HostPaths.Live);
        using var own = Place(at.Port, (int)Native.EffectiveUser(), clock);
        using var others = Place(at.Port, 4_711, clock);
        Assert.Equal((Door.Open, 0), own.Door());
        using (var waiting = new TcpClient())
        {
            waiting.Connect(at);
            Assert.Equal((Door.Open, 1), own.Door());
        }
        Assert.Equal((Door.Squatted, 0), others.Door());
        listener.Close();
        Assert.Equal((Door.Closed, 0), own.Door());
    }

    [Fact]
    public void The_boot_clock_counts_milliseconds()
    {
        using var clock = new BootClock(new HostPaths(_folder.Path));
        _folder.Write("proc/uptime", "12345.67 999.00\n");
        Assert.Equal(12_345_670, clock.Now());
    }

    private Place Place(int port, int uid, BootClock clock) =>
        new(Route(port, Presets.T3.Ready, uid), new HostPaths(_folder.Path), _sockets.Find, clock);

    private void Secret(string text) =>
        _folder.Write(ServerUnits.SecretPath("opencode", "alice").TrimStart('/'), text + "\n");

    private static Route Route(int port, ReadyCheck ready, int uid) =>
        GatewayConfigs.Route("alice", "", uid) with
        {
            Port = port,
            Ready = ready,
        };

    private async Task<Answer> AskAsync(int port, ReadyCheck ready, int? uid = null, bool impatient = false)
    {
        using var prober = new Prober(
            Route(port, ready, uid ?? (int)Native.EffectiveUser()),
            _sockets.Find,
            new HostPaths(_folder.Path)
        );
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        if (impatient)
            patience.CancelAfter(300);
        return await prober.AskAsync(patience.Token);
    }
}
