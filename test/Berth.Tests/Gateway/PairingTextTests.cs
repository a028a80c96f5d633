using System.Text;
using Xunit;

namespace Berth.Gateway;

/// <summary>What is read of servers' and commands' words, and what is made of it.</summary>
public class PairingTextTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public void Only_the_session_that_the_server_named_is_passed_on_and_on_our_terms()
    {
        string[] sets =
        [
            "other=1; Path=/",
            "t3_session=old; Path=/",
            "t3_session=a.b-c; Domain=example.com; Path=/api; SameSite=None; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
            "berth_session=mine",
        ];
        var session = SessionCookie.Pick(sets, "t3_session")!;
        Assert.Equal(
            "t3_session=a.b-c; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly; SameSite=Lax",
            session.Header(secure: false)
        );
        Assert.EndsWith("; SameSite=Lax; Secure", session.Header(secure: true), StringComparison.Ordinal);
        Assert.DoesNotContain("a.b-c", session.ToString(), StringComparison.Ordinal);
        Assert.Null(SessionCookie.Pick(sets, "t3_session_x"));
        // What Berth itself calls its cookies is not for servers, whatever they say.
        Assert.Null(SessionCookie.Pick(sets, "berth_session"));
    }

    [Theory]
    [InlineData("s=")]
    [InlineData("s")]
    [InlineData("s=\"quoted\"")]
    [InlineData("s=a b")]
    [InlineData("s=a,b")]
    [InlineData("s=a\u00e4")]
    [InlineData("s=a\\b")]
    [InlineData("s=gone; Max-Age=0")]
    [InlineData("s=gone; max-age=-1")]
    [InlineData(" ; s=x")]
    public void A_cookie_that_is_none_is_not_passed_on(string set) => Assert.Null(SessionCookie.Pick([set], "s"));

    [Theory]
    [InlineData("a=1; s=2; b=3", "s=2")]
    [InlineData("s=2; xs=3; s_x=4; s=5", "s=2; s=5")]
    [InlineData("S=2", null)]
    [InlineData("", null)]
    [InlineData("s", null)]
    public void Of_a_browsers_cookies_one_is_shown(string header, string? shown) =>
        Assert.Equal(shown, ServerCookies.Only([header], "s"));

    [Fact]
    public void A_cookie_takes_the_place_of_all_of_its_name()
    {
        Assert.Equal("a=1; b=2; s=own", ServerCookies.With(["a=1; s=forged", "b=2; s=too"], "s", "own"));
        Assert.Equal("a=1", ServerCookies.With(["a=1; s=forged"], "s", null));
        Assert.Equal("s=own", ServerCookies.With([], "s", "own"));
    }

    [Theory]
    [InlineData(200, """{"authenticated":false,"auth":{"sessionCookieName":"t3_session_3773_0123456789ab"}}""", true)]
    [InlineData(200, """{"authenticated":"no","auth":{"sessionCookieName":"t3_session"}}""", false)]
    [InlineData(200, """{"authenticated":true,"auth":{}}""", false)]
    [InlineData(200, """{"authenticated":true,"auth":[]}""", false)]
    [InlineData(200, """{"authenticated":true,"auth":{"sessionCookieName":"a b"}}""", false)]
    [InlineData(200, """{"authenticated":true,"auth":{"sessionCookieName":"x; Domain=example.com"}}""", false)]
    [InlineData(200, """{"authenticated":true,"auth":{"sessionCookieName":"__Host-berth"}}""", false)]
    [InlineData(404, """{"authenticated":true,"auth":{"sessionCookieName":"t3_session"}}""", false)]
    [InlineData(200, "<!DOCTYPE html>", false)]
    [InlineData(200, "[]", false)]
    [InlineData(200, "", false)]
    public void A_session_answer_is_one_or_it_is_not(int status, string body, bool isOne) =>
        Assert.Equal(isOne, T3Answer.Session(status, Bytes(body)) is not null);

    [Theory]
    [InlineData(200, """{"credential":"ABCDEFGHJKLM"}""", T3Verdict.Given)]
    [InlineData(200, """{"credential":""}""", T3Verdict.Drift)]
    [InlineData(200, """{"credential":"a b"}""", T3Verdict.Drift)]
    [InlineData(200, """{"credential":7}""", T3Verdict.Drift)]
    [InlineData(200, "<!DOCTYPE html>", T3Verdict.NotThere)]
    [InlineData(401, """{"_tag":"EnvironmentAuthInvalidError"}""", T3Verdict.Refused)]
    [InlineData(403, "", T3Verdict.Refused)]
    [InlineData(404, "", T3Verdict.NotThere)]
    [InlineData(503, "", T3Verdict.Failing)]
    [InlineData(429, "", T3Verdict.Failing)]
    [InlineData(302, "", T3Verdict.Drift)]
    [InlineData(400, "", T3Verdict.Drift)]
    public void A_credential_is_issued_or_it_is_not(int status, string body, T3Verdict verdict) =>
        Assert.Equal(verdict, T3Answer.Token(status, Bytes(body)).Verdict);

    [Theory]
    [InlineData("""{"sessionId":"1","token":"abc.def","method":"bearer-access-token"}""", "abc.def", null)]
    [InlineData("warning {\n", null, null)]
    [InlineData("(node) Warning\n{\"id\":\"1\",\"credential\":\"ABCDEFGHJKLM\"}\n", null, "ABCDEFGHJKLM")]
    [InlineData("""{"token":"a\r\nX: y"}""", null, null)]
    [InlineData("""{"token":""}""", null, null)]
    [InlineData("", null, null)]
    [InlineData("} {", null, null)]
    public void What_a_command_issued_is_found_in_what_it_printed(string output, string? bearer, string? credential)
    {
        var issued = MintOutput.Parse(output);
        Assert.Equal((bearer, credential), (issued?.Bearer, issued?.Credential));
        Assert.DoesNotContain(bearer ?? credential ?? "?", issued?.ToString() ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Output_without_end_issues_nothing() =>
        Assert.Null(MintOutput.Parse($$"""{"token":"abc","x":"{{new string('x', MintOutput.Largest)}}"}"""));

    [Fact]
    public void The_program_that_serves_is_the_one_that_issues()
    {
        var route = PairingFront.Route("t3", 3773) with
        {
            Command = string.Join(
                '\n',
                "/opt/node/bin/node",
                "/opt/t3/bin.mjs",
                "serve",
                "--port",
                "{port}",
                "--base-dir={home}/t3-{port}"
            ),
        };
        var command = MintCommand.For(route, MintKind.Credential)!;
        Assert.Equal("/opt/node/bin/node", command.Program);
        Assert.Equal(
            [
                "/opt/t3/bin.mjs",
                "auth",
                "pairing",
                "create",
                "--ttl",
                "5m",
                "--json",
                "--base-dir",
                "/home/alice/t3-3773",
            ],
            command.Arguments
        );
        Assert.Equal("/home/alice", command.Environment["HOME"]);
        Assert.Equal("false", command.Environment["T3CODE_TELEMETRY_ENABLED"]);
        Assert.Null(MintCommand.For(PairingFront.Route("opencode", 4096), MintKind.Session));
        Assert.Null(MintCommand.For(route with { Command = "serve" }, MintKind.Session));
    }

    [Fact]
    public void A_program_is_run_as_the_person_capped_and_beside_the_servers()
    {
        var command = MintCommand.For(PairingFront.Route("t3", 3773) with { Command = "t3\nserve" }, MintKind.Session)!;
        var words = command.AsTransientUnit("alice");
        Assert.Equal(
            ["--", "/usr/bin/env", "t3", "auth", "session", "issue", "--json", "--base-dir", "/home/alice/.t3"],
            words.SkipWhile(word => word != "--")
        );
        foreach (
            var wanted in (string[])
                [
                    "--pipe",
                    "--wait",
                    "--collect",
                    "--quiet",
                    "--uid=alice",
                    "--slice=berth-servers.slice",
                    "--property=MemoryMax=512M",
                    "--property=MemorySwapMax=0",
                    "--property=TasksMax=256",
                    "--property=RuntimeMaxSec=60",
                    "--property=NoNewPrivileges=yes",
                    "--setenv=HOME=/home/alice",
                    "--setenv=PATH=/usr/local/bin:/usr/bin:/bin:/home/alice/.local/bin",
                ]
        )
            Assert.Contains(wanted, words);
    }
}
