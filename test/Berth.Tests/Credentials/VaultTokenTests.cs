using System.Text.Json.Nodes;
using Berth.Doubles.Vault;
using Xunit;

namespace Berth.Credentials;

/// <summary>The double's tokens and policies, row by row as the interface is known, on the wire.</summary>
public class VaultTokenTests
{
    private const string Self = "/v1/auth/token/lookup-self";
    private const string Renewal = "/v1/auth/token/renew-self";
    private const string Creation = "/v1/auth/token/create";
    private const string Orphan = "/v1/auth/token/create-orphan";

    private static async Task<string> Made(VaultCaller caller, string parent, string path, string body)
    {
        var heard = await caller.Ask("POST", path, parent, body);
        Assert.True(heard.Status == 200, heard.Text);
        return (string)heard["auth.client_token"]!;
    }

    [Fact]
    public async Task An_orphan_says_of_itself_what_it_was_made_with()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = await Made(
            caller,
            vault.RootToken,
            Orphan,
            """{"policies":["workstation-claude-alice"],"period":"768h","display_name":"box-claude-auth-alice"}"""
        );
        var heard = await caller.Ask("GET", Self, token);
        Assert.Equal(200, heard.Status);
        Assert.Equal(VaultAnswer.DisplayName("box", "alice"), (string?)heard["data.display_name"]);
        Assert.Equal("""["default","workstation-claude-alice"]""", heard["data.policies"]!.ToJsonString());
        Assert.Equal(
            (768 * 3600, true, true, "service"),
            (
                (int)heard["data.period"]!,
                (bool)heard["data.renewable"]!,
                (bool)heard["data.orphan"]!,
                (string)heard["data.type"]!
            )
        );
        Assert.True((int)heard["data.ttl"]! > 767 * 3600);
        Assert.NotNull(heard["data.expire_time"]);
        Assert.Null(VaultAnswer.Refused(heard.Status, heard.Text, "box", "alice"));
    }

    /// <summary>Found in the real server's own code: whatever is no letter, digit or dash becomes a dash.</summary>
    [Theory]
    [InlineData("box-claude-auth-al_ice", "token-box-claude-auth-al-ice")]
    [InlineData("box.lan-claude-auth-alice", "token-box-lan-claude-auth-alice")]
    [InlineData("box-claude-auth-alice_", "token-box-claude-auth-alice")]
    [InlineData("", "token")]
    public async Task A_display_name_has_dashes_for_other_signs(string asked, string given)
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = await Made(caller, vault.RootToken, Orphan, $$"""{"policies":["p"],"display_name":"{{asked}}"}""");
        Assert.Equal(given, (string?)(await caller.Ask("GET", Self, token))["data.display_name"]);
    }

    [Fact]
    public async Task A_periodic_token_lives_as_long_as_it_is_renewed()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = vault.Mint("x", [], period: TimeSpan.FromHours(2));
        for (var i = 0; i < 3; i++)
        {
            vault.Clock.Advance(TimeSpan.FromHours(1.5));
            var heard = await caller.Ask("POST", Renewal, token, """{"increment":"1s"}""");
            Assert.Equal(
                (200, 7200, true),
                (heard.Status, (int)heard["auth.lease_duration"]!, (bool)heard["auth.renewable"]!)
            );
        }
        vault.Clock.Advance(TimeSpan.FromHours(3));
        var dead = await caller.Ask("POST", Renewal, token);
        Assert.Equal(403, dead.Status);
        Assert.Contains("invalid token", dead.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_does_not_pass_the_explicit_end()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = await Made(
            caller,
            vault.RootToken,
            Orphan,
            """{"policies":["p"],"period":"2h","explicit_max_ttl":"3h"}"""
        );
        vault.Clock.Advance(TimeSpan.FromHours(1.5));
        var heard = await caller.Ask("POST", Renewal, token);
        Assert.InRange((int)heard["auth.lease_duration"]!, 5300, 5400);
        Assert.Contains("capped", heard["warnings"]!.ToJsonString(), StringComparison.Ordinal);
        vault.Clock.Advance(TimeSpan.FromHours(1.6));
        Assert.Equal(403, (await caller.Ask("GET", Self, token)).Status);
    }

    [Fact]
    public async Task What_has_no_end_or_may_not_be_renewed_is_not()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        Assert.Equal("lease is not renewable", (await caller.Ask("POST", Renewal, vault.RootToken)).Errors);
        var token = await Made(caller, vault.RootToken, Creation, """{"policies":["p"],"renewable":false}""");
        Assert.Equal("lease is not renewable", (await caller.Ask("POST", Renewal, token)).Errors);
        Assert.Null((await caller.Ask("GET", Self, vault.RootToken))["data.expire_time"]);
    }

    [Fact]
    public async Task Nobody_hands_out_more_than_they_have()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.WritePolicy("maker", """path "auth/token/create*" { capabilities = ["update"] }""");
        vault.WritePolicy("sudo", """path "auth/token/create*" { capabilities = ["update", "sudo"] }""");
        var maker = vault.Mint("maker", ["maker"]);
        Task<Heard> Create(string token, string body, string path = Creation) => caller.Ask("POST", path, token, body);
        Assert.Equal(
            "child policies must be subset of parent",
            (await Create(maker, """{"policies":["other"]}""")).Errors
        );
        Assert.Contains("periodic", (await Create(maker, """{"period":"1h"}""")).Errors, StringComparison.Ordinal);
        Assert.Contains("orphan", (await Create(maker, """{"no_parent":true}""")).Errors, StringComparison.Ordinal);
        var child = await Create(maker, """{"policies":["maker"],"no_default_policy":true}""");
        Assert.Equal("""["maker"]""", child["auth.policies"]!.ToJsonString());

        var sudo = vault.Mint("sudo", ["sudo"]);
        Assert.Equal(200, (await Create(sudo, """{"policies":["other"],"period":"1h"}""", Orphan)).Status);
        Assert.Contains("root", (await Create(sudo, """{"policies":["root"]}""")).Errors, StringComparison.Ordinal);
        Assert.Equal(403, (await Create(vault.Mint("none", []), "{}")).Status);
    }

    [Fact]
    public async Task A_token_of_few_uses_is_used_up()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = await Made(caller, vault.RootToken, Creation, """{"policies":["p"],"num_uses":2}""");
        Assert.Equal((200, 200, 403), (await Ask(), await Ask(), await Ask()));
        async Task<int> Ask() => (await caller.Ask("GET", Self, token)).Status;
    }

    [Fact]
    public async Task A_revoked_token_takes_its_children_along_and_no_orphan()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var parent = await Made(caller, vault.RootToken, Creation, """{"policies":["root"],"ttl":"1h"}""");
        var child = await Made(caller, parent, Creation, """{"policies":["p"]}""");
        var orphan = await Made(caller, parent, Orphan, """{"policies":["p"]}""");
        Assert.Equal(204, (await caller.Ask("POST", "/v1/auth/token/revoke-self", parent)).Status);
        Assert.Equal(403, (await caller.Ask("GET", Self, child)).Status);
        Assert.Equal(200, (await caller.Ask("GET", Self, orphan)).Status);
        var revoked = await caller.Ask(
            "POST",
            "/v1/auth/token/revoke",
            vault.RootToken,
            $$"""{"token":"{{orphan}}"}"""
        );
        Assert.Equal(204, revoked.Status);
        Assert.Equal(403, (await caller.Ask("GET", Self, orphan)).Status);
    }

    [Theory]
    [InlineData("""path "secret/data/a" { capabilities = ["read"] }""", "a", 404)]
    [InlineData("""path "secret/data/a" { capabilities = ["read"] }""", "a/b", 403)]
    [InlineData("""path "secret/data/a*" { capabilities = ["read"] }""", "ab/c", 404)]
    [InlineData("""path "secret/data/+/b" { capabilities = ["read"] }""", "a/b", 404)]
    [InlineData("""path "secret/data/+/b" { capabilities = ["read"] }""", "a/c/b", 403)]
    [InlineData("""path "secret/+/a/*" { capabilities = ["read"] }""", "a/b/c", 404)]
    [InlineData("""path "secret/data/*" { capabilities = ["read", "deny"] }""", "a", 403)]
    [InlineData("""path "secret/data/a" { capabilities = ["create", "update"] }""", "a", 403)]
    // Only the most specific rule counts, whether it allows or denies.
    [InlineData(
        """path "secret/data/*" { capabilities = ["read"] } path "secret/data/a" { capabilities = ["deny"] }""",
        "a",
        403
    )]
    [InlineData(
        """path "secret/data/*" { capabilities = ["deny"] } path "secret/data/a" { capabilities = ["read"] }""",
        "a",
        404
    )]
    [InlineData(
        """path "secret/data/*" { capabilities = ["read"] } path "secret/data/a/*" { capabilities = ["list"] }""",
        "a/b",
        403
    )]
    [InlineData("# nothing\n// at all /* */\n", "a", 403)]
    public async Task A_policy_allows_what_it_says(string policy, string path, int status)
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.WritePolicy("p", policy);
        Assert.Equal(status, (await caller.Ask("GET", "/v1/secret/data/" + path, vault.Mint("x", ["p"]))).Status);
    }

    [Fact]
    public async Task A_write_needs_create_or_update_as_the_entry_is_absent_or_there()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.WritePolicy("creator", """path "secret/data/*" { capabilities = ["create"] }""");
        vault.WritePolicy("updater", """path "secret/data/*" { capabilities = ["update"] }""");
        var (creator, updater) = (vault.Mint("c", ["creator"]), vault.Mint("u", ["updater"]));
        Task<Heard> Write(string token) => caller.Ask("POST", "/v1/secret/data/a", token, """{"data":{}}""");
        Assert.Equal(
            (403, 200, 403, 200),
            (await By(updater), await By(creator), await By(creator), await By(updater))
        );
        async Task<int> By(string token) => (await Write(token)).Status;
    }

    [Fact]
    public async Task A_policy_is_written_read_and_taken_away_in_both_ways()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var body = """{"policy":"path \"secret/data/a\" { capabilities = [\"read\"] }"}""";
        Assert.Equal(204, (await caller.Ask("PUT", "/v1/sys/policies/acl/P", vault.RootToken, body)).Status);
        var newer = await caller.Ask("GET", "/v1/sys/policies/acl/p", vault.RootToken);
        var older = await caller.Ask("GET", "/v1/sys/policy/p", vault.RootToken);
        Assert.Equal((string?)newer["data.policy"], (string?)older["data.rules"]);
        Assert.Equal((string?)newer["data.policy"], (string?)older["rules"]);
        Assert.Equal(204, (await caller.Ask("DELETE", "/v1/sys/policies/acl/p", vault.RootToken)).Status);
        Assert.Equal("""{"errors":[]}""", (await caller.Ask("GET", "/v1/sys/policy/p", vault.RootToken)).Text.Trim());
        Assert.Equal(400, (await caller.Ask("DELETE", "/v1/sys/policies/acl/default", vault.RootToken)).Status);
        Assert.Equal(400, (await caller.Ask("PUT", "/v1/sys/policies/acl/root", vault.RootToken, body)).Status);
        Assert.Equal(403, (await caller.Ask("GET", "/v1/sys/policies/acl/default", vault.Mint("x", []))).Status);
    }

    [Theory]
    [InlineData("path")]
    [InlineData("""path "a" { capabilities = ["read" }""")]
    [InlineData("""path "a" { capabilities = ["write"] }""")]
    [InlineData("""path "a" { capabilities = ["read"] required_parameters = ["x"] }""")]
    [InlineData("""path "a/+*" { capabilities = ["read"] }""")]
    [InlineData("""path "a { capabilities = ["read"] }""")]
    public async Task A_policy_that_is_not_understood_is_refused(string text)
    {
        await using var vault = await VaultDouble.Start();
        Assert.Throws<PolicyException>(() => vault.WritePolicy("p", text));
        using var caller = new VaultCaller(vault);
        var body = new JsonObject { ["policy"] = text }.ToJsonString();
        Assert.Equal(400, (await caller.Ask("PUT", "/v1/sys/policies/acl/p", vault.RootToken, body)).Status);
    }

    [Fact]
    public async Task A_mount_tells_its_version_to_whoever_may_do_something_in_it()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.WritePolicy("p", """path "secret/data/a" { capabilities = ["read"] }""");
        const string Question = "/v1/sys/internal/ui/mounts/secret/a";
        var heard = await caller.Ask("GET", Question, vault.Mint("x", ["p"]));
        Assert.Equal(("secret/", "2"), ((string?)heard["data.path"], (string?)heard["data.options.version"]));
        Assert.Equal(403, (await caller.Ask("GET", Question, vault.Mint("y", []))).Status);
        Assert.Equal(
            "2",
            (string?)
                (await caller.Ask("GET", "/v1/sys/mounts", vault.RootToken)).Json["data"]!["secret/"]!["options"]![
                    "version"
                ]
        );
    }
}
