using System.Globalization;
using Berth.Doubles.Vault;
using Xunit;

namespace Berth.Credentials;

/// <summary>The double of Vault, row by row as the interface is known, on the wire.</summary>
public class VaultDoubleTests
{
    private const string Entry = "/v1/secret/data/workstation/claude-users/alice";
    private const string Metadata = "/v1/secret/metadata/workstation/claude-users/alice";
    private const string Place = "secret/workstation/claude-users/alice";

    private static string Scoped(VaultDouble vault)
    {
        vault.WritePolicy(
            VaultAnswer.Policy("alice"),
            VaultAnswer.PolicyText("secret", "workstation/claude-users/alice")
        );
        return vault.Mint("box-claude-auth-alice", [VaultAnswer.Policy("alice")], period: TimeSpan.FromHours(768));
    }

    [Fact]
    public async Task An_entry_comes_in_the_envelope_with_its_metadata()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.Put(Place, ("setup_token", "one"));
        vault.Put(Place, ("setup_token", "two"));
        var heard = await caller.Ask("GET", Entry, Scoped(vault));
        Assert.Equal((200, "application/json"), (heard.Status, heard.Type));
        Assert.Equal(
            ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"],
            heard.Json.Select(pair => pair.Key)
        );
        Assert.Equal("two", (string?)heard["data.data.setup_token"]);
        Assert.Equal(
            ["created_time", "custom_metadata", "deletion_time", "destroyed", "version"],
            heard["data.metadata"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal)
        );
        Assert.Equal(2, (int?)heard["data.metadata.version"]);
        Assert.Equal(
            "one",
            (string?)(await caller.Ask("GET", Entry + "?version=1", vault.RootToken))["data.data.setup_token"]
        );
        Assert.Equal(404, (await caller.Ask("GET", Entry + "?version=9", vault.RootToken)).Status);
        Assert.Equal(400, (await caller.Ask("GET", Entry + "?version=x", vault.RootToken)).Status);
    }

    [Fact]
    public async Task What_is_not_there_is_told_in_four_ways()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var never = await caller.Ask("GET", Entry, vault.RootToken);
        Assert.Equal((404, """{"errors":[]}"""), (never.Status, never.Text.Trim()));

        vault.Put(Place, ("setup_token", "one"));
        vault.SoftDelete(Place);
        var deleted = await caller.Ask("GET", Entry, vault.RootToken);
        Assert.Equal(404, deleted.Status);
        Assert.True(deleted["data"]!.AsObject().ContainsKey("data"));
        Assert.Null(deleted["data.data"]);
        Assert.NotEqual("", (string?)deleted["data.metadata.deletion_time"]);

        vault.Put(Place, ("setup_token", "two"));
        vault.Destroy(Place);
        var destroyed = await caller.Ask("GET", Entry, vault.RootToken);
        Assert.Equal((404, true), (destroyed.Status, (bool?)destroyed["data.metadata.destroyed"]));

        var elsewhere = await caller.Ask("GET", "/v1/nowhere/data/x", vault.RootToken);
        Assert.Equal(404, elsewhere.Status);
        Assert.StartsWith("no handler for route \"nowhere/data/x\"", elsewhere.Errors, StringComparison.Ordinal);
        Assert.Empty(vault.Unexpected);
    }

    [Fact]
    public async Task A_deletion_in_the_future_has_not_happened_until_then()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var settings = await caller.Ask("POST", Metadata, vault.RootToken, """{"delete_version_after":"2h"}""");
        Assert.Equal((204, ""), (settings.Status, settings.Text));
        await caller.Ask("POST", Entry, vault.RootToken, """{"data":{"setup_token":"one"}}""");
        var before = await caller.Ask("GET", Entry, vault.RootToken);
        Assert.Equal((200, "one"), (before.Status, (string?)before["data.data.setup_token"]));
        Assert.NotEqual("", (string?)before["data.metadata.deletion_time"]);
        vault.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(404, (await caller.Ask("GET", Entry, vault.RootToken)).Status);
    }

    [Fact]
    public async Task A_write_is_compared_with_the_version_that_it_names()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = Scoped(vault);
        Task<Heard> Write(string body) => caller.Ask("POST", Entry, token, body);
        Assert.Equal(200, (await Write("""{"options":{"cas":0},"data":{"a":"1"}}""")).Status);
        var again = await Write("""{"options":{"cas":0},"data":{"a":"2"}}""");
        Assert.Equal((400, "check-and-set parameter did not match the current version"), (again.Status, again.Errors));
        Assert.Equal(2, (int?)(await Write("""{"options":{"cas":1},"data":{"a":"3"}}"""))["data.version"]);
        Assert.Equal(400, (await Write("""{"options":{"cas":1},"data":{"a":"4"}}""")).Status);
        Assert.Equal(400, (await Write("""{"options":{"cas":"soon"},"data":{"a":"4"}}""")).Status);
        Assert.Equal(200, (await Write("""{"data":{"a":"5"}}""")).Status);
        vault.RequireCas(Place);
        var missing = await Write("""{"data":{"a":"6"}}""");
        Assert.Equal((400, "check-and-set parameter required for this call"), (missing.Status, missing.Errors));
        Assert.Equal(400, (await Write("""{"a":"7"}""")).Status);
        Assert.Equal("""{"a":"5"}""", vault.Read(Place)!.ToJsonString());
        // A deleted entry still counts: it is not created anew.
        vault.SoftDelete(Place);
        Assert.Equal(400, (await Write("""{"options":{"cas":0},"data":{"a":"8"}}""")).Status);
        Assert.Equal(200, (await Write("""{"options":{"cas":3},"data":{"a":"9"}}""")).Status);
    }

    [Fact]
    public async Task A_patch_merges_and_wants_its_content_type_and_its_capability()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = Scoped(vault);
        vault.WritePolicy(
            VaultAnswer.Policy("alice"),
            "path \"secret/data/workstation/*\" { capabilities = [\"patch\", \"read\"] }"
        );
        Assert.Equal(
            (404, ""),
            (
                (await caller.Patch(Entry, token, """{"data":{"a":"1"}}""")) is var none
                    ? (none.Status, none.Text)
                    : default
            )
        );
        vault.Put(Place, ("a", "1"), ("b", "2"));
        Assert.Equal(415, (await caller.Ask("PATCH", Entry, token, """{"data":{}}""")).Status);
        Assert.Equal(200, (await caller.Patch(Entry, token, """{"data":{"a":null,"c":{"d":"3"}}}""")).Status);
        Assert.Equal("""{"b":"2","c":{"d":"3"}}""", vault.Read(Place)!.ToJsonString());
        Assert.Equal(400, (await caller.Patch(Entry, token, """{"options":{"cas":1},"data":{}}""")).Status);
        Assert.Equal(400, (await caller.Patch(Entry, token, "{}")).Status);

        vault.WritePolicy("writer", $$"""path "secret/data/*" { capabilities = ["create", "read", "update"] }""");
        var writer = vault.Mint("writer", ["writer"]);
        Assert.Equal(403, (await caller.Patch(Entry, writer, """{"data":{"a":"1"}}""")).Status);
        Assert.Equal(200, (await caller.Ask("POST", Entry, writer, """{"data":{"a":"1"}}""")).Status);
        vault.SoftDelete(Place);
        Assert.Equal(404, (await caller.Patch(Entry, token, """{"data":{"a":"1"}}""")).Status);
    }

    [Fact]
    public async Task The_metadata_knows_every_version_that_is_kept()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        await caller.Ask(
            "POST",
            Metadata,
            vault.RootToken,
            """{"max_versions":2,"custom_metadata":{"owner":"alice"}}"""
        );
        foreach (var value in new[] { "1", "2", "3" })
            vault.Put(Place, ("a", value));
        var heard = await caller.Ask("GET", Metadata, Scoped(vault));
        Assert.Equal(
            (200, 3, 2, 2, false),
            (
                heard.Status,
                (int)heard["data.current_version"]!,
                (int)heard["data.oldest_version"]!,
                (int)heard["data.max_versions"]!,
                (bool)heard["data.cas_required"]!
            )
        );
        Assert.Equal(["2", "3"], heard["data.versions"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal("alice", (string?)heard["data.custom_metadata.owner"]);
        Assert.Equal("0s", (string?)heard["data.delete_version_after"]);
        var listed = await caller.Ask("LIST", "/v1/secret/metadata/workstation", vault.RootToken);
        Assert.Equal("""["claude-users/"]""", listed["data.keys"]!.ToJsonString());
        Assert.Equal(
            listed["data.keys"]!.ToJsonString(),
            (await caller.Ask("GET", "/v1/secret/metadata/workstation?list=true", vault.RootToken))[
                "data.keys"
            ]!.ToJsonString()
        );
        Assert.Equal(204, (await caller.Ask("DELETE", Metadata, vault.RootToken)).Status);
        Assert.Equal("""{"errors":[]}""", (await caller.Ask("GET", Metadata, vault.RootToken)).Text.Trim());
        Assert.Equal(0, vault.Version(Place));
    }

    [Fact]
    public async Task Versions_are_deleted_brought_back_and_destroyed()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.Put(Place, ("a", "1"));
        async Task<int> After(string room)
        {
            var path = Entry.Replace("/data/", $"/{room}/", StringComparison.Ordinal);
            Assert.Equal(204, (await caller.Ask("POST", path, vault.RootToken, """{"versions":[1]}""")).Status);
            return (await caller.Ask("GET", Entry, vault.RootToken)).Status;
        }
        Assert.Equal(404, await After("delete"));
        Assert.Equal(200, await After("undelete"));
        Assert.Equal(404, await After("destroy"));
        Assert.Equal(404, await After("undelete"));
        var empty = await caller.Ask("POST", "/v1/secret/destroy/x", vault.RootToken, """{"versions":[]}""");
        Assert.Equal((400, "no version number provided"), (empty.Status, empty.Errors));
    }

    [Fact]
    public async Task A_denied_path_and_a_bad_token_are_told_apart()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = Scoped(vault);
        foreach (var denied in new[] { "/v1/secret/data/workstation/claude-users/bob", "/v1/nowhere/data/x" })
        {
            var heard = await caller.Ask("GET", denied, token);
            Assert.Equal(403, heard.Status);
            Assert.Contains("permission denied", heard.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("invalid token", heard.Errors, StringComparison.Ordinal);
        }
        var bad = await caller.Ask("GET", Entry, "hvs.nobody");
        Assert.Equal(403, bad.Status);
        Assert.Contains("permission denied", bad.Errors, StringComparison.Ordinal);
        Assert.Contains("invalid token", bad.Errors, StringComparison.Ordinal);
        Assert.Equal(403, (await caller.Ask("GET", Entry)).Status);

        await using var older = await VaultDouble.Start(new VaultOptions { NamesInvalidTokens = false });
        using var there = new VaultCaller(older);
        Assert.Equal("permission denied", (await there.Ask("GET", Entry, "hvs.nobody")).Errors);
    }

    [Fact]
    public async Task A_token_comes_as_a_bearer_too()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var heard = await caller.Ask(
            "GET",
            "/v1/auth/token/lookup-self",
            headers: ("Authorization", "Bearer " + vault.RootToken)
        );
        Assert.Equal((200, "root"), (heard.Status, (string?)heard["data.display_name"]));
    }

    [Fact]
    public async Task What_the_double_does_not_model_is_remembered()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        Assert.Equal(404, (await caller.Ask("GET", "/ui/", vault.RootToken)).Status);
        Assert.Equal(404, (await caller.Ask("GET", "/v1/sys/leader", vault.RootToken)).Status);
        Assert.Equal(405, (await caller.Ask("LIST", "/v1/secret/undelete/x", vault.RootToken)).Status);
        Assert.Equal(405, (await caller.Ask("GET", "/v1/auth/token/create", vault.RootToken)).Status);
        // Version 1's way to say it.
        Assert.Equal(404, (await caller.Ask("GET", "/v1/secret/workstation", vault.RootToken)).Status);
        Assert.Equal(
            ["/ui/", "sys/leader", "secret/undelete/x/", "auth/token/create", "secret/workstation"],
            vault.Unexpected.Select(request =>
                request.Path == "secret/undelete/x" ? "secret/undelete/x/" : request.Path
            )
        );
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_object_or_too_large_is_refused()
    {
        await using var vault = await VaultDouble.Start(new VaultOptions { LargestRequest = 1000 });
        using var caller = new VaultCaller(vault);
        foreach (var body in new[] { "{", "[]", "\"text\"", """{"a":1,"a":2""" })
        {
            var heard = await caller.Ask("POST", Entry, vault.RootToken, body);
            Assert.Equal((400, "error parsing JSON"), (heard.Status, heard.Errors));
        }
        var large = await caller.Ask(
            "POST",
            Entry,
            vault.RootToken,
            $$$"""{"data":{"a":"{{{new string('x', 2000)}}}"}}"""
        );
        Assert.Equal(413, large.Status);
        Assert.Equal(400, (await caller.Ask("POST", Entry + "/", vault.RootToken, """{"data":{}}""")).Status);
        Assert.Equal(0, vault.Version(Place));
    }

    [Fact]
    public async Task A_namespace_has_its_own_entries_policies_and_tokens()
    {
        await using var vault = await VaultDouble.Start(new VaultOptions { Namespaces = ["team"] });
        using var caller = new VaultCaller(vault);
        vault.Put(Place, new() { ["a"] = "team's" }, "team");
        Task<Heard> In(string space, string token, string path = Entry) =>
            caller.Ask("GET", path, token, headers: ("X-Vault-Namespace", space));
        Assert.Equal("team's", (string?)(await In("team/", vault.RootToken))["data.data.a"]);
        Assert.Equal("""{"errors":[]}""", (await caller.Ask("GET", Entry, vault.RootToken)).Text.Trim());
        Assert.StartsWith(
            "no handler for route",
            (await In("other", vault.RootToken)).Errors,
            StringComparison.Ordinal
        );
        Assert.Equal(403, (await In("team", Scoped(vault))).Status);
        var own = vault.Mint("own", [], space: "team");
        Assert.Equal(200, (await In("team", own, "/v1/auth/token/lookup-self")).Status);
        Assert.Equal(403, (await caller.Ask("GET", "/v1/auth/token/lookup-self", own)).Status);
    }

    [Fact]
    public async Task A_listener_may_insist_on_the_header_that_no_browser_can_be_made_to_send()
    {
        await using var vault = await VaultDouble.Start(new VaultOptions { RequireRequestHeader = true });
        using var caller = new VaultCaller(vault);
        var without = await caller.Ask("GET", "/v1/sys/health");
        Assert.Equal((412, "missing \"X-Vault-Request\" header"), (without.Status, without.Errors));
        Assert.Equal(200, (await caller.Ask("GET", "/v1/sys/health", headers: ("X-Vault-Request", "true"))).Status);
        Assert.Equal([false, true], vault.Requests.Select(request => request.Marked));
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task Both_versions_of_HTTP_are_spoken(string version, string name)
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault, Version.Parse(version));
        var heard = await caller.Ask("GET", "/v1/sys/seal-status");
        Assert.Equal((200, false, version), (heard.Status, (bool)heard["sealed"]!, heard.Protocol.ToString(2)));
        Assert.Equal(name, vault.Requests.Single().Protocol);
    }

    [Fact]
    public async Task The_log_names_who_asked_and_no_secret()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        var token = Scoped(vault);
        await caller.Ask("POST", Entry, token, """{"data":{"setup_token":"very-secret"}}""");
        await caller.Ask("GET", Entry, "hvs.nobody");
        var (first, second) = (vault.Requests[0], vault.Requests[1]);
        Assert.Equal(
            ("POST", "secret/data/workstation/claude-users/alice", "token-box-claude-auth-alice", 200),
            (first.Method, first.Path, first.Owner, first.Status)
        );
        Assert.Equal((null, 403), (second.Owner, second.Status));
        var log = string.Join('\n', vault.Requests.Select(request => request.ToString()));
        Assert.DoesNotContain(token, log, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", log, StringComparison.Ordinal);
        Assert.DoesNotContain("hvs.", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clock_is_the_tests_and_every_answer_tells_it()
    {
        await using var vault = await VaultDouble.Start();
        using var caller = new VaultCaller(vault);
        vault.Clock.Advance(TimeSpan.FromDays(365));
        var heard = await caller.Ask("GET", "/v1/sys/health");
        Assert.True(heard.Headers.Date > DateTimeOffset.UtcNow.AddDays(300));
        var utc = DateTimeOffset.FromUnixTimeSeconds((long)heard["server_time_utc"]!);
        Assert.True(utc > DateTimeOffset.UtcNow.AddDays(300), utc.ToString(CultureInfo.InvariantCulture));
    }
}
