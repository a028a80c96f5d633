using System.Text.Json.Nodes;
using Berth.Doubles.Vault;
using Xunit;

namespace Berth.Credentials;

/// <summary>Setting a token in Vault beside what others keep there, and connecting a person.</summary>
public sealed class VaultWriteTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string s_path = VaultFixture.Path("alice");
    private VaultFixture _box = null!;

    public async ValueTask InitializeAsync() => _box = (await VaultFixture.Start()).Connect("alice", "bob");

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private Task<StoreAnswer?> Write(string token) =>
        _box.Client.WriteAsync("alice", _box.Tokens["alice"], token, s_now, TestContext.Current.CancellationToken);

    /// <summary>Somebody else writes between our reading and our writing.</summary>
    private void Interfere(int times)
    {
        var left = times;
        _box.Vault.Fault(
            FaultKind.Slow,
            request =>
            {
                if (request.Method == "POST" && request.Path.Contains("/data/", StringComparison.Ordinal) && left-- > 0)
                    _box.Vault.Put(s_path, ("theirs", $"{left}"));
                return false;
            }
        );
    }

    [Fact]
    public async Task Siblings_stay_and_a_first_write_creates()
    {
        _box.Vault.RequireCas(s_path);
        Assert.Null(await Write(VaultFixture.Token('a')));
        _box.Vault.Put(
            s_path,
            new JsonObject
            {
                ["claudeAiOauth"] = new JsonObject { ["deep"] = 1 },
                ["n"] = 2,
            }
        );
        Assert.Null(await Write(VaultFixture.Token('b')));
        var fields = _box.Vault.Read(s_path)!;
        Assert.Equal(VaultFixture.Token('b'), (string?)fields[VaultAnswer.Field]);
        Assert.Equal(1, (int?)fields["claudeAiOauth"]!["deep"]);
        Assert.Equal(2, (int?)fields["n"]);
        Assert.Equal(s_now, DateTimeOffset.Parse((string)fields[VaultAnswer.MintedField]!));
        Assert.Empty(_box.Vault.Unexpected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_entry_is_written_again_without_what_was_deleted(bool destroyed)
    {
        _box.Vault.RequireCas(s_path);
        _box.Vault.Put(s_path, ("old", "1"));
        if (destroyed)
            _box.Vault.Destroy(s_path);
        else
            _box.Vault.SoftDelete(s_path);
        Assert.Null(await Write(VaultFixture.Token('a')));
        Assert.False(_box.Vault.Read(s_path)!.ContainsKey("old"));
        Assert.Equal(2, _box.Vault.Version(s_path));
    }

    [Fact]
    public async Task Whoever_writes_in_between_keeps_theirs_and_after_three_tries_it_is_said()
    {
        _box.Vault.Put(s_path, ("first", "1"));
        Interfere(2);
        Assert.Null(await Write(VaultFixture.Token('a')));
        Assert.Equal("0", (string?)_box.Vault.Read(s_path)!["theirs"]);
        _box.Vault.Heal();
        Interfere(3);
        Assert.Equal(Reason.Conflict, (await Write(VaultFixture.Token('b')))!.Reason);
        Assert.False(_box.Vault.Read(s_path)!.ContainsKey(VaultAnswer.Field));
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_written_not_written_twice()
    {
        _box.Vault.Put(s_path, ("theirs", "1"));
        _box.Vault.Fault(FaultKind.Lost, request => request.Method == "POST", 1);
        Assert.Null(await Write(VaultFixture.Token('a')));
        Assert.Equal(2, _box.Vault.Version(s_path));
        _box.Vault.Fault(FaultKind.Reset, request => request.Method == "POST");
        Assert.Equal(Reason.Unreachable, (await Write(VaultFixture.Token('b')))!.Reason);
    }

    [Theory]
    [InlineData(FaultKind.Sealed, Reason.Sealed)]
    [InlineData(FaultKind.Denied, Reason.TokenDead)]
    [InlineData(FaultKind.Redirect, Reason.Redirected)]
    [InlineData(FaultKind.Html, Reason.NotVault)]
    public async Task What_cannot_be_read_first_is_not_written(FaultKind kind, Reason reason)
    {
        _box.Vault.Put(s_path, ("theirs", "1"));
        _box.Vault.Fault(kind);
        Assert.Equal(reason, (await Write(VaultFixture.Token('a')))!.Reason);
        Assert.Equal(1, _box.Vault.Version(s_path));
        Assert.DoesNotContain(_box.Vault.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Somebody_elses_store_token_writes_nothing()
    {
        var refused = await _box.Client.WriteAsync(
            "alice",
            _box.Tokens["bob"],
            VaultFixture.Token('a'),
            s_now,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(Reason.ForeignToken, refused!.Reason);
        Assert.Equal(0, _box.Vault.Version(s_path));
    }

    [Fact]
    public async Task Setup_mints_a_token_for_one_path_and_one_host_that_outlives_its_admin()
    {
        var end = TestContext.Current.CancellationToken;
        _box.Vault.WritePolicy(
            "admin",
            """
            path "sys/policies/acl/workstation-claude-*" { capabilities = ["create", "read", "update"] }
            path "auth/token/create-orphan" { capabilities = ["create", "update", "sudo"] }
            """
        );
        var admin = _box.Vault.Mint("admin", ["admin"]);
        var setup = _box.Admin(admin);
        Assert.Null(await setup.PolicyAsync("carol", end));
        // The same again changes nothing.
        _box.Vault.ForgetRequests();
        Assert.Null(await setup.PolicyAsync("carol", end));
        Assert.DoesNotContain(_box.Vault.Requests, request => request.Method != "GET");
        var (token, fault) = await setup.MintAsync("carol", end);
        Assert.Null(fault);
        _box.Vault.Revoke(admin);
        var (answer, lease) = await _box.Client.ReadAsync("carol", token!, end);
        Assert.Equal(Reason.NeverSet, answer.Reason);
        Assert.True(lease!.Renewable);
        Assert.Null(await _box.Client.WriteAsync("carol", token!, VaultFixture.Token('c'), s_now, end));
        // Nobody else's path, and no other verb.
        using var http = new VaultHttp(_box.Settings);
        foreach (
            var path in (string[])
                ["v1/secret/data/claude/alice", "v1/secret/metadata/claude/alice", "v1/sys/policies/acl/admin"]
        )
            Assert.Equal(403, (await http.SendAsync(HttpMethod.Get, path, token!, null, end)).Status);
        Assert.Equal(
            403,
            (await http.SendAsync(HttpMethod.Delete, "v1/secret/metadata/claude/carol", token!, null, end)).Status
        );
        Assert.True(await _box.Client.RevokeAsync(token!, end));
        Assert.Equal(Reason.TokenDead, (await _box.Client.ReadAsync("carol", token!, end)).Answer.Reason);
    }

    [Theory]
    [InlineData("al_ice")]
    [InlineData("al-ice")]
    [InlineData("x_")]
    public async Task A_name_that_vault_writes_in_its_own_way_works(string user)
    {
        var end = TestContext.Current.CancellationToken;
        var setup = _box.Admin(_box.Vault.RootToken);
        Assert.Null(await setup.PolicyAsync(user, end));
        var (token, _) = await setup.MintAsync(user, end);
        Assert.Equal(Reason.NeverSet, (await _box.Client.ReadAsync(user, token!, end)).Answer.Reason);
    }

    [Fact]
    public void A_ca_file_that_holds_no_certificate_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("ca.pem", "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n");
        var wrong = Assert.Throws<InvalidDataException>(() => new VaultHttp(_box.Settings with { CaFile = file }));
        Assert.Contains(file, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_who_may_not_is_told_so()
    {
        var end = TestContext.Current.CancellationToken;
        var setup = _box.Admin(_box.Vault.Mint("nobody", []));
        Assert.Equal(Reason.PolicyDenied, (await setup.PolicyAsync("carol", end))!.Reason);
        Assert.Equal(Reason.PolicyDenied, (await setup.MintAsync("carol", end)).Fault!.Reason);
    }

    [Fact]
    public async Task A_namespace_is_asked_for_and_another_ones_token_is_none()
    {
        await using var team = (await VaultFixture.Start("team")).Connect("alice");
        team.Set("alice", 'n');
        var end = TestContext.Current.CancellationToken;
        Assert.Equal(Verdict.Present, (await team.Client.ReadAsync("alice", team.Tokens["alice"], end)).Answer.Verdict);
        Assert.All(team.Vault.Requests, request => Assert.Equal("team", request.Namespace));
        using var http = new VaultHttp(team.Settings with { Namespace = null });
        var outside = new VaultClient(team.Settings with { Namespace = null }, VaultFixture.Host, http);
        Assert.Equal(Reason.TokenDead, (await outside.ReadAsync("alice", team.Tokens["alice"], end)).Answer.Reason);
    }
}
