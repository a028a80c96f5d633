using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Berth.Doubles.T3;
using Berth.Servers;
using Xunit;

namespace Berth.Gateway;

/// <summary>The double of T3 Code, as its contract is known, on the wire and as a program.</summary>
public class T3DoubleTests
{
    private static readonly HttpClient s_client = new(
        new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = false,
        }
    );

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(int Status, string Type, JsonElement? Json, HttpResponseHeaders Headers)> Ask(
        T3Double server,
        HttpMethod method,
        string path,
        string? body = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, server.Address + path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await s_client.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        JsonElement? json = text.StartsWith('{') ? JsonDocument.Parse(text).RootElement.Clone() : null;
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        return ((int)response.StatusCode, type, json, response.Headers);
    }

    private static string Credential(T3Double server) => MintOutput.Parse(server.IssueCredential())!.Credential!;

    private static async Task<string> Cookie(T3Double server)
    {
        var body = $$"""{"credential":"{{Credential(server)}}"}""";
        var (status, _, _, headers) = await Ask(server, HttpMethod.Post, "/api/auth/browser-session", body);
        Assert.Equal(200, status);
        return headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    [Fact]
    public async Task Unknown_paths_answer_the_page_and_health_is_one_of_them()
    {
        await using var server = await T3Double.Start();
        foreach (var path in (string[])["/", "/health", "/api/auth/bootstrap", "/thread/1"])
        {
            var (status, type, _, _) = await Ask(server, HttpMethod.Get, path);
            Assert.Equal((200, "text/html"), (status, type));
        }
        Assert.Equal(404, (await Ask(server, HttpMethod.Post, "/api/auth/bootstrap", "{}")).Status);
        var (_, _, environment, _) = await Ask(server, HttpMethod.Get, "/.well-known/t3/environment");
        Assert.Equal(
            ["environmentId", "label", "platform", "serverVersion", "capabilities"],
            environment!.Value.EnumerateObject().Select(property => property.Name)
        );
    }

    [Fact]
    public async Task A_credential_is_exchanged_once()
    {
        await using var server = await T3Double.Start();
        var body = $$"""{"credential":"{{Credential(server)}}"}""";
        var (status, _, json, headers) = await Ask(server, HttpMethod.Post, "/api/auth/browser-session", body);
        Assert.Equal((200, true), (status, json!.Value.GetProperty("authenticated").GetBoolean()));
        Assert.Matches(
            $"^{server.CookieName}=[^;]+; Path=/; Expires=[^;]+; HttpOnly; SameSite=Lax$",
            headers.GetValues("Set-Cookie").Single()
        );
        var (again, _, error, _) = await Ask(server, HttpMethod.Post, "/api/auth/browser-session", body);
        Assert.Equal(
            (401, "EnvironmentAuthInvalidError", "invalid_credential"),
            (again, error!.Value.GetProperty("_tag").GetString(), error.Value.GetProperty("reason").GetString())
        );
        foreach (var malformed in (string[])["", "{}", "[]", """{"credential":""}""", """{"credential":7}"""])
            Assert.Equal(400, (await Ask(server, HttpMethod.Post, "/api/auth/browser-session", malformed)).Status);
    }

    [Fact]
    public async Task A_bearer_issues_credentials_and_a_browsers_session_does_not()
    {
        await using var server = await T3Double.Start();
        var bearer = MintOutput.Parse(server.IssueSession())!.Bearer!;
        const string path = "/api/auth/pairing-token";
        var (status, _, json, _) = await Ask(
            server,
            HttpMethod.Post,
            path,
            """{"label":"berth"}""",
            ("Authorization", $"Bearer {bearer}")
        );
        Assert.Equal(200, status);
        Assert.Equal(
            ["credential", "expiresAt", "id", "label"],
            json!.Value.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(12, json.Value.GetProperty("credential").GetString()!.Length);
        Assert.Equal(401, (await Ask(server, HttpMethod.Post, path, "{}")).Status);
        Assert.Equal(
            401,
            (await Ask(server, HttpMethod.Post, path, "{}", ("Authorization", $"Bearer {bearer}x"))).Status
        );
        var cookie = await Cookie(server);
        Assert.Equal(403, (await Ask(server, HttpMethod.Post, path, "{}", ("Cookie", cookie))).Status);
        server.LoseSessions();
        Assert.Equal(
            401,
            (await Ask(server, HttpMethod.Post, path, "{}", ("Authorization", $"Bearer {bearer}"))).Status
        );
    }

    [Fact]
    public async Task A_websocket_wants_a_session_and_its_own_origin()
    {
        await using var server = await T3Double.Start();
        Assert.Equal(401, (await Ask(server, HttpMethod.Get, "/ws")).Status);
        var cookie = await Cookie(server);
        var foreign = await Ask(
            server,
            HttpMethod.Get,
            "/ws",
            null,
            ("Cookie", cookie),
            ("Origin", "https://elsewhere.example")
        );
        Assert.Equal(403, foreign.Status);

        var (_, _, ticket, _) = await Ask(
            server,
            HttpMethod.Post,
            "/api/auth/websocket-ticket",
            "{}",
            ("Cookie", cookie)
        );
        foreach (
            var (query, headers) in (IEnumerable<(string, (string, string)[])>)
                [
                    ("", [("Cookie", cookie), ("Origin", server.Address)]),
                    (
                        "",
                        [("Cookie", cookie), ("Origin", "https://code.example"), ("X-Forwarded-Host", "code.example")]
                    ),
                    ($"?wsTicket={ticket!.Value.GetProperty("ticket").GetString()}", []),
                ]
        )
        {
            using var socket = new ClientWebSocket();
            socket.Options.Proxy = null;
            foreach (var (name, value) in headers)
                socket.Options.SetRequestHeader(name, value);
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/ws{query}"), Stop);
            await socket.SendAsync(
                """{"_tag":"Ping"}"""u8.ToArray(),
                WebSocketMessageType.Text,
                endOfMessage: true,
                Stop
            );
            var buffer = new byte[100];
            var heard = await socket.ReceiveAsync(buffer, Stop);
            Assert.Equal("""{"_tag":"Pong"}""", Encoding.UTF8.GetString(buffer, 0, heard.Count));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        }
    }

    [Fact]
    public async Task Three_generations_call_their_session_in_three_ways()
    {
        using var folder = new TemporaryFolder();
        async Task<string> Name(CookieGeneration generation)
        {
            await using var server = await T3Double.Start(
                new T3Options { Cookie = generation, BaseFolder = folder.Path }
            );
            var (_, _, session, _) = await Ask(server, HttpMethod.Get, "/api/auth/session");
            var name = session!.Value.GetProperty("auth").GetProperty("sessionCookieName").GetString()!;
            return name.Replace(server.Port.ToString(), "PORT", StringComparison.Ordinal);
        }
        Assert.Equal("t3_session", await Name(CookieGeneration.Plain));
        Assert.Matches("^t3_session_PORT_[0-9a-f]{12}$", await Name(CookieGeneration.Loopback));
        Assert.Matches("^t3_session_[0-9a-f]{12}$", await Name(CookieGeneration.Remote));
        Assert.Equal(await Name(CookieGeneration.Remote), await Name(CookieGeneration.Remote));
    }

    [Fact]
    public async Task What_it_prints_at_its_start_is_redacted_where_it_is_shown()
    {
        await using var server = await T3Double.Start();
        var lines = server.Announcement().Split('\n');
        var token = lines[1].Split(' ')[1];
        Assert.Equal(12, token.Length);
        Assert.All(lines, line => Assert.DoesNotContain(token, Redaction.Line(line), StringComparison.Ordinal));
        Assert.All(lines[3..], line => Assert.Equal("[redacted QR code]", Redaction.Line(line)));
    }

    [Fact]
    public async Task One_program_serves_and_issues_what_its_people_sign_in_with()
    {
        using var folder = new TemporaryFolder();
        using var server = Begin("serve", "--port", "0", "--host", "127.0.0.1", "--base-dir", folder.Path);
        try
        {
            var line = await server.StandardOutput.ReadLineAsync(Stop);
            Assert.StartsWith("Listening on http://127.0.0.1:", line, StringComparison.Ordinal);
            var port = new Uri(line!.Split(' ')[^1]).Port;
            Assert.True(File.Exists(Path.Join(folder.Path, "userdata", "server-runtime.json")));
            // As the daemon has it, from the words of the unit to the browser's session.
            var route = PairingFront.Route("t3", port) with
            {
                Command = string.Join('\n', Program, "serve", "--base-dir", folder.Path),
            };
            using var upstream = PairingFront.Upstream();
            var source = new TestSource
            {
                Mint = async kind =>
                {
                    var command = MintCommand.For(route, kind)!;
                    using var issue = Begin([.. command.Arguments]);
                    var output = await issue.StandardOutput.ReadToEndAsync(Stop);
                    await issue.WaitForExitAsync(Stop);
                    Assert.Equal(0, issue.ExitCode);
                    return output;
                },
            };
            var pairing = Pairings.For(route, upstream, source, TimeProvider.System);
            Assert.True(await pairing.PrepareAsync(T3PairingTests.Page(), isNavigation: true, Stop));
            Assert.NotNull(MintOutput.Parse(await source.Mint(MintKind.Credential))!.Credential);

            using var kill = Process.Start("kill", ["-TERM", server.Id.ToString()]);
            await server.WaitForExitAsync(Stop);
            Assert.Equal(0, server.ExitCode);
            Assert.False(File.Exists(Path.Join(folder.Path, "userdata", "server-runtime.json")));
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }
    }

    [Theory]
    [InlineData("serve", "--prot", "1")]
    [InlineData("auth", "session", "list")]
    [InlineData("auth", "session", "issue", "--base-dir")]
    public async Task It_takes_no_option_that_it_does_not_know(params string[] arguments)
    {
        using var process = Begin(arguments);
        await process.WaitForExitAsync(Stop);
        Assert.Equal(1, process.ExitCode);
    }

    private static string Program => Path.Join(AppContext.BaseDirectory, "t3");

    private static Process Begin(params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
}
