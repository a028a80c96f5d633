using System.Net;
using Berth.Doubles.Vault;
using Berth.Rosters;
using Xunit;

namespace Berth.Credentials;

/// <summary>The faults of the double, as they come over the wire, and what our own client makes of them.</summary>
public class VaultFaultTests
{
    private const string Entry = "/v1/secret/data/workstation/claude-users/alice";
    private const string Place = "secret/workstation/claude-users/alice";
    private static readonly string s_token = TokenText.Prefix + new string('v', 95);

    /// <summary>A double that holds alice's token, and the store token that may read it.</summary>
    private static async Task<(VaultDouble Vault, string StoreToken)> Ready()
    {
        var vault = await VaultDouble.Start();
        vault.WritePolicy(
            VaultAnswer.Policy("alice"),
            VaultAnswer.PolicyText("secret", "workstation/claude-users/alice")
        );
        vault.Put(Place, (VaultAnswer.Field, s_token));
        return (vault, vault.Mint("box-claude-auth-alice", [VaultAnswer.Policy("alice")], TimeSpan.FromHours(768)));
    }

    private static StoreSettings Settings(VaultDouble vault) =>
        new("vault", vault.Address, "secret/workstation/claude-users/{user}", null, vault.CaFile);

    private static Task<StoreAnswer> Ours(VaultDouble vault, string storeToken) => Ours(Settings(vault), storeToken);

    private static async Task<StoreAnswer> Ours(StoreSettings settings, string storeToken)
    {
        using var http = new VaultHttp(settings);
        var client = new VaultClient(settings, "box", http);
        return (await client.ReadAsync("alice", storeToken, TestContext.Current.CancellationToken)).Answer;
    }

    [Fact]
    public async Task Our_client_reads_what_is_there_and_asks_nothing_else()
    {
        var (vault, storeToken) = await Ready();
        await using var _ = vault;
        var answer = await Ours(vault, storeToken);
        Assert.Equal((Verdict.Present, s_token, 1), (answer.Verdict, answer.Token, answer.Version));
        Assert.Equal(
            ["auth/token/lookup-self", "secret/data/workstation/claude-users/alice"],
            vault.Requests.Select(request => request.Path)
        );
        Assert.All(vault.Requests, request => Assert.True(request.Marked));
        Assert.Empty(vault.Unexpected);
        vault.SoftDelete(Place);
        Assert.Equal(Reason.Deleted, (await Ours(vault, storeToken)).Reason);
        vault.Destroy(Place);
        Assert.Equal(Reason.Destroyed, (await Ours(vault, storeToken)).Reason);
        vault.Forget(Place);
        Assert.Equal(Reason.NeverSet, (await Ours(vault, storeToken)).Reason);
        vault.Revoke(storeToken);
        Assert.Equal(Reason.TokenDead, (await Ours(vault, storeToken)).Reason);
    }

    [Theory]
    [InlineData(FaultKind.Sealed, Reason.Sealed)]
    [InlineData(FaultKind.ServerError, Reason.ServerError)]
    [InlineData(FaultKind.BadGateway, Reason.ServerError)]
    [InlineData(FaultKind.Html, Reason.NotVault)]
    [InlineData(FaultKind.RateLimited, Reason.RateLimited)]
    [InlineData(FaultKind.Denied, Reason.PolicyDenied)]
    [InlineData(FaultKind.Redirect, Reason.Redirected)]
    [InlineData(FaultKind.Oversized, Reason.TooLarge)]
    [InlineData(FaultKind.Reset, Reason.Unreachable)]
    [InlineData(FaultKind.Truncated, Reason.NotVault)]
    public async Task No_fault_is_taken_for_an_absence(FaultKind kind, Reason reason)
    {
        var (vault, storeToken) = await Ready();
        await using var _ = vault;
        vault.Fault(kind, "secret/");
        var answer = await Ours(vault, storeToken);
        Assert.Equal((Verdict.Unknown, reason), (answer.Verdict, answer.Reason));
        Assert.Contains(vault.Requests, request => request.Fault == kind);
        // The control: without the fault, it is there.
        vault.Heal();
        Assert.Equal(Verdict.Present, (await Ours(vault, storeToken)).Verdict);
    }

    [Fact]
    public async Task A_node_that_is_behind_once_is_asked_again()
    {
        var (vault, storeToken) = await Ready();
        await using var _ = vault;
        vault.Fault(FaultKind.Behind, "secret/", times: 1);
        Assert.Equal(Verdict.Present, (await Ours(vault, storeToken)).Verdict);
        Assert.Equal([200, 412, 200], vault.Requests.Select(request => request.Status));
    }

    [Fact]
    public async Task An_authority_that_is_not_trusted_gets_no_token()
    {
        var (vault, storeToken) = await Ready();
        await using var _ = vault;
        await using var other = await VaultDouble.Start();
        var answer = await Ours(Settings(vault) with { CaFile = other.CaFile }, storeToken);
        Assert.Equal(Reason.Tls, answer.Reason);
        Assert.Empty(vault.Requests);
    }

    [Fact]
    public async Task Each_fault_comes_over_the_wire_as_it_is_called()
    {
        var (vault, _) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault);
        async Task<Heard> With(FaultKind kind, string path = Entry)
        {
            vault.Fault(kind, times: 1);
            return await caller.Ask("GET", path, vault.RootToken);
        }
        Assert.Equal("Vault is sealed", (await With(FaultKind.Sealed)).Errors);
        Assert.Equal(
            (502, "text/html"),
            (await With(FaultKind.BadGateway)) is var page ? (page.Status, page.Type) : default
        );
        Assert.Equal((200, "text/html"), (await With(FaultKind.Html)) is var html ? (html.Status, html.Type) : default);
        Assert.Equal(TimeSpan.FromSeconds(1), (await With(FaultKind.RateLimited)).Headers.RetryAfter!.Delta);
        Assert.Equal("elsewhere.invalid", (await With(FaultKind.Redirect)).Headers.Location!.Host);
        Assert.True((await With(FaultKind.Oversized)).Text.Length > 10 * VaultAnswer.Largest);
        await Assert.ThrowsAsync<HttpRequestException>(() => With(FaultKind.Reset));
        var half = await With(FaultKind.Truncated);
        Assert.Equal((200, '{'), (half.Status, half.Text[0]));
        Assert.ThrowsAny<System.Text.Json.JsonException>(() => half.Json);
        Assert.Equal(200, (await With(FaultKind.Slow)).Status);
        Assert.Equal(200, (await caller.Ask("GET", Entry, vault.RootToken)).Status);
    }

    [Fact]
    public async Task A_hanging_server_holds_up_its_client_and_not_the_end_of_the_test()
    {
        var (vault, _) = await Ready();
        using var caller = new VaultCaller(vault);
        vault.Fault(FaultKind.Hang);
        var asked = caller.Ask("GET", Entry, vault.RootToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (vault.Requests.Count == 0)
            await Task.Delay(10, limit.Token);
        Assert.False(asked.IsCompleted);
        Assert.Equal(0, vault.Requests[0].Status);
        await vault.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => asked.WaitAsync(limit.Token));
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_was_done_and_one_that_was_reset_was_not()
    {
        var (vault, _) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault);
        Task<Heard> Write() => caller.Ask("POST", Entry, vault.RootToken, """{"data":{"a":"1"}}""");
        vault.Fault(FaultKind.Reset, times: 1);
        await Assert.ThrowsAsync<HttpRequestException>(Write);
        Assert.Equal(1, vault.Version(Place));
        vault.Fault(FaultKind.Lost, request => request.Method == "POST", times: 1);
        await Assert.ThrowsAsync<HttpRequestException>(Write);
        Assert.Equal(2, vault.Version(Place));
    }

    [Fact]
    public async Task A_wrong_clock_is_told_in_the_date_alone()
    {
        var (vault, _) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault);
        vault.Fault(new Fault(FaultKind.ClockSkew, _ => true) { By = TimeSpan.FromDays(-400) });
        var heard = await caller.Ask("GET", Entry, vault.RootToken);
        Assert.Equal(200, heard.Status);
        Assert.True(heard.Headers.Date < DateTimeOffset.UtcNow.AddDays(-300));
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData(FaultKind.Standby, 429)]
    [InlineData(FaultKind.DisasterRecovery, 472)]
    [InlineData(FaultKind.PerformanceStandby, 473)]
    [InlineData(FaultKind.Uninitialised, 501)]
    [InlineData(FaultKind.Sealed, 503)]
    public async Task Health_is_a_status_that_can_be_asked_for_otherwise(FaultKind? kind, int status)
    {
        var (vault, _) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault);
        if (kind is { } what)
            vault.Fault(what, "sys/");
        Assert.Equal(status, (await caller.Ask("GET", "/v1/sys/health")).Status);
        Assert.Equal(
            (status, ""),
            (await caller.Ask("HEAD", "/v1/sys/health")) is var head ? (head.Status, head.Text) : default
        );
        var asked =
            "activecode=299&standbycode=299&drsecondarycode=299&performancestandbycode=299&uninitcode=299&sealedcode=299";
        Assert.Equal(299, (await caller.Ask("GET", "/v1/sys/health?" + asked)).Status);
        if (kind is FaultKind.Standby)
            Assert.Equal(200, (await caller.Ask("GET", "/v1/sys/health?standbyok=true")).Status);
        // A standby answers all the same.
        Assert.Equal(200, (await caller.Ask("GET", Entry, vault.RootToken)).Status);
    }

    [Fact]
    public async Task A_script_injects_faults_moves_the_clock_and_counts_requests()
    {
        var (vault, storeToken) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault);
        var injected = await caller.Ask(
            "POST",
            "/_double/fault",
            body: """{"kind":"rate-limited","path":"secret/","times":1,"retry_after":7}"""
        );
        Assert.Equal(200, injected.Status);
        var limited = await caller.Ask("GET", Entry, storeToken);
        Assert.Equal((429, TimeSpan.FromSeconds(7)), (limited.Status, limited.Headers.RetryAfter!.Delta));
        await caller.Ask("POST", "/_double/clock", body: """{"advance":"769h"}""");
        Assert.Equal(403, (await caller.Ask("GET", Entry, storeToken)).Status);
        await caller.Ask("GET", "/v1/sys/leader", vault.RootToken);
        var counted = await caller.Ask("GET", "/_double/requests");
        Assert.Equal(3, (int?)counted["total"]);
        Assert.Equal(2, (int?)counted["paths"]!["GET secret/data/workstation/claude-users/alice"]);
        Assert.Equal("""{"GET sys/leader":1}""", counted["unexpected"]!.ToJsonString());
        Assert.DoesNotContain("hvs.", counted.Text, StringComparison.Ordinal);
        await caller.Ask("POST", "/_double/reset");
        Assert.Empty(vault.Requests);
        foreach (
            var wrong in new[]
            {
                """{"kind":"rain"}""",
                """{"kind":"3"}""",
                "{}",
                """{"kind":"sealed","tmes":1}""",
                "{",
            }
        )
            Assert.Equal(400, (await caller.Ask("POST", "/_double/fault", body: wrong)).Status);
    }

    [Fact]
    public async Task Two_writers_of_one_version_do_not_both_succeed()
    {
        var (vault, _) = await Ready();
        await using var end = vault;
        using var caller = new VaultCaller(vault, HttpVersion.Version20);
        var writers = Enumerable
            .Range(0, 20)
            .Select(i =>
                caller.Ask("POST", Entry, vault.RootToken, $$$"""{"options":{"cas":1},"data":{"a":"{{{i}}}"}}""")
            );
        var statuses = (await Task.WhenAll(writers)).Select(heard => heard.Status).ToList();
        Assert.Equal((1, 19), (statuses.Count(status => status == 200), statuses.Count(status => status == 400)));
        Assert.Equal(2, vault.Version(Place));
    }
}
