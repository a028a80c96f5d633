using System.Net;
using Berth.Rosters;
using Xunit;

namespace Berth.Credentials;

/// <summary>Vault's answers, row by row as its HTTP interface gives them, and how the client asks.</summary>
public class VaultTests
{
    private static readonly string s_token = TokenText.Prefix + new string('v', 95);
    private static readonly string s_self =
        """{"data":{"display_name":"token-box-claude-auth-alice","policies":["default","workstation-claude-alice"]}}""";

    private static string Entry(string fields, string deleted = "", bool destroyed = false) =>
        $$"""{"request_id":"r","data":{"data":{{fields}},"metadata":{"created_time":"2026-01-01T00:00:00Z","deletion_time":"{{deleted}}","destroyed":{{(
            destroyed ? "true" : "false"
        )}},"version":7} } }""";

    public static TheoryData<int, string, Verdict, Reason> Entries() =>
        new()
        {
            { 200, Entry($$"""{"setup_token":"{{s_token}}","other":"1"}"""), Verdict.Present, Reason.Current },
            // Deleted in the future: still there.
            {
                200,
                Entry($$"""{"setup_token":"{{s_token}}"}""", "2099-01-01T00:00:00Z"),
                Verdict.Present,
                Reason.Current
            },
            { 200, Entry("""{"setup_token":""}"""), Verdict.Absent, Reason.Disabled },
            { 200, Entry("""{"claudeAiOauth":{}}"""), Verdict.Absent, Reason.FieldMissing },
            { 200, Entry("""{"setup_token":"sk-ant-oat01-x\n"}"""), Verdict.Unknown, Reason.Malformed },
            { 200, Entry("""{"setup_token":7}"""), Verdict.Unknown, Reason.Malformed },
            { 200, "<html>Sign in to the network</html>", Verdict.Unknown, Reason.NotVault },
            { 200, "{}", Verdict.Unknown, Reason.NotVault },
            { 200, Entry("null"), Verdict.Unknown, Reason.NotVault },
            { 404, """{"errors":[]}""", Verdict.Absent, Reason.NeverSet },
            { 404, Entry("null", "2026-02-01T00:00:00Z"), Verdict.Absent, Reason.Deleted },
            { 404, Entry("null", destroyed: true), Verdict.Absent, Reason.Destroyed },
            { 404, """{"errors":["no handler for route \"x\""]}""", Verdict.Unknown, Reason.NoRoute },
            { 404, "Not found", Verdict.Unknown, Reason.NotVault },
            { 403, """{"errors":["permission denied"]}""", Verdict.Unknown, Reason.PolicyDenied },
            { 403, """{"errors":["permission denied","invalid token"]}""", Verdict.Unknown, Reason.TokenDead },
            { 403, "Forbidden by proxy", Verdict.Unknown, Reason.NotVault },
            { 503, """{"errors":["Vault is sealed"]}""", Verdict.Unknown, Reason.Sealed },
            { 500, """{"errors":["internal error"]}""", Verdict.Unknown, Reason.ServerError },
            { 502, "Bad gateway", Verdict.Unknown, Reason.ServerError },
            { 473, "", Verdict.Unknown, Reason.ServerError },
            { 429, "", Verdict.Unknown, Reason.RateLimited },
            { 307, "", Verdict.Unknown, Reason.Redirected },
        };

    [Theory]
    [MemberData(nameof(Entries))]
    public void Each_answer_has_its_meaning(int status, string body, Verdict verdict, Reason reason)
    {
        var answer = VaultAnswer.Entry(status, body);
        Assert.Equal((verdict, reason), (answer.Verdict, answer.Reason));
        Assert.DoesNotContain("vvvv", answer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        200,
        """{"data":{"display_name":"token-box-claude-auth-bob","policies":["workstation-claude-alice"]}}""",
        Reason.ForeignToken
    )]
    [InlineData(
        200,
        """{"data":{"display_name":"token-box-claude-auth-alice","policies":["root"]}}""",
        Reason.ForeignToken
    )]
    [InlineData(
        200,
        """{"data":{"display_name":"token-other-claude-auth-alice","policies":["workstation-claude-alice"]}}""",
        Reason.ForeignToken
    )]
    [InlineData(200, "<html/>", Reason.NotVault)]
    [InlineData(403, """{"errors":["permission denied"]}""", Reason.TokenDead)]
    [InlineData(503, """{"errors":["Vault is sealed"]}""", Reason.Sealed)]
    public void A_store_token_that_is_not_this_persons_here_is_refused(int status, string body, Reason reason)
    {
        Assert.Equal(reason, VaultAnswer.Refused(status, body, "box", "alice")!.Reason);
        Assert.Null(VaultAnswer.Refused(200, s_self, "box", "alice"));
    }

    /// <summary>As Vault itself writes names; al_ice and al-ice then share one, and the policy tells them apart.</summary>
    [Fact]
    public void Two_people_whose_names_vault_writes_alike_are_told_apart_by_their_policies()
    {
        const string self =
            """{"data":{"display_name":"token-box-lan-claude-auth-al-ice","policies":["workstation-claude-al_ice"]}}""";
        Assert.Null(VaultAnswer.Refused(200, self, "box.lan", "al_ice"));
        Assert.Equal(Reason.ForeignToken, VaultAnswer.Refused(200, self, "box.lan", "al-ice")!.Reason);
    }

    /// <summary>The network, as a list of answers.</summary>
    private sealed class Answers(params (HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
    {
        public List<HttpRequestMessage> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken end)
        {
            var (status, body) = answers[Math.Min(Asked.Count, answers.Length - 1)];
            Asked.Add(request);
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) });
        }
    }

    private static readonly StoreSettings s_store = new(
        "vault",
        "https://vault.example",
        "secret/workstation/claude-users/{user}",
        "team",
        null
    );

    [Fact]
    public async Task The_token_is_looked_up_before_anything_is_read_with_it()
    {
        using var network = new Answers(
            (HttpStatusCode.OK, s_self),
            (HttpStatusCode.OK, Entry($$"""{"setup_token":"{{s_token}}"}"""))
        );
        using var clientHttp = new VaultHttp(s_store, network);
        var client = new VaultClient(s_store, "box", clientHttp);
        var (answer, _) = await client.ReadAsync("alice", "hvs.x", TestContext.Current.CancellationToken);
        Assert.Equal((Verdict.Present, s_token), (answer.Verdict, answer.Token));
        Assert.Equal(
            ["/v1/auth/token/lookup-self", "/v1/secret/data/workstation/claude-users/alice"],
            network.Asked.Select(request => request.RequestUri!.AbsolutePath)
        );
        Assert.All(
            network.Asked,
            request =>
            {
                Assert.Equal(["hvs.x"], request.Headers.GetValues("X-Vault-Token"));
                Assert.Equal(["true"], request.Headers.GetValues("X-Vault-Request"));
                Assert.Equal(["team"], request.Headers.GetValues("X-Vault-Namespace"));
            }
        );
    }

    [Fact]
    public async Task Nothing_is_read_with_a_foreign_token()
    {
        using var network = new Answers((HttpStatusCode.OK, s_self));
        using var clientHttp = new VaultHttp(s_store, network);
        var client = new VaultClient(s_store, "box", clientHttp);
        var (answer, _) = await client.ReadAsync("bob", "hvs.x", TestContext.Current.CancellationToken);
        Assert.Equal(Reason.ForeignToken, answer.Reason);
        Assert.Single(network.Asked);
    }

    [Fact]
    public async Task A_failing_server_is_asked_three_times_and_a_redirect_once()
    {
        using var failing = new Answers((HttpStatusCode.BadGateway, ""));
        using var clientHttp = new VaultHttp(s_store, failing);
        var client = new VaultClient(s_store, "box", clientHttp);
        Assert.Equal(
            Reason.ServerError,
            (await client.ReadAsync("alice", "t", TestContext.Current.CancellationToken)).Answer.Reason
        );
        Assert.Equal(3, failing.Asked.Count);
        using var moved = new Answers((HttpStatusCode.TemporaryRedirect, ""));
        using var otherHttp = new VaultHttp(s_store, moved);
        var other = new VaultClient(s_store, "box", otherHttp);
        Assert.Equal(
            Reason.Redirected,
            (await other.ReadAsync("alice", "t", TestContext.Current.CancellationToken)).Answer.Reason
        );
        Assert.Single(moved.Asked);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        using var endless = new Answers((HttpStatusCode.OK, new string('x', VaultAnswer.Largest + 1)));
        using var clientHttp = new VaultHttp(s_store, endless);
        var client = new VaultClient(s_store, "box", clientHttp);
        Assert.Equal(
            Reason.TooLarge,
            (await client.ReadAsync("alice", "t", TestContext.Current.CancellationToken)).Answer.Reason
        );
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_unreachable()
    {
        var nowhere = s_store with { Address = "http://127.0.0.1:1" };
        using var http = new VaultHttp(nowhere);
        var client = new VaultClient(nowhere, "box", http);
        Assert.Equal(
            Reason.Unreachable,
            (await client.ReadAsync("alice", "t", TestContext.Current.CancellationToken)).Answer.Reason
        );
    }
}
