using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>Servers with a password that the gateway knows and the browser does not.</summary>
public class PasswordPairingTests
{
    private const string Password = "generated-password";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A server that asks for Basic and remembers what it was sent.</summary>
    private sealed class Basic : IAsyncDisposable
    {
        private Listening _listening = null!;

        public string Password { get; set; } = PasswordPairingTests.Password;

        public ConcurrentQueue<string> Seen { get; } = new();

        public Uri Address => _listening.Address;

        public static async Task<Basic> Start()
        {
            var server = new Basic();
            server._listening = await Listening.Start(async context =>
            {
                var sent = context.Request.Headers.Authorization.ToString();
                server.Seen.Enqueue(sent);
                if (sent == Header("opencode", server.Password))
                {
                    await context.Response.WriteAsync("welcome", context.RequestAborted);
                    return;
                }
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"opencode\"";
            });
            return server;
        }

        public static string Header(string user, string password) =>
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

        public ValueTask DisposeAsync() => _listening.DisposeAsync();
    }

    [Theory]
    [InlineData("navigate")]
    [InlineData("cors")]
    [InlineData("websocket")]
    public async Task The_password_is_added_on_the_way_and_what_the_browser_sends_is_dropped(string mode)
    {
        await using var server = await Basic.Start();
        var source = new TestSource { Secret = variable => variable == "OPENCODE_SERVER_PASSWORD" ? Password : "" };
        await using var front = await PairingFront.Start("opencode", server.Address.ToString(), source);
        using var browser = front.Open();
        using var answer = await browser.Send(
            HttpMethod.Get,
            "/",
            mode,
            AuthenticationHeaderValue.Parse(Basic.Header("opencode", "guessed"))
        );
        Assert.Equal("welcome", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal([Basic.Header("opencode", Password)], server.Seen);
        Assert.DoesNotContain(
            Password,
            answer.Headers.ToString() + string.Concat(browser.Cookies.Select(cookie => cookie.Value)),
            StringComparison.Ordinal
        );
        // The control: without it the server asks the browser.
        await using var bare = await PairingFront.Start(server.Address, _ => new NoPairing());
        using var asked = await bare.Open().Send(HttpMethod.Get, "/", mode);
        Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
        Assert.NotEmpty(asked.Headers.WwwAuthenticate);
    }

    [Fact]
    public async Task A_password_that_was_generated_anew_is_fetched_and_nobody_is_asked_for_it()
    {
        await using var server = await Basic.Start();
        var password = Password;
        var source = new TestSource { Secret = _ => password };
        await using var front = await PairingFront.Start("opencode", server.Address.ToString(), source);
        using var browser = front.Open();
        using var before = await browser.Navigate();
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        server.Password = password = "another-password";
        using var refused = await browser.Fetch("/event");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Empty(refused.Headers.WwwAuthenticate);
        using var after = await browser.Fetch("/event");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Without_the_daemon_the_password_is_still_known_where_it_was_once()
    {
        await using var server = await Basic.Start();
        var source = new TestSource { Secret = _ => Password };
        await using var front = await PairingFront.Start("opencode", server.Address.ToString(), source);
        using var browser = front.Open();
        using var before = await browser.Navigate();
        source.Secret = _ => throw new PairingException("the daemon does not answer");
        using var after = await browser.Navigate();
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        await using var fresh = await PairingFront.Start("opencode", server.Address.ToString(), source);
        using var other = fresh.Open();
        using var told = await other.Navigate();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, told.StatusCode);
    }

    /// <summary>code-server as far as signing in goes: a form, a cookie, a redirect to the form without it.</summary>
    private sealed class CodeServer : IAsyncDisposable
    {
        private Listening _listening = null!;
        private int _logins;

        public string Session { get; set; } = "%24argon2id%24first";

        public int Logins => _logins;

        public Uri Address => _listening.Address;

        public static async Task<CodeServer> Start()
        {
            var server = new CodeServer();
            server._listening = await Listening.Start(server.Answer);
            return server;
        }

        public ValueTask DisposeAsync() => _listening.DisposeAsync();

        private async Task Answer(HttpContext context)
        {
            var signedIn = context.Request.Headers.Cookie.ToString().Contains($"code-server-session={Session}");
            switch (context.Request.Method, context.Request.Path.Value)
            {
                case ("POST", "/login"):
                    var form = await context.Request.ReadFormAsync(context.RequestAborted);
                    Interlocked.Increment(ref _logins);
                    if (form["password"] != Password)
                    {
                        await context.Response.WriteAsync("Incorrect password", context.RequestAborted);
                        return;
                    }
                    context.Response.Headers.SetCookie =
                        $"code-server-session={Session}; Domain=example.com; Path=/; SameSite=Lax";
                    context.Response.Redirect("./");
                    break;
                case (_, "/login"):
                    if (signedIn)
                        context.Response.Redirect("./");
                    else
                        await context.Response.WriteAsync("password?", context.RequestAborted);
                    break;
                default:
                    if (signedIn)
                        await context.Response.WriteAsync(
                            $"editor of {context.Request.Headers.Cookie}",
                            context.RequestAborted
                        );
                    else
                        context.Response.Redirect("./login");
                    break;
            }
        }
    }

    [Fact]
    public async Task code_server_is_signed_in_to_by_the_gateway_and_heals()
    {
        await using var server = await CodeServer.Start();
        var source = new TestSource { Secret = variable => variable == "PASSWORD" ? Password : "" };
        await using var front = await PairingFront.Start("code-server", server.Address.ToString(), source);
        using var browser = front.Open();
        for (var page = 0; page < 3; page++)
        {
            using var answer = await browser.Navigate();
            Assert.Equal(
                $"editor of code-server-session={server.Session}",
                await answer.Content.ReadAsStringAsync(Stop)
            );
        }
        Assert.Equal(1, server.Logins);
        // What it kept is worth nothing any more: the browser is led to the form and from there straight back.
        server.Session = "%24argon2id%24second";
        using var healed = await browser.Navigate();
        Assert.StartsWith("editor of", await healed.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(2, server.Logins);
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task A_password_that_code_server_does_not_take_is_an_incident()
    {
        await using var server = await CodeServer.Start();
        var source = new TestSource { Secret = _ => "some-other" };
        await using var front = await PairingFront.Start("code-server", server.Address.ToString(), source);
        using var browser = front.Open();
        using var answer = await browser.Navigate();
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.DoesNotContain("some-other", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    /// <summary>Claude Code UI as far as signing in goes: the first one registers, everybody else signs in.</summary>
    private sealed class ClaudeCodeUi : IAsyncDisposable
    {
        private Listening _listening = null!;
        private int _tokens;

        public string? Registered { get; set; }

        public string? Token { get; set; }

        public Uri Address => _listening.Address;

        public static async Task<ClaudeCodeUi> Start()
        {
            var server = new ClaudeCodeUi();
            server._listening = await Listening.Start(server.Answer);
            return server;
        }

        public ValueTask DisposeAsync() => _listening.DisposeAsync();

        private async Task Answer(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            switch (context.Request.Path.Value)
            {
                case "/api/auth/login":
                    await Given(context, Registered == body, 401);
                    break;
                case "/api/auth/register":
                    Registered ??= body;
                    await Given(context, Registered == body, 403);
                    break;
                case "/api/auth/user":
                    var bearer = context.Request.Headers.Authorization.ToString();
                    context.Response.StatusCode = Token is not null && bearer == $"Bearer {Token}" ? 200 : 403;
                    break;
                default:
                    await context.Response.WriteAsync("the page", context.RequestAborted);
                    break;
            }
        }

        private async Task Given(HttpContext context, bool given, int otherwise)
        {
            context.Response.StatusCode = given ? 200 : otherwise;
            if (given)
                Token = $"header.payload.signature{Interlocked.Increment(ref _tokens)}";
            await context.Response.WriteAsync(
                given ? $$"""{"success":true,"token":"{{Token}}"}""" : """{"error":"no"}""",
                context.RequestAborted
            );
        }
    }

    [Fact]
    public async Task Claude_Code_UI_is_registered_once_and_its_page_gets_its_token()
    {
        await using var server = await ClaudeCodeUi.Start();
        var source = new TestSource { Secret = variable => variable == "JWT_SECRET" ? "signing-secret" : "" };
        var clock = new HandClock();
        await using var front = await PairingFront.Start("claude-code-ui", server.Address.ToString(), source, clock);
        using var browser = front.Open();
        using var handed = await browser.Navigate("/session/1?x=</script>");
        var text = await handed.Content.ReadAsStringAsync(Stop);
        Assert.Contains($"\"auth-token\", \"{server.Token}\"", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("</script>").Length - 1);
        Assert.Contains("script-src 'nonce-", handed.Headers.ToString(), StringComparison.Ordinal);
        Assert.Contains("no-store", handed.Headers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("signing-secret", server.Registered! + text, StringComparison.Ordinal);
        using var page = await browser.Navigate("/session/1");
        Assert.Equal("the page", await page.Content.ReadAsStringAsync(Stop));
        using var fetched = await front.Open().Fetch("/api/projects");
        Assert.Equal("the page", await fetched.Content.ReadAsStringAsync(Stop));

        // Its service worker would keep an old page in front of the gateway: what comes in its place does away with it.
        using var worker = await browser.Fetch("/sw.js");
        Assert.Equal("text/javascript", worker.Content.Headers.ContentType?.MediaType);
        Assert.Contains("unregister()", await worker.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        await using var bare = await PairingFront.Start(server.Address, _ => new NoPairing());
        using var its = await bare.Open().Fetch("/sw.js");
        Assert.Equal("the page", await its.Content.ReadAsStringAsync(Stop));

        // A token that is worth nothing any more is replaced.
        server.Token = null;
        clock.Advance(TimeSpan.FromMinutes(1));
        using var again = await browser.Navigate();
        Assert.Contains(server.Token!, await again.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        // An account of the person's own making is left to them.
        server.Registered = "somebody";
        server.Token = null;
        clock.Advance(TimeSpan.FromMinutes(1));
        using var own = await browser.Navigate();
        Assert.Equal("the page", await own.Content.ReadAsStringAsync(Stop));
    }
}
