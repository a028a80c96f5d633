using System.Text.Json.Nodes;
using Xunit;

namespace Berth.Credentials;

public class LoginTests
{
    private static string Claude(string refresh, long expires)
    {
        var access = refresh.Length == 0 ? "" : "a-" + refresh;
        return $$"""
            {
              "claudeAiOauth": {
                "accessToken": "{{access}}", "refreshToken": "{{refresh}}", "expiresAt": {{expires}},
                "refreshTokenExpiresAt": 1900000000000, "scopes": ["user:inference"]
              },
              "mcpOAuth": {"x": 1}
            }
            """;
    }

    private static string Codex(string refresh, string at) =>
        $$"""{"OPENAI_API_KEY":null,"tokens":{"id_token":"i","access_token":"{{refresh}}","refresh_token":"{{refresh}}" },"last_refresh":"{{at}}" }""";

    private static string OpenCode(string refresh, long expires) =>
        $$"""{"anthropic":{"type":"oauth","refresh":"{{refresh}}","access":"{{refresh}}","expires":{{expires}} },"groq":{"type":"api","key":"k"} }""";

    /// <summary>What the parser would only find when it is read: a key that stands twice, half of a character.</summary>
    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":{"b":[{"c":1,"c":2}]}}""")]
    [InlineData("""{"a":["\ud800"]}""")]
    [InlineData("[1]")]
    [InlineData("")]
    public void What_throws_later_is_no_json_now(string text) => Assert.Null(AgentLogin.Parse(text));

    private static JsonObject Object(string text) => AgentLogin.Parse(text)!;

    public static TheoryData<string, string, string, string> Agents() =>
        new()
        {
            { "claude", Claude("r1", 1000), Claude("r2", 2000), Claude("", 0) },
            {
                "codex",
                Codex("r1", "2026-01-01T00:00:00Z"),
                Codex("r2", "2026-01-01T08:00:00Z"),
                Codex("", "2026-01-01T08:00:01Z")
            },
            { "opencode", OpenCode("r1", 1000), OpenCode("r2", 2000), OpenCode("", 0) },
        };

    [Theory]
    [MemberData(nameof(Agents))]
    public void A_login_is_copied_when_it_is_newer_and_never_when_it_is_blank_or_older(
        string name,
        string old,
        string young,
        string wiped
    )
    {
        var agent = AgentLogin.Named(name)!;
        var first = LoginCopy.Taken(agent, Object(old), null);
        Assert.NotNull(first);
        var second = LoginCopy.Taken(agent, Object(young), first);
        Assert.NotNull(second);
        Assert.Null(LoginCopy.Taken(agent, Object(old), second));
        Assert.Null(LoginCopy.Taken(agent, Object(wiped), second));
        Assert.Null(LoginCopy.Taken(agent, Object(young), second));
        Assert.Null(LoginCopy.Taken(agent, Object("{}"), second));
    }

    [Theory]
    [MemberData(nameof(Agents))]
    public void A_wiped_login_is_healed_and_every_sibling_stays(string name, string old, string young, string wiped)
    {
        var agent = AgentLogin.Named(name)!;
        var copy = LoginCopy.Taken(agent, Object(young), LoginCopy.Taken(agent, Object(old), null));
        Assert.Equal(LoginState.Good, agent.StateOf(young));
        Assert.Equal(LoginState.Wiped, agent.StateOf(wiped));
        var healed = LoginCopy.Healed(agent, wiped, copy);
        Assert.True(JsonNode.DeepEquals(Object(young), healed), healed?.ToJsonString());
        // A good file is left alone, as is one that somebody signed out of.
        Assert.Null(LoginCopy.Healed(agent, young, copy));
        Assert.Null(LoginCopy.Healed(agent, "{}", copy));
        Assert.Null(LoginCopy.Healed(agent, null, copy));
        Assert.Null(LoginCopy.Healed(agent, wiped, null));
    }

    [Theory]
    [MemberData(nameof(Agents))]
    public void The_copy_holds_logins_and_nothing_of_other_tools(string name, string old, string young, string wiped)
    {
        _ = (young, wiped);
        var copy = LoginCopy.Taken(AgentLogin.Named(name)!, Object(old), null)!.ToJsonString();
        Assert.DoesNotContain("mcpOAuth", copy, StringComparison.Ordinal);
        Assert.DoesNotContain("groq", copy, StringComparison.Ordinal);
        Assert.DoesNotContain("OPENAI_API_KEY", copy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_cut_short_gets_its_login_back()
    {
        var copy = LoginCopy.Taken(AgentLogin.Claude, Object(Claude("r1", 5)), null);
        Assert.Equal(LoginState.Broken, AgentLogin.Claude.StateOf("""{"claudeAiOauth":{"acc"""));
        Assert.Equal(LoginState.Broken, AgentLogin.Claude.StateOf(""));
        var healed = LoginCopy.Healed(AgentLogin.Claude, """{"claudeAiOauth":{"acc""", copy);
        Assert.Equal("r1", (string?)healed!["claudeAiOauth"]!["refreshToken"]);
    }

    [Fact]
    public void A_refused_login_is_replaced_by_the_copy_only_where_they_differ()
    {
        var copy = LoginCopy.Taken(AgentLogin.Claude, Object(Claude("r1", 5)), null);
        Assert.NotNull(LoginCopy.Healed(AgentLogin.Claude, Claude("r0", 4), copy, evenGood: true));
        Assert.Null(LoginCopy.Healed(AgentLogin.Claude, Claude("r1", 5), copy, evenGood: true));
    }

    [Fact]
    public void Whatever_an_agent_writes_is_read_without_a_crash()
    {
        foreach (var agent in AgentLogin.All)
        {
            foreach (
                var text in (string[])
                    [
                        "[]",
                        "null",
                        "3",
                        """{"claudeAiOauth":null,"tokens":[],"x":{"type":3}}""",
                        """{"claudeAiOauth":{"refreshToken":{},"expiresAt":"soon"},"tokens":{"refresh_token":7}}""",
                    ]
            )
                Assert.True(agent.StateOf(text) is LoginState.None or LoginState.Broken or LoginState.Wiped);
        }
    }

    [Fact]
    public void A_stronger_variable_is_named()
    {
        Assert.Equal(["ANTHROPIC_API_KEY"], Shadowing.In(name => name is "ANTHROPIC_API_KEY" ? "x" : null));
        Assert.Equal(
            ["ANTHROPIC_AUTH_TOKEN", "apiKeyHelper"],
            Shadowing.InSettings("""{"env":{"ANTHROPIC_AUTH_TOKEN":"t","OTHER":"1"},"apiKeyHelper":"/bin/x"}""")
        );
        Assert.Empty(Shadowing.InSettings("{}"));
        Assert.Empty(Shadowing.InSettings("no json"));
    }
}
